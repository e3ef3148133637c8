"""A panel's query as it can be asked without a browser: for any value of its variables. Pure.

Whether there are series for any value is what matters: with a value that nobody chose a panel might only look blank.
"""

import re
from dataclasses import replace

from kaizen.dashboards.queries import Query
from kaizen.dashboards.variables import FIRST, FUNCTION, Stand
from kaizen.promql import write
from kaizen.promql.nodes import (
    COMPARISONS,
    Aggregation,
    Binary,
    Call,
    Expression,
    Matcher,
    Number,
    Selector,
    Subquery,
    children,
    rebuilt,
)

WINDOW = 5 * 60 * 1000  # milliseconds that stand for `$__rate_interval` and its like
_STANDS = re.compile(r"kzv\d+z(?:\[z\])?")
_CLASS = re.compile(  # what is no open character class: an escape, a variable, a whole class
    r"\\.|kzv\d+z\[z\]|\[\^?\]?+(?:\\.|\[:\w+:\]|[^\]\\])*+\]", re.DOTALL
)
_NUMBER = 5.0  # for the k of topk, and other numbers that are variables
_LAST = 1_000_000  # more variables than any query has
_ABSENT = ("absent", "absent_over_time")
_CHOOSING = ("topk", "bottomk", "limitk", "limit_ratio", "count_values")  # which series they give hangs on all others


def askable(text: str) -> str:
    """Empty where it is no PromQL, or where there is no telling for any value: a variable is the name of a metric, the
    time that it is asked for, or within a character class of a pattern, or decides what is filtered out."""
    tree = Query(text, True, Stand()).tree
    found = None if tree is None else _any_value(tree)
    return "" if found is None else write(found)


def _any_value(node: Expression) -> Expression | None:
    parts = tuple(_any_value(each) for each in children(node))
    known = tuple(each for each in parts if each is not None)
    if len(known) < len(parts) or _decided(node, known):
        return None
    node = rebuilt(node, known)
    match node:
        case Selector():
            return _selector(node)
        case Subquery() if _known_time(node.at):
            return replace(node, range=_time(node.range), step=None if node.step is None else _time(node.step),
                           offset=_time(node.offset))  # fmt: skip
        case Subquery():
            return None
        case Aggregation(parameter=Number(value=value)) if FUNCTION <= value < FUNCTION + _LAST:
            return replace(node, operator="avg", parameter=None)
        case Number(value=value) if FIRST <= value < FIRST + _LAST:
            return Number(_NUMBER)
    return node


def _decided(node: Expression, known: tuple[Expression, ...]) -> bool:
    """Whether a variable within the node may take series away: then it may give some for one value, and none for all
    values at once. `known` are its children for any value."""
    parts = children(node)
    match node:
        case Call(name=name) if name in _ABSENT:
            deciding = parts
        case Binary(operator=operator, bool=False) if operator in COMPARISONS:
            deciding = parts
        case Binary(operator="unless", right=right):
            deciding = (right, *filter(_chooses, parts[:1]))
        case Binary(operator=operator) if operator != "or":
            deciding = tuple(filter(_chooses, parts))
        case _:
            return False
    return any(each in deciding and _varies(each, found) for each, found in zip(parts, known, strict=True))


def _chooses(node: Expression) -> bool:
    chosen = (isinstance(node, Aggregation) and node.operator in _CHOOSING) or (
        isinstance(node, Binary) and node.operator == "or"
    )
    return chosen or any(map(_chooses, children(node)))


def _varies(node: Expression, known: Expression) -> bool:
    return node != known or _STANDS.search(write(known)) is not None


def _selector(node: Selector) -> Selector | None:
    matchers = [each for part in (node.matchers, *node.alternatives) for each in part]
    if _STANDS.search(node.metric) or not _known_time(node.at) or any(map(_in_class, matchers)):
        return None
    return replace(
        node,
        matchers=_matchers(node.matchers),
        alternatives=tuple(_matchers(each) for each in node.alternatives),
        range=None if node.range is None else _time(node.range),
        offset=_time(node.offset),
    )


def _time(milliseconds: int) -> int:
    return WINDOW if FIRST <= abs(milliseconds) < FIRST + _LAST else milliseconds


def _known_time(at: str) -> bool:
    """Whether an evaluation time is none that stands for a variable."""
    return at in ("", "start", "end") or not FIRST <= float(at) < FIRST + _LAST


def _in_class(given: Matcher) -> bool:
    """Whether a variable stands within a character class of a pattern."""
    if given.operator != "=~":
        return False
    return any("[" in _CLASS.sub("", given.value[: each.start()]) for each in _STANDS.finditer(given.value))


def _matchers(given: tuple[Matcher, ...]) -> tuple[Matcher, ...]:
    return tuple(found for each in given if (found := _matcher(each)) is not None)


def _matcher(given: Matcher) -> Matcher | None:
    """None for one that holds for some value of its variable, whatever the label is."""
    if not _STANDS.search(given.label + given.value):
        return given
    if _STANDS.search(given.label) or given.operator in ("!=", "!~"):
        return None
    if given.operator == "=":
        pattern = ".*".join(re.escape(each) for each in _STANDS.split(given.value))
    else:
        pattern = _STANDS.sub(".*", given.value)
    return None if pattern in (".*", "") else replace(given, operator="=~", value=pattern)
