"""Whether two expressions can have results at one time, as far as their conditions say. Pure."""

from dataclasses import dataclass

from kaizen.promql import metrics, selectors, walk
from kaizen.promql.nodes import COMPARISONS, Aggregation, Binary, Call, Expression, Number
from rule_lint.firing import split

_SOME_SERIES = ("topk", "bottomk", "limitk", "limit_ratio")
_ABSENT = ("absent", "absent_over_time")


@dataclass(frozen=True, slots=True)
class _Conditions:
    """`base` is what is left when `and`, `unless` and arithmetic with constants are taken off; `sides` are the right
    sides of the former, each with how it is matched."""

    base: Expression
    sides: dict[str, set[tuple[Expression, str, tuple[str, ...]]]]


def exclusive(one: Expression, other: Expression) -> bool:
    """Whether surely no series is in both results at one time, both in normal form: one expression against constants
    that exclude each other, or `and` and `unless` of one right side."""
    first, second = _conditions(one), _conditions(other)
    if first.sides["and"] & second.sides["unless"] or first.sides["unless"] & second.sides["and"]:
        return True
    left, right = split(first.base), split(second.base)
    return left is not None and right is not None and left[0] == right[0] and not left[1].meets(right[1])


def surely_at_once(one: Expression, other: Expression) -> bool:
    """Whether nothing speaks against results of both at one time: conditions of both over one metric may exclude each
    other in ways that are not decided here."""
    unnamed = any(not each.metric for each in (*selectors(one), *selectors(other)))
    if not unnamed and not metrics(one) & metrics(other):
        return True
    left, right = split(one), split(other)
    if left is not None and right is not None and left[0] == right[0]:
        return left[1].meets(right[1])
    both = _conditional(one) and _conditional(other)
    return not both and not _absent(one) and not _absent(other)


def _conditions(node: Expression) -> _Conditions:
    sides: dict[str, set[tuple[Expression, str, tuple[str, ...]]]] = {"and": set(), "unless": set()}
    while isinstance(node, Binary):
        if node.operator in sides:
            sides[node.operator].add((node.right, node.matching, node.labels))
        elif node.operator in (*COMPARISONS, "or") or not isinstance(node.right, Number):
            break
        node = node.left
    return _Conditions(node, sides)


def _conditional(node: Expression) -> bool:
    """Whether there may be series and yet no result for some of them."""
    return any(
        (isinstance(each, Binary) and each.operator in ("and", "unless"))
        or (isinstance(each, Binary) and each.operator in COMPARISONS and not each.bool)
        or (isinstance(each, Aggregation) and each.operator in _SOME_SERIES)
        for each in walk(node)
    )


def _absent(node: Expression) -> bool:
    return any(isinstance(each, Call) and each.name in _ABSENT for each in walk(node))
