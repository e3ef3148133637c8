"""Whether one expression gives, for each series that it gives at all, what another one gives, too. Pure.

Everything here is sure or not said. See docs/features/rule_lint.md for the table of what is decided.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from kaizen.promql.nodes import (
    COMPARISONS,
    Aggregation,
    Binary,
    Call,
    Expression,
    Number,
    Selector,
    Subquery,
    children,
    rebuilt,
)
from rule_lint import labelsets
from rule_lint.labelsets import Values

# Functions that give each series of their vector a value of its own, and keep its labels.
# fmt: off
SERIES_BY_SERIES = frozenset({
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "changes", "clamp", "clamp_max", "clamp_min",
    "cos", "cosh", "day_of_month", "day_of_week", "day_of_year", "days_in_month", "deg", "delta", "deriv",
    "double_exponential_smoothing", "exp", "floor", "histogram_avg", "histogram_count", "histogram_fraction",
    "histogram_stddev", "histogram_stdvar", "histogram_sum", "hour", "idelta", "increase", "irate", "ln", "log10",
    "log2", "minute", "month", "predict_linear", "rad", "rate", "resets", "round", "sgn", "sin", "sinh", "sqrt",
    "tan", "tanh", "timestamp", "year",
    "avg_over_time", "count_over_time", "last_over_time", "mad_over_time", "max_over_time", "min_over_time",
    "present_over_time", "quantile_over_time", "stddev_over_time", "stdvar_over_time", "sum_over_time",
})
# fmt: on
_COUNTING = frozenset({"count_over_time", "present_over_time", "changes", "resets"})
_OF_COUNTERS = frozenset({"rate", "increase", "irate"})
_COUNTERS = ("_total", "_count", "_bucket")

Bound = Literal["equal", "up", "down"]


@dataclass(frozen=True, slots=True)
class Cover:
    """Each series of the first is one of the second. `bound`: the second's value is equal, as high at least (`up`), or
    as low at least (`down`). `labels` are those whose matchers differ; `shared` is what both let through.
    """

    bound: Bound = "equal"
    labels: frozenset[str] = frozenset()
    shared: Mapping[str, Values] | None = None


def covers(one: Expression, other: Expression) -> Cover | None:
    """How the second covers the first, both in normal form; None where it does not, or where that is not decided."""
    if one == other:
        return Cover()
    match one, other:
        case Selector(), Selector():
            return _selectors(one, other)
        case Subquery(), Subquery() if (one.range, one.step, one.offset, one.at) == (
            other.range,
            other.step,
            other.offset,
            other.at,
        ):
            return _exact(covers(one.expression, other.expression))
        case Call(), Call() if one.name == other.name and len(one.arguments) == len(other.arguments):
            return _calls(one, other)
        case Aggregation(), Aggregation():
            return _aggregations(one, other)
        case Binary(), Binary():
            return _arithmetic(one, other)
    return None


def _selectors(one: Selector, other: Selector) -> Cover | None:
    if not one.metric or one.alternatives or other.alternatives:
        return None
    if (one.metric, one.range, one.offset, one.at, one.extension) != (
        other.metric,
        other.range,
        other.offset,
        other.at,
        other.extension,
    ):
        return None
    first, second = labelsets.constraints(one.matchers), labelsets.constraints(other.matchers)
    if not labelsets.within(first, second):
        return None
    return Cover("equal", labelsets.differing(first, second), labelsets.common(first, second))


def _exact(cover: Cover | None) -> Cover | None:
    return cover if cover is not None and cover.bound == "equal" else None


def _calls(one: Call, other: Call) -> Cover | None:
    pairs = [(a, b) for a, b in zip(one.arguments, other.arguments, strict=True) if a != b]
    if len(pairs) != 1:
        return None
    cover = _exact(covers(*pairs[0]))
    if cover is None:
        return None
    if one.name in SERIES_BY_SERIES:
        return cover
    if one.name == "histogram_quantile" and "le" not in cover.labels:  # a histogram is whole, or not there
        return cover
    return None


def _aggregations(one: Aggregation, other: Aggregation) -> Cover | None:
    if (one.operator, one.grouping, one.labels, one.parameter) != (
        other.operator,
        other.grouping,
        other.labels,
        other.parameter,
    ):
        return None
    inner = _exact(covers(one.expression, other.expression))
    if inner is None:
        return None
    kept = set(one.labels) if one.grouping == "by" else None
    lost = inner.labels - kept if kept is not None else inner.labels & set(one.labels)
    if not one.grouping:
        lost = inner.labels
    if not lost:  # each group is whole, or not there
        return inner
    bound = _monotone(one, other)
    return None if bound is None else Cover(bound, inner.labels, inner.shared)


def _monotone(one: Aggregation, other: Aggregation) -> Bound | None:
    """Which way the value goes when a group gets more series."""
    match one.operator:
        case "max" | "count" | "group":
            return "up"
        case "min":
            return "down"
        case "sum" if never_negative(one.expression) and never_negative(other.expression):
            return "up"
    return None


def never_negative(node: Expression) -> bool:
    """Whether each value is surely 0 at least, and no NaN: one makes a whole sum NaN. 0 / 0 is one, `sqrt` and `abs` of
    what nobody knows may be."""
    match node:
        case Number(value=value):
            return value >= 0
        case Call(name=name, arguments=arguments) if name in _OF_COUNTERS and arguments:
            first = arguments[0]
            return isinstance(first, Selector) and first.metric.endswith(_COUNTERS)
        case Call(name=name):
            return name in _COUNTING
        case Selector(metric=metric, range=None):
            return metric.endswith(_COUNTERS)
        case Binary(bool=True):
            return True
        case Binary(operator="+", left=left, right=right):
            return never_negative(left) and never_negative(right)
        case Binary(operator="*" | "/", left=left, right=Number(value=value)):
            return never_negative(left) and 0 < value < math.inf
        case Aggregation(operator=operator) if operator in ("count", "group"):
            return True
        case Aggregation(operator=operator) if operator in ("sum", "max", "min", "avg"):
            return never_negative(node.expression)
    return False


def _arithmetic(one: Binary, other: Binary) -> Cover | None:
    """With the same constant on the same side; or series by series where both sides keep all labels."""
    if (one.operator, one.bool) != (other.operator, other.bool):
        return None
    if one.operator in COMPARISONS:  # with a constant, it only lets through what it is given
        constant = isinstance(one.right, Number) and one.right == other.right
        return _exact(covers(one.left, other.left)) if constant else None
    if one.operator not in ("+", "-", "*", "/", "%", "^"):
        return None
    if isinstance(one.right, Number) and one.right == other.right:
        inner = covers(one.left, other.left)
        return None if inner is None else _scaled(inner, one.operator, one.right.value)
    if isinstance(one.left, Number) and one.left == other.left:
        return _exact(covers(one.right, other.right))
    if not (_plain(one) and _plain(other)):
        return None
    left, right = covers(one.left, other.left), covers(one.right, other.right)
    if left is None or right is None or left.bound != "equal" or right.bound != "equal":
        return None
    shared = labelsets.common(left.shared or {}, right.shared or {})
    return Cover("equal", left.labels | right.labels, shared)


def _plain(node: Binary) -> bool:
    """Whether series are matched one to one, by all their labels."""
    return (node.matching, node.side, node.fill) == ("", "", (None, None))


def _scaled(inner: Cover, operator: str, constant: float) -> Cover | None:
    if inner.bound == "equal" or operator in ("+", "-"):
        return inner
    if operator in ("*", "/") and constant > 0:
        return inner
    return None


def merged(one: Expression, other: Expression) -> Expression | None:
    """The expression over what the selectors of both let through; None where they differ in more than matchers."""
    if isinstance(one, Selector) and isinstance(other, Selector):
        if replace(one, matchers=()) != replace(other, matchers=()):
            return None
        return replace(one, matchers=tuple(dict.fromkeys((*one.matchers, *other.matchers))))
    pairs = list(zip(children(one), children(other), strict=False))
    if type(one) is not type(other) or not pairs or len(children(one)) != len(children(other)):
        return one if one == other else None
    parts = [merged(*pair) for pair in pairs]
    if any(each is None for each in parts):
        return None
    whole = tuple(each for each in parts if each is not None)
    return rebuilt(one, whole) if rebuilt(one, whole) == rebuilt(other, whole) else None
