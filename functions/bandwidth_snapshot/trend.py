"""Which way a series of days goes. Pure.

Theil-Sen: the median of the slopes between all pairs of days, which a few odd days do not move.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from bandwidth_snapshot.day import Day

FEWEST = 14  # whole days; fewer say nothing of weeks
MOST = 120  # days that are looked at


@dataclass(frozen=True, slots=True)
class Trend:
    """Growth per week as a ratio (0.03 = 3 % more each week), with the middle half of all pairs' slopes around it."""

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
    quarter = len(slopes) // 4
    middle, low, high = median(slopes), slopes[quarter], slopes[-1 - quarter]
    return Trend(math.expm1(middle), math.expm1(low), math.expm1(high), len(points))


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday on: MB/s sent and saved over the whole days among them, and how many those are."""

    monday: date
    average: float
    bytes: int
    whole: int
    saved: float = 0.0


def weeks(days: Sequence[Day]) -> list[Week]:
    """In order; a week without a whole day has no average."""
    by_monday: dict[int, list[Day]] = {}
    for each in days:
        by_monday.setdefault(each.date.toordinal() - each.date.weekday(), []).append(each)
    made = []
    for monday, group in sorted(by_monday.items()):
        whole = [each for each in group if each.whole]
        average = sum(each.average for each in whole) / len(whole) if whole else 0.0
        sent = sum(each.bytes for each in whole)
        # Saved beside sent, at the same rate: days are not measured to the last second.
        saved = average * sum(each.saved for each in whole) / sent if sent else 0.0
        made.append(Week(date.fromordinal(monday), average, sum(each.bytes for each in group), len(whole), saved))
    return made
