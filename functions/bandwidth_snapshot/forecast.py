"""What a month will have sent at its end, and on which day it crosses its cap. Pure.

Each day that was not measured or is to come is taken for the median of the same weekday in the last four weeks, grown
by the trend until then; while a rise goes on, for as many times as much.
"""

import math
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, median

from bandwidth_snapshot.day import Day
from bandwidth_snapshot.trend import Trend

WEEKS = 4  # that a weekday's usual is made of
FEWEST = 14  # whole days of them; with fewer nothing is foretold
_FOUR_IN_FIVE = 1.28  # deviations to both sides
_TO_SIGMA, _LEAST_SPREAD, _LEVEL_DAYS = 1.4826, 0.05, 7


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes of the calendar month of `last`, the last closed day (UTC): measured, estimated, and at the month's end.

    `unmeasured` days until then are in `estimated` with what they usually send. The end lies between `low` and `high`
    in four of five cases. `crosses` is the day that goes over the cap; None where none does.
    """

    last: date
    measured: int
    estimated: int
    unmeasured: int
    end: int
    low: int
    high: int
    cap: int
    crosses: date | None

    @property
    def sent(self) -> int:
        return self.measured + self.estimated

    @property
    def over(self) -> bool:
        """Whether what was measured alone is over the cap."""
        return self.measured > self.cap

    @property
    def state(self) -> str:
        return "over" if self.over else "within" if self.crosses is None else "crosses"


def forecast(
    days: Sequence[Day], growth: Trend | None, cap: int, rise: tuple[date, float] | None = None
) -> Forecast | None:
    """`days` are those of all streams together; `cap` is in bytes a month. None for too few whole days.

    `rise` goes on since a day, with so many times as much as usual; what is usual comes from the days before it.
    """
    known = {each.date: each for each in days}
    last = max(known, default=None)
    if last is None:
        return None
    since, times = rise or (date.max, 1.0)
    until = min(last + timedelta(days=1), since)
    recent = [each for at, each in known.items() if each.whole and timedelta(0) < until - at <= timedelta(weeks=WEEKS)]
    if len(recent) < FEWEST:
        return None
    usual = _by_weekday(recent)
    weekly = 1 + growth.weekly if growth is not None and rise is None else 1.0
    total, measured, estimated, unmeasured, crosses = 0.0, 0, 0.0, 0, None
    for number in range(1, monthrange(last.year, last.month)[1] + 1):
        day = last.replace(day=number)
        there = known[day].bytes if day in known else 0
        guess = 0.0
        if day not in known or not known[day].whole:
            ahead = max((day - last).days, 0) / 7
            guess = max(usual[day.weekday()] * weekly**ahead * (times if day >= since else 1.0) - there, 0.0)
        total += there + guess
        if day <= last:
            measured, estimated, unmeasured = measured + there, estimated + guess, unmeasured + (guess > 0)
        if crosses is None and total > cap:
            crosses = day
    guessed = round(total) - measured
    spread = math.exp(_FOUR_IN_FIVE * _spread(recent, usual))
    low, high = measured + guessed / spread, measured + guessed * spread
    return Forecast(last, measured, round(estimated), unmeasured, round(total), round(low), round(high), cap, crosses)


def _by_weekday(recent: Sequence[Day]) -> Mapping[int, float]:
    """Usual bytes of each weekday; the mean of all where one is not known."""
    found: dict[int, list[int]] = {}
    for each in recent:
        found.setdefault(each.date.weekday(), []).append(each.bytes)
    all_days = fmean(each.bytes for each in recent)
    return {weekday: median(found[weekday]) if weekday in found else all_days for weekday in range(7)}


def _spread(recent: Sequence[Day], usual: Mapping[int, float]) -> float:
    """How far a sum of days is off, on the logarithmic scale: mostly as far as the level of a week is."""
    pairs = [(each.bytes, usual[each.date.weekday()]) for each in recent]
    off = [abs(math.log(sent / guess)) for sent, guess in pairs if sent > 0 and guess > 0]
    return max(_TO_SIGMA * median(off) if off else 0.0, _LEAST_SPREAD) / math.sqrt(_LEVEL_DAYS) * 2
