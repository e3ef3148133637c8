"""What a month will have sent at its end, and on which day it crosses its cap. Pure.

Each day to come is taken for the median of the same weekday in the last four weeks, grown by the trend until then.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, median

from bandwidth_snapshot.day import Day
from bandwidth_snapshot.trend import Trend

WEEKS = 4  # that a weekday's usual is made of
FEWEST = 14  # whole days of them; with fewer nothing is foretold


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes of the calendar month of `last`, the last closed day (UTC): until then, and at the month's end.

    `crosses` is the day that goes over the cap, by what was sent or by what is foretold; None where none does.
    """

    last: date
    sent: int
    end: int
    cap: int
    crosses: date | None

    @property
    def crossed(self) -> bool:
        """Whether what was sent is over the cap already."""
        return self.sent > self.cap


def forecast(days: Sequence[Day], growth: Trend | None, cap: int) -> Forecast | None:
    """`days` are those of all streams together; `cap` is in bytes a month. None for too few whole days."""
    known = {each.date: each for each in days}
    last = max(known, default=None)
    if last is None:
        return None
    recent = [each for at, each in known.items() if each.whole and last - at < timedelta(weeks=WEEKS)]
    if len(recent) < FEWEST:
        return None
    usual = _by_weekday(recent)
    weekly = 1 + growth.weekly if growth is not None else 1.0
    total, sent, crosses = 0.0, 0, None
    for number in range(1, monthrange(last.year, last.month)[1] + 1):
        day = last.replace(day=number)
        if day in known and known[day].whole:
            total += known[day].bytes
        else:  # to come, or not measured whole: then at least what was measured
            ahead = max((day - last).days, 0) / 7
            total += max(usual[day.weekday()] * weekly**ahead, known[day].bytes if day in known else 0)
        if day == last:
            sent = round(total)
        if crosses is None and total > cap:
            crosses = day
    return Forecast(last, sent, round(total), cap, crosses)


def _by_weekday(recent: Sequence[Day]) -> Mapping[int, float]:
    """Usual bytes of each weekday; the mean of all where one is not known."""
    found: dict[int, list[int]] = {}
    for each in recent:
        found.setdefault(each.date.weekday(), []).append(each.bytes)
    all_days = fmean(each.bytes for each in recent)
    return {weekday: median(found[weekday]) if weekday in found else all_days for weekday in range(7)}
