"""Which labels the results of an expression can have. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kaizen.promql.nodes import (
    COMPARISONS,
    Aggregation,
    Binary,
    Call,
    Expression,
    Negation,
    Number,
    Selector,
    Subquery,
    Text,
)
from rule_lint import labelsets
from rule_lint.covering import SERIES_BY_SERIES
from rule_lint.labelsets import ANY, NOTHING, Values

_KEEPING = ("sort", "sort_desc", "sort_by_label", "sort_by_label_desc", "limitk", "topk", "bottomk", "limit_ratio")
_SCALARS = ("time", "scalar", "pi")


@dataclass(frozen=True, slots=True)
class Shape:
    """`labels` are all that can be there, None for any; `values` are what is known of some. `origin` is the metric
    whose series these are, empty where there is no one."""

    labels: frozenset[str] | None = None
    values: Mapping[str, Values] = field(default_factory=dict)
    origin: str = ""

    def of(self, label: str) -> Values:
        known = self.values.get(label, ANY)
        return known if self.labels is None or label in self.labels else NOTHING


def shape(node: Expression) -> Shape | None:
    """None where nothing is known."""
    match node:
        case Number():
            return Shape(frozenset())
        case Selector(alternatives=()):
            return Shape(None, labelsets.constraints(node.matchers), node.metric)
        case Subquery() | Negation():
            return shape(node.expression)
        case Call():
            return _call(node)
        case Aggregation():
            return _aggregation(node)
        case Binary():
            return _binary(node)
    return None


def scalar(node: Expression) -> bool:
    match node:
        case Number():
            return True
        case Call(name=name):
            return name in _SCALARS
        case Negation():
            return scalar(node.expression)
        case Binary():
            return scalar(node.left) and scalar(node.right)
    return False


def _call(node: Call) -> Shape | None:
    if scalar(node) or node.name == "vector":
        return Shape(frozenset())
    if node.name in ("absent", "absent_over_time"):
        return _absent(node.arguments[0])
    if not node.arguments:
        return None
    if node.name == "histogram_quantile":
        inner = shape(node.arguments[1])
        return None if inner is None else _without(inner, frozenset(["le"]))
    if node.name in ("label_replace", "label_join") and len(node.arguments) > 1:
        inner, target = shape(node.arguments[0]), node.arguments[1]
        if inner is None or not isinstance(target, Text):
            return None
        labels = None if inner.labels is None else inner.labels | {target.value}
        return Shape(labels, {name: each for name, each in inner.values.items() if name != target.value})
    if node.name in SERIES_BY_SERIES or node.name in _KEEPING:
        vectors = [each for each in node.arguments if not isinstance(each, Text) and not scalar(each)]
        return shape(vectors[0]) if len(vectors) == 1 else None
    return None


def _absent(inner: Expression) -> Shape:
    """The labels that the selector sets to one value by `=`."""
    if not isinstance(inner, Selector):
        return Shape(frozenset())
    equal = [each for each in inner.matchers if each.operator == "="]
    names = [each.label for each in inner.matchers]
    once = {each.label: Values(frozenset([each.value])) for each in equal if names.count(each.label) == 1}
    return Shape(frozenset(once), once)


def _without(inner: Shape, gone: frozenset[str]) -> Shape:
    labels = None if inner.labels is None else inner.labels - gone
    return Shape(labels, {name: each for name, each in inner.values.items() if name not in gone}, inner.origin)


def _aggregation(node: Aggregation) -> Shape | None:
    if not node.grouping and node.operator not in _KEEPING and node.operator != "count_values":
        return Shape(frozenset())
    inner = shape(node.expression)
    if node.operator in _KEEPING:
        return inner
    if node.operator == "count_values":
        return None
    kept = frozenset(node.labels)
    if node.grouping == "by":
        values = {} if inner is None else {name: inner.of(name) for name in kept if inner.of(name) != ANY}
        return Shape(kept, values)
    return None if inner is None else Shape(_without(inner, kept).labels, _without(inner, kept).values)


def _binary(node: Binary) -> Shape | None:
    if scalar(node.left):
        return shape(node.right)
    left = shape(node.left)
    if scalar(node.right) or node.operator in ("and", "unless"):
        return left
    right = shape(node.right)
    if node.operator == "or":
        return _either(left, right)
    if node.side:
        many = left if node.side == "left" else right
        if many is None or not node.include:
            return many
        return _without(Shape(None, many.values, many.origin), frozenset(node.include))
    if node.matching == "on":
        names = frozenset(node.labels)
        values = {name: each.of(name) for each in (right, left) if each is not None for name in names}
        return Shape(names, values)
    if left is None or right is None:
        return None
    gone = frozenset(node.labels)
    one, other = _without(left, gone), _without(right, gone)
    labels = one.labels if other.labels is None else other.labels if one.labels is None else one.labels & other.labels
    origin = one.origin if node.operator in COMPARISONS and not node.bool else ""
    return Shape(labels, labelsets.common(one.values, other.values), origin)


def _either(left: Shape | None, right: Shape | None) -> Shape | None:
    if left is None or right is None:
        return None
    labels = None if left.labels is None or right.labels is None else left.labels | right.labels
    equal = {name: left.of(name) for name in left.values if left.of(name) == right.of(name)}
    return Shape(labels, equal)


Meeting = Literal["apart", "same", "unknown"]


def meeting(one: Shape | None, other: Shape | None, fixed: frozenset[str] = frozenset()) -> Meeting:
    """Whether results of both can have the same labels; `fixed` are those that the rules themselves set.

    `same`: they can, as far as labels say. `apart`: they cannot.
    """
    if one is None or other is None:
        return "unknown"
    names = (
        one.values.keys() | other.values.keys() | (one.labels or frozenset()) | (other.labels or frozenset())
    ) - fixed
    verdicts = [one.of(name).disjoint(other.of(name)) for name in sorted(names)]
    if True in verdicts:
        return "apart"
    alike = one.labels == other.labels if one.labels is not None else bool(one.origin) and one.origin == other.origin
    return "same" if alike and None not in verdicts else "unknown"
