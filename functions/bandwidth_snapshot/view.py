"""What the page and the CSV show of some days: each as it was judged, and what holds of them together. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bandwidth_snapshot.day import Day
from bandwidth_snapshot.detector import Limits, Verdict
from bandwidth_snapshot.forecast import Forecast
from bandwidth_snapshot.log import Entry
from bandwidth_snapshot.names import ALL
from bandwidth_snapshot.study import Study, study
from bandwidth_snapshot.trend import Trend, trend

MOST_JUDGED = 20_000  # days of streams that one request may have judged, some seconds of work


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
    """`totals` are the closed days from `first` to `last`, in order; `streams` each stream's days among them.

    `left_out` are streams that have records and are not shown.
    """

    first: date
    last: date
    totals: Sequence[Judged]
    streams: Mapping[str, Sequence[Judged]]
    growth: Trend | None
    month: Forecast | None
    found: Study
    left_out: int = 0

    @property
    def latest(self) -> Judged:
        return self.totals[-1]


def view(
    entries: Sequence[Entry],
    days: Callable[[str, date, date], Sequence[Day]],
    first: date,
    last: date,
    limits: Limits,
    holidays: frozenset[date],
    monthly_cap: int | None,
    every: bool = False,
) -> View | None:
    """`entries` are from long enough before `first` to judge it; `days` gives the records of a stream.

    With `every`, all days of the streams; else those of the last day. None where no day is closed in the range.
    """
    shown = [each for each in entries if each.date >= first]
    if not shown:
        return None
    most = max(MOST_JUDGED // len(entries), 5)
    found = study(entries, limits, holidays, first, most)
    totals = [Judged(each.total, found.verdict(ALL, each.date)) for each in shown]
    begin, end = (first, last) if every else (found.day, found.day)
    there = {stream for each in shown if every or each is shown[-1] for stream in each.sent}
    names = sorted(there) if every else sorted(there & found.verdicts.keys())
    streams = {
        stream: [Judged(each, found.verdict(stream, each.date)) for each in days(stream, begin, end)]
        for stream in names
    }
    left_out = len(there) - len(streams) + shown[-1].left_out
    return View(first, last, totals, streams, trend(found.log.totals), found.month(monthly_cap), found, left_out)
