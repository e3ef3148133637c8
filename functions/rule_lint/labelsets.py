"""What matchers let through, label by label, and how two such sets stand to each other. Pure.

Literals and lists of literals are decided by set algebra. Other regular expressions are kept as they are: they can be
equal, or the opposite of each other, and beyond that nothing is claimed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count

from kaizen.promql.nodes import Matcher
from kaizen.promql.patterns import literals


@dataclass(frozen=True, slots=True)
class Values:
    """Values of one label: those `included` (None: any), less those `excluded`, that also match all `patterns`.

    A label that is missing has the value "". `patterns` are pairs of operator and regular expression.
    """

    included: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    patterns: frozenset[tuple[str, str]] = frozenset()

    @property
    def exact(self) -> bool:
        return not self.patterns

    @property
    def empty(self) -> bool:
        """Whether surely nothing is let through."""
        return self.included is not None and not self.included

    def narrowed(self, matcher: Matcher) -> "Values":
        match matcher.operator:
            case "=":
                return self._with_included(frozenset([matcher.value]))
            case "!=":
                return self._with_excluded(frozenset([matcher.value]))
        listed = literals(matcher.value)
        if listed is not None:
            return self._with_included(listed) if matcher.operator == "=~" else self._with_excluded(listed)
        return replace(self, patterns=self.patterns | {(matcher.operator, matcher.value)})

    def _with_included(self, values: frozenset[str]) -> "Values":
        kept = values if self.included is None else self.included & values
        return replace(self, included=kept - self.excluded)

    def _with_excluded(self, values: frozenset[str]) -> "Values":
        included = None if self.included is None else self.included - values
        return replace(self, included=included, excluded=self.excluded | values)

    def within(self, other: "Values") -> bool | None:
        """Whether each of these is one of the others; None where that is not decided."""
        if self.empty:
            return True
        if not other.patterns <= self.patterns:
            return None
        if other.included is not None:
            inside = self.included is not None and self.included <= other.included
        elif self.included is not None:
            inside = not self.included & other.excluded
        else:
            inside = other.excluded <= self.excluded
        return True if inside else False if self.exact else None

    def disjoint(self, other: "Values") -> bool | None:
        """Whether none is in both; None where that is not decided."""
        turned = {("!~" if operator == "=~" else "=~", pattern) for operator, pattern in self.patterns}
        if self.common(other).empty or turned & other.patterns:
            return True
        return False if self.exact and other.exact else None

    def common(self, other: "Values") -> "Values":
        excluded = self.excluded | other.excluded
        sets = [each for each in (self.included, other.included) if each is not None]
        included = frozenset.intersection(*sets) - excluded if sets else None
        return Values(included, excluded, self.patterns | other.patterns)

    def example(self) -> str | None:
        """A value that is let through: None where the label may be missing, or where none can be named."""
        if self.patterns:
            return None
        if self.included is None and "" in self.excluded:
            return next(each for each in map("a".__mul__, count(1)) if each not in self.excluded)
        return min(self.included) if self.included else None


ANY = Values()
NOTHING = Values(frozenset([""]))  # the label is missing

Constraints = Mapping[str, Values]


@lru_cache(maxsize=4096)
def constraints(matchers: tuple[Matcher, ...]) -> Constraints:
    found: dict[str, Values] = {}
    for each in matchers:
        found[each.label] = found.get(each.label, ANY).narrowed(each)
    return found


def within(one: Constraints, other: Constraints) -> bool | None:
    """Whether every series of the one is a series of the other."""
    verdict: bool | None = True
    for label in other:
        found = one.get(label, ANY).within(other[label])
        if found is False:
            return False
        verdict = None if found is None else verdict
    return verdict


def disjoint(one: Constraints, other: Constraints) -> bool | None:
    """Whether no series can be in both."""
    verdict: bool | None = False
    for label in sorted(one.keys() | other.keys()):
        found = one.get(label, ANY).disjoint(other.get(label, ANY))
        if found:
            return True
        verdict = None if found is None else verdict
    return verdict


def common(one: Constraints, other: Constraints) -> dict[str, Values]:
    return {label: one.get(label, ANY).common(other.get(label, ANY)) for label in sorted(one.keys() | other.keys())}


def differing(one: Constraints, other: Constraints) -> frozenset[str]:
    return frozenset(label for label in one.keys() | other.keys() if one.get(label, ANY) != other.get(label, ANY))
