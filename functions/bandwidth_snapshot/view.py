"""What the page shows of some days: each as it was judged, and what holds of them together. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bandwidth_snapshot.day import Day
from bandwidth_snapshot.detector import ALL, Limits, Verdict, judge
from bandwidth_snapshot.forecast import Forecast, forecast
from bandwidth_snapshot.trend import Trend, trend
from bandwidth_snapshot.turnover import Rosters, Turnover, turnover


@dataclass(frozen=True, slots=True)
class Judged:
    """A record, and what was expected of its day; None where nothing could be."""

    day: Day
    verdict: Verdict | None

    @property
    def unexpected(self) -> bool:
        return self.verdict is not None and self.verdict.unexpected


@dataclass(frozen=True, slots=True)
class View:
    """`totals` are the closed days from `first` to `last`, in order; `streams` each stream's days among them."""

    first: date
    last: date
    totals: Sequence[Judged]
    streams: Mapping[str, Sequence[Judged]]
    growth: Trend | None
    month: Forecast | None
    changed: Turnover

    @property
    def latest(self) -> Judged:
        return self.totals[-1]


def view(
    records: Mapping[str, Sequence[Day]],
    rosters: Rosters,
    first: date,
    last: date,
    limits: Limits,
    holidays: frozenset[date],
    monthly_cap: int | None,
) -> View | None:
    """`records` are those of each stream and of the total, from long enough before `first` to judge it. None where no
    day is closed from `first` to `last`."""
    judged = {stream: _judged(days, first, limits, holidays) for stream, days in records.items()}
    totals = judged.pop(ALL, [])
    if not totals:
        return None
    known = records[ALL]
    growth = trend(known)
    month = None if monthly_cap is None else forecast(known, growth, monthly_cap)
    return View(first, last, totals, judged, growth, month, turnover(rosters, known[-1].date))


def _judged(days: Sequence[Day], first: date, limits: Limits, holidays: frozenset[date]) -> list[Judged]:
    start = next((place for place, day in enumerate(days) if day.date >= first), len(days))
    return [
        Judged(days[place], judge(days[place], days[max(0, place - 120) : place], limits, holidays))
        for place in range(start, len(days))
    ]
