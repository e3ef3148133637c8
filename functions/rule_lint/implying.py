"""Whether one alert's expression gives nothing that another one's does not give, too. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from kaizen.promql.nodes import SET_OPERATORS, Binary, Expression
from rule_lint.covering import covers
from rule_lint.firing import Threshold, split
from rule_lint.labelsets import Values


@dataclass(frozen=True, slots=True)
class Implication:
    """Whenever the first has a result, so has the second, with the same labels.

    `one` and `other` are the thresholds that say so, None where there is more to it; `shared` is what the selectors of
    both let through, None where they are equal.
    """

    one: Threshold | None = None
    other: Threshold | None = None
    shared: Mapping[str, Values] | None = None


class Implications:
    """Answers for one pair of expressions and their parts, each question once: `and` and `or` ask the same often."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Implication | None] = {}

    def implies(self, one: Expression, other: Expression) -> Implication | None:
        """Why each result of the first is one of the second, both in normal form; None where that is not decided."""
        key = (id(one), id(other))
        if key not in self._known:
            self._known[key] = self._implies(one, other)
        return self._known[key]

    def _implies(self, one: Expression, other: Expression) -> Implication | None:
        if one == other:
            return _thresholds(one, other, None)
        if isinstance(other, Binary) and other.operator == "or":
            found = self.implies(one, other.left)
            if found is None and not other.matching:
                found = self.implies(one, other.right)
            if found is not None:
                return Implication()
        if isinstance(one, Binary) and one.operator in SET_OPERATORS:
            return self._set_operation(one, other)
        return _comparison(one, other)

    def _set_operation(self, one: Binary, other: Expression) -> Implication | None:
        if one.operator == "or":
            both = self.implies(one.left, other) is not None and self.implies(one.right, other) is not None
            return Implication() if both else None
        if self.implies(one.left, other) is not None:  # `and`, `unless`: labels and values are the left side's
            return Implication()
        if not isinstance(other, Binary) or other.operator != one.operator:
            return None
        if (one.matching, one.labels) != (other.matching, other.labels):
            return None
        narrower, wider = (one.right, other.right) if one.operator == "and" else (other.right, one.right)
        both = self.implies(one.left, other.left) is not None and self.implies(narrower, wider) is not None
        return Implication() if both else None


def _comparison(one: Expression, other: Expression) -> Implication | None:
    first, second = split(one), split(other)
    if first is None or second is None:
        if second is not None:
            return None
        cover = covers(first[0] if first else one, other)  # a result at all, whatever its value
        return None if cover is None else Implication(shared=cover.shared)
    cover = covers(first[0], second[0])
    if cover is None or not first[1].within(second[1]):
        return None
    ways = {"up": (">", ">="), "down": ("<", "<=")}.get(cover.bound)
    if ways is not None and not (first[1].operator in ways and second[1].operator in ways):
        return None
    return Implication(first[1], second[1], cover.shared)


def _thresholds(one: Expression, other: Expression, shared: Mapping[str, Values] | None) -> Implication:
    first, second = split(one), split(other)
    return Implication(first[1], second[1], shared) if first and second else Implication(shared=shared)
