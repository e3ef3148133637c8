"""From values to places, and the round values that an axis names. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear: `low` stands at `start`, `high` at `end`. A span of nothing stands in the middle."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def round_steps(high: float, most: int) -> list[float]:
    """From 0 up to the first step that is not below `high`: at most so many, of 1, 2, 2.5 or 5 times a power of 10.

    Raises ValueError for a value that is no number or below 0.
    """
    if not math.isfinite(high) or high < 0:
        raise ValueError(f"no axis goes up to {high}")
    if high == 0:
        return [0.0, 1.0]
    power = 10.0 ** math.floor(math.log10(high / most))
    step = next(each * power for each in (*_ROUND, 20.0) if each * power * most >= high * (1 - 1e-9))
    count = max(math.ceil(high / step * (1 - 1e-9)), 1)
    return [each * step for each in range(count + 1)]


def number(value: float) -> str:
    """As an axis names it: as many digits as it takes, and no more."""
    return f"{value:.10g}"


def day_steps(first: date, last: date, most: int) -> Sequence[tuple[date, str]]:
    """Days that an axis names, at most so many: each one, each second, Mondays, or first days of months."""
    days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
    for step in (1, 2):
        if len(days) <= step * most:
            return [(each, _day(each)) for each in days[::step]]
    mondays = [each for each in days if each.weekday() == 0]
    for step in (1, 2):
        if len(mondays) <= step * most:
            return [(each, _day(each)) for each in mondays[::step]]
    months = [each for each in days if each.day == 1]
    step = math.ceil(len(months) / most)
    return [(each, f"{each:%b %Y}" if each.month == 1 else f"{each:%b}") for each in months[::step]]


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
