"""Examples for which two alerts fire, as a person would write them. Pure.

Where the one implies the other, what makes the one fire is enough. No example is better than one that does not fire.
"""

from collections.abc import Mapping

from kaizen.promql import metrics, selectors
from kaizen.promql.nodes import Binary, Expression
from kaizen.promql.writing import number, quoted, write
from rule_lint import labelsets
from rule_lint.firing import split
from rule_lint.implying import Implication
from rule_lint.labelsets import Values

_LONGEST = 100  # characters of an expression in it


def witness(why: Implication, one: Expression) -> str:
    """`{job="api"} = 11`: a series and a value for which both fire; with `and` and `unless`, what else must hold. Empty
    where there is none."""
    if why.one is not None and why.other is not None:
        return _plain(why.one.example(why.other), why.shared or {})
    known = split(one)
    if known is not None:
        read = selectors(known[0])
        shared = labelsets.constraints(read[0].matchers) if len(read) == 1 else None
        return "" if shared is None else _plain(known[1].example(known[1]), shared)
    return _both(one) if isinstance(one, Binary) else ""


def _plain(value: float | None, shared: Mapping[str, Values]) -> str:
    if value is None or not all(map(_certain, shared.values())):
        return ""
    named = {label: each.example() for label, each in sorted(shared.items())}
    inside = ", ".join(f"{label}={quoted(each)}" for label, each in named.items() if each)
    patterns = any(each.patterns for each in shared.values())  # then a series is not told by the labels that are known
    return f"{{{inside}}} = {number(value)}" if inside and not patterns else f"the value {number(value)}"


def _certain(values: Values) -> bool:
    """Whether some value is let through: one pattern alone lets some through, of more nobody knows."""
    if values.patterns:
        return len(values.patterns) == 1 and values.included is None and not values.excluded
    return not values.empty


def _both(node: Binary) -> str:
    """Of `x > 5 and y > 1`: `x = 6 and y = 2, with equal labels`; of `unless`: what must not hold."""
    if node.operator == "or":
        return witness(Implication(), node.left)
    value = _value(node.left)
    if node.operator not in ("and", "unless") or not value or metrics(node.left) & metrics(node.right):
        return ""
    if node.operator == "unless":
        other = write(node.right)
        return f"{value} without {other}" if len(other) <= _LONGEST else ""
    more = _value(node.right)
    if not more or not _meet(node):
        return ""
    labels = ", ".join(node.labels) if node.matching == "on" else "labels"
    return f"{value} and {more}" + (f", with equal {labels}" if labels else "")


def _value(node: Expression) -> str:
    """`x = 6` for `x > 5`; empty where that says too little or too much."""
    known = split(node)
    value = None if known is None else known[1].example(known[1])
    if known is None or value is None:
        return ""
    certain = all(_certain(each) for one in selectors(node) for each in labelsets.constraints(one.matchers).values())
    text = write(known[0])
    return f"{text} = {number(value)}" if certain and len(text) <= _LONGEST else ""


def _meet(node: Binary) -> bool:
    """Whether series of both sides can have equal labels, as far as their matchers say."""
    left, right = (_of_all(side, node) for side in (node.left, node.right))
    return labelsets.disjoint(left, right) is False


def _of_all(side: Expression, node: Binary) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for each in selectors(side):
        found = labelsets.common(found, labelsets.constraints(each.matchers))
    inside = set(node.labels)
    on = node.matching == "on"
    return {name: each for name, each in found.items() if not node.matching or (name in inside) == on}
