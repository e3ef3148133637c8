"""The values for which a comparison with a constant holds, and how two such sets stand to each other. Pure."""

import math
from dataclasses import dataclass

from kaizen.promql.nodes import COMPARISONS, Binary, Expression, Number
from kaizen.promql.writing import number


@dataclass(frozen=True, slots=True)
class Threshold:
    """`value operator bound`. NaN holds for `!=` alone, as in Prometheus."""

    operator: str
    bound: float

    def holds(self, value: float) -> bool:
        match self.operator:
            case ">":
                return value > self.bound
            case ">=":
                return value >= self.bound
            case "<":
                return value < self.bound
            case "<=":
                return value <= self.bound
            case "==":
                return value == self.bound
        return value != self.bound

    def within(self, other: "Threshold") -> bool:
        """Whether each value of this one is one of the other's."""
        return all(other.holds(each) for each in _samples(self, other) if self.holds(each))

    def meets(self, other: "Threshold") -> bool:
        """Whether some value is in both."""
        return any(self.holds(each) and other.holds(each) for each in _samples(self, other))

    def example(self, other: "Threshold") -> float | None:
        """The plainest number that is in both; infinity and NaN only where there is no other."""
        both = [each for each in _samples(self, other) if self.holds(each) and other.holds(each)]
        finite = [each for each in both if math.isfinite(each)]
        return min(finite, key=lambda each: (len(number(each)), abs(each)), default=next(iter(both), None))

    def __str__(self) -> str:
        return f"{self.operator} {number(self.bound)}"


def _samples(one: Threshold, other: Threshold) -> list[float]:
    """Values of every stretch that the bounds cut the line into, and the bounds themselves: they stand for all."""
    bounds = sorted({one.bound, other.bound} - {math.inf, -math.inf})
    found = [-math.inf, math.inf, math.nan, *bounds]
    if not bounds:
        return [*found, 0.0]
    step = max(1.0, abs(bounds[-1]) * 0.1, abs(bounds[0]) * 0.1)
    found += [bounds[0] - step, bounds[-1] + step]
    if max(map(abs, bounds)) < 1:  # a share: something plainer than 1.05
        small = max(map(abs, bounds)) * 0.1 or 0.1
        found += [float(f"{bounds[0] - small:.6g}"), float(f"{bounds[-1] + small:.6g}")]
    if len(bounds) == 2:
        middle = bounds[0] + (bounds[1] - bounds[0]) / 2
        found += [middle] if bounds[0] < middle < bounds[1] else []
    return found


def split(node: Expression) -> tuple[Expression, Threshold] | None:
    """A comparison with a constant as what is compared and with what; None for anything else. NaN bounds nothing."""
    if not isinstance(node, Binary) or node.operator not in COMPARISONS or node.bool:
        return None
    if not isinstance(node.right, Number) or math.isnan(node.right.value):
        return None
    return node.left, Threshold(node.operator, node.right.value)
