"""One form for expressions that mean the same. Pure.

Only what is sure is changed: `and`, `or`, `unless`, `-`, `/` and `^` are never turned round, since labels and values
come from their left side.
"""

import math
from dataclasses import replace

from kaizen.promql.nodes import (
    COMPARISONS,
    Aggregation,
    Binary,
    Expression,
    Matcher,
    Negation,
    Number,
    Selector,
    children,
    rebuilt,
)
from kaizen.promql.patterns import escaped, literals

_TURNED = {"==": "==", "!=": "!=", ">": "<", ">=": "<=", "<": ">", "<=": ">="}


def normal(node: Expression) -> Expression:
    """Constants folded and to the right, matchers and labels in order, patterns that are literals as literals."""
    node = rebuilt(node, tuple(normal(each) for each in children(node)))
    match node:
        case Selector():
            return _selector(node)
        case Aggregation():
            labels = tuple(sorted(set(node.labels)))
            grouping = "" if node.grouping == "by" and not labels else node.grouping
            return replace(node, grouping=grouping, labels=labels)
        case Negation(expression=Number(value=value)):
            return Number(-value)
        case Binary():
            return _binary(node)
    return node


def matchers(given: tuple[Matcher, ...]) -> tuple[Matcher, ...]:
    """In order, none twice, and none that holds always."""
    found = {each for matcher in given if (each := _matcher(matcher)) is not None}
    return tuple(sorted(found, key=lambda each: (each.label, each.operator, each.value)))


def _selector(node: Selector) -> Selector:
    alternatives = tuple(sorted((matchers(each) for each in node.alternatives), key=repr))
    return replace(node, matchers=matchers(node.matchers), alternatives=alternatives)


def _matcher(given: Matcher) -> Matcher | None:
    if given.operator not in ("=~", "!~"):
        return given
    positive = given.operator == "=~"
    listed = literals(given.value)
    if listed is not None and len(listed) == 1:
        return Matcher(given.label, "=" if positive else "!=", next(iter(listed)))
    if listed is not None:
        return Matcher(given.label, given.operator, "|".join(sorted(map(escaped, listed))))
    pattern = given.value.removeprefix("^")
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        pattern = pattern[:-1]
    if pattern == ".*":
        return None if positive else given
    if pattern == ".+":
        return Matcher(given.label, "!=" if positive else "=", "")
    return given


def _binary(node: Binary) -> Binary | Number:
    left, right = node.left, node.right
    if isinstance(left, Number) and isinstance(right, Number):
        value = _folded(node.operator, left.value, right.value)
        return node if value is None else Number(value)
    if isinstance(left, Number):
        if node.operator in COMPARISONS:
            return replace(node, operator=_TURNED[node.operator], left=right, right=left)
        if node.operator in ("+", "*"):
            return replace(node, left=right, right=left)
    matching = "" if node.matching == "ignoring" and not node.labels else node.matching
    labels, include = tuple(sorted(set(node.labels))), tuple(sorted(set(node.include)))
    return replace(node, matching=matching, labels=labels, include=include)


def _folded(operator: str, left: float, right: float) -> float | None:
    """As Prometheus computes it; None for a comparison, or where Python and Go may differ."""
    try:
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
            case "%":
                return math.fmod(left, right)
            case "^":
                power = left**right
                return power if isinstance(power, float) else None
    except (ArithmeticError, ValueError):
        return None
    return None
