"""How one expression became another one, in words: thresholds, windows, matchers, labels. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kaizen.promql.nodes import (
    COMPARISONS,
    Aggregation,
    Binary,
    Expression,
    Matcher,
    Number,
    Selector,
    Subquery,
    children,
    rebuilt,
)
from kaizen.promql.writing import duration, matcher, number
from rule_lint import labelsets

_MOST = 4  # more than that is another expression


@dataclass(frozen=True, slots=True)
class Difference:
    """`quieter`: surely never more results than before, and not surely as many. `milder`: a lower severity."""

    words: str
    quieter: bool = False
    milder: bool = False


class _OtherwiseError(Exception):
    """They differ in more than words tell."""


def differences(one: Expression, other: Expression) -> list[Difference] | None:
    """None where it is shorter to show both."""
    try:
        found = list(_differences(one, other, top=True))
    except _OtherwiseError:
        return None
    return found if 0 < len(found) <= _MOST else None


def _differences(one: Expression, other: Expression, *, top: bool) -> Iterator[Difference]:
    """`top`: fewer results here are fewer results of the whole."""
    if one == other:
        return
    if isinstance(one, Selector) and isinstance(other, Selector):
        yield from _selectors(one, other, top)
        return
    if isinstance(one, Number) and isinstance(other, Number):
        yield Difference(f"number {number(one.value)} → {number(other.value)}")
        return
    parts = children(one), children(other)
    if type(one) is not type(other) or not parts[0] or len(parts[0]) != len(parts[1]):
        raise _OtherwiseError
    match one, other:
        case Binary(), Binary() if one.operator in COMPARISONS and other.operator in COMPARISONS:
            yield from _comparison(one, other, top)
            return
        case Aggregation(), Aggregation() if (one.grouping, one.labels) != (other.grouping, other.labels):
            yield Difference(f"{_grouped(one)} → {_grouped(other)}")
            one = replace(one, grouping=other.grouping, labels=other.labels)
        case Subquery(), Subquery() if (one.range, one.step) != (other.range, other.step):
            yield Difference(f"subquery window {_subquery(one)} → {_subquery(other)}")
            one = replace(one, range=other.range, step=other.step)
    if rebuilt(one, parts[1]) != other:
        raise _OtherwiseError
    for index, (first, second) in enumerate(zip(*parts, strict=True)):
        yield from _differences(first, second, top=top and _keeps(one, index))


def _keeps(node: Expression, index: int) -> bool:
    """Whether fewer results of a part are fewer results of the whole, and never other values."""
    return isinstance(node, Binary) and (node.operator == "and" or (node.operator in ("or", "unless") and index == 0))


def _comparison(one: Binary, other: Binary, top: bool) -> Iterator[Difference]:
    if replace(one, operator=other.operator, left=other.left, right=other.right) != other:
        raise _OtherwiseError
    yield from _differences(one.left, other.left, top=top and not one.bool)
    if isinstance(one.right, Number) and isinstance(other.right, Number):
        then, now = one.right.value, other.right.value
        if one.operator != other.operator:
            yield Difference(f"condition {one.operator} {number(then)} → {other.operator} {number(now)}")
        elif then != now:
            higher = {">": True, ">=": True, "<": False, "<=": False}.get(one.operator)
            quieter = top and not one.bool and higher is not None and (now > then) == higher
            yield Difference(f"threshold {number(then)} → {number(now)}", quieter)
        return
    if one.operator != other.operator:
        yield Difference(f"condition {one.operator} → {other.operator}")
    yield from _differences(one.right, other.right, top=False)


def _selectors(one: Selector, other: Selector, top: bool) -> Iterator[Difference]:
    if (one.at, one.alternatives, one.range is None) != (other.at, other.alternatives, other.range is None):
        raise _OtherwiseError
    if one.metric != other.metric:
        yield Difference(f"metric {one.metric or '(any)'} → {other.metric or '(any)'}")
    if one.range != other.range and one.range is not None and other.range is not None:
        yield Difference(f"window {duration(one.range)} → {duration(other.range)}")
    if one.offset != other.offset:
        yield Difference(f"offset {duration(one.offset)} → {duration(other.offset)}")
    if one.extension != other.extension:
        yield Difference(f"{one.extension or 'plain'} → {other.extension or 'plain'}")
    first, second = _by_label(one.matchers), _by_label(other.matchers)
    for label in sorted(first.keys() | second.keys()):
        if first.get(label) != second.get(label):
            yield _matchers(label, first.get(label, ()), second.get(label, ()), top)


def _by_label(given: tuple[Matcher, ...]) -> dict[str, tuple[Matcher, ...]]:
    found: dict[str, tuple[Matcher, ...]] = {}
    for each in given:
        found[each.label] = (*found.get(each.label, ()), each)
    return found


def _matchers(label: str, then: tuple[Matcher, ...], now: tuple[Matcher, ...], top: bool) -> Difference:
    before, after = labelsets.constraints(then), labelsets.constraints(now)
    narrower, wider = labelsets.within(after, before), labelsets.within(before, after)
    how = "narrowed" if narrower else "widened" if wider else "changed"
    return Difference(f"{label} {how} {_listed(then)} → {_listed(now)}", top and bool(narrower))


def _listed(given: tuple[Matcher, ...]) -> str:
    return ", ".join(map(matcher, given)) or "(any)"


def _grouped(node: Aggregation) -> str:
    return f"{node.operator} {node.grouping} ({', '.join(node.labels)})" if node.grouping else f"{node.operator} of all"


def _subquery(node: Subquery) -> str:
    return f"[{duration(node.range)}:{'' if node.step is None else duration(node.step)}]"
