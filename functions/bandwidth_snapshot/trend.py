"""Which way a series of days goes. Pure.

Theil-Sen: the median of the slopes between all pairs of days of a weekday, which a few odd days do not move. Its
interval is Sen's, by the variance of Kendall's statistic, added up over the weekdays.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, median

from bandwidth_snapshot.day import Day

FEWEST = 14  # whole days; fewer say nothing of weeks
MOST = 120  # days that are looked at
_SURE = 1.96  # deviations: 95 %


@dataclass(frozen=True, slots=True)
class Trend:
    """Growth per week as a ratio (0.03 = 3 % more each week), with its 95 % confidence interval."""

    weekly: float
    low: float
    high: float
    days: int


def trend(days: Sequence[Day]) -> Trend | None:
    """None for too few whole days."""
    points = [(each.date.toordinal(), math.log(each.average)) for each in days if each.whole and each.average > 0]
    points = sorted(points)[-MOST:]
    if len(points) < FEWEST:
        return None
    slopes = sorted(
        7 * (later[1] - earlier[1]) / (later[0] - earlier[0])
        for index, earlier in enumerate(points)
        for later in points[index + 1 :]
        if (later[0] - earlier[0]) % 7 == 0  # the same weekday: a weekend is no fall
    )
    if not slopes:
        return None
    counts = Counter(at % 7 for at, _ in points)
    off = _SURE * math.sqrt(sum(n * (n - 1) * (2 * n + 5) / 18 for n in counts.values()))
    low, high = (round((len(slopes) + each) / 2) for each in (-off, off))
    ends = slopes[max(low, 0)], slopes[min(high, len(slopes) - 1)]
    middle, bottom, top = (math.expm1(each) for each in (median(slopes), *ends))
    return Trend(middle, bottom, top, len(points))


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday on: MB/s sent and saved over the whole days among them, and which those are.

    `saved` is None where nobody measured it.
    """

    monday: date
    average: float
    bytes: int
    days: tuple[Day, ...] = ()  # the whole ones
    saved: float | None = None

    @property
    def whole(self) -> int:
        return len(self.days)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


def weeks(days: Sequence[Day]) -> list[Week]:
    """In order; a week without a whole day has no average."""
    by_monday: dict[date, list[Day]] = {}
    for each in days:
        by_monday.setdefault(each.date - timedelta(days=each.date.weekday()), []).append(each)
    made = []
    for monday, group in sorted(by_monday.items()):
        whole = tuple(each for each in group if each.whole)
        average = fmean(each.average for each in whole) if whole else 0.0
        saving = [each for each in whole if each.saved is not None and each.bytes]
        # Saved beside sent, at the same rate: days are not measured to the last second.
        saved = sum(each.saved or 0 for each in saving) / sum(each.bytes for each in saving) if saving else None
        made.append(
            Week(monday, average, sum(each.bytes for each in group), whole, None if saved is None else average * saved)
        )
    return made


def change(before: Week, now: Week) -> float | None:
    """How much more a week sent than another, by the weekdays that are whole in both; None where none is, or idle."""
    both = {each.date.weekday() for each in before.days} & {each.date.weekday() for each in now.days}
    old, new = (sum(each.average for each in week.days if each.date.weekday() in both) for week in (before, now))
    return new / old - 1 if old > 0 else None
