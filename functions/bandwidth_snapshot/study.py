"""What the days until one of them say: what was expected of each, and what rose. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from bandwidth_snapshot.detector import Limits, Verdict, contributors
from bandwidth_snapshot.forecast import Forecast, forecast
from bandwidth_snapshot.log import Entry, Log
from bandwidth_snapshot.names import ALL
from bandwidth_snapshot.rises import Rise, Rises, Verdicts
from bandwidth_snapshot.trend import trend
from bandwidth_snapshot.turnover import Turnover, lineage, turnover

STUDIED = timedelta(days=70)  # in which rises are looked for: longer than one can go on
LOOKED_BACK = STUDIED + timedelta(days=60)  # with the days that those are compared with
_RECENT = timedelta(days=7)  # a stream that has been silent for longer is none


@dataclass(frozen=True, slots=True)
class Study:
    """`day` is the last closed one. `rises` are in the order in which they were seen."""

    day: date
    log: Log
    rises: Sequence[Rise]
    verdicts: Verdicts
    changed: Turnover

    @property
    def entry(self) -> Entry:
        return self.log.entries[-1]

    @property
    def going(self) -> list[Rise]:
        return [each for each in self.rises if each.ended is None]

    def verdict(self, stream: str, at: date) -> Verdict | None:
        return self.verdicts.get(stream, {}).get(at)

    def entry_of(self, at: date) -> Entry | None:
        return next((each for each in self.log.entries if each.date == at), None)

    def contributors(self, verdict: Verdict) -> list[tuple[str, float]]:
        """How many MB/s more than usual each stream sent on a judged day, most first; under its old name before."""
        entry = self.entry_of(verdict.day.date)
        found = []
        for stream in entry.sent if entry is not None else ():
            days = self.log.stream(stream)
            own = next(each for each in days if each.date == verdict.day.date)
            found.append((own, [each for each in days if each.date in verdict.compared]))
        return contributors(found)

    def month(self, cap: int | None) -> Forecast | None:
        """Days to come are taken for what they would be at the level of a rise that goes on."""
        if cap is None:
            return None
        totals = self.log.totals
        rise = next((each for each in self.going if each.total), None)
        return forecast(totals, trend(totals), cap, None if rise is None else (rise.since, self._times(rise)))

    def _times(self, rise: Rise) -> float:
        ratios = [each.ratio for each in (self.verdict(ALL, at) for at in rise.odd) if each is not None]
        return median(ratios[-7:]) if ratios else 1.0


def study(
    entries: Sequence[Entry], limits: Limits, holidays: frozenset[date], first: date | None = None, most: int = 10**6
) -> Study:
    """Of at least one entry, with enough before `first` to compare with; at most so many streams, the largest.

    Days from `first` on are judged; without it, those in which a rise that goes on could have begun.
    """
    last = entries[-1].date
    rosters = {each.date: each.sent for each in entries}
    names = lineage(rosters, last)
    log = Log(entries, names)
    old = {name for chain in names.values() for name in chain}
    sizes: dict[str, int] = {}
    for each in entries:
        if last - each.date < _RECENT:
            for stream, sent in each.sent.items():
                sizes[stream] = sizes.get(stream, 0) + sent
    chosen = sorted(sizes.keys() - old, key=lambda stream: (-sizes[stream], stream))[:most]
    series = {ALL: log.totals} | {stream: log.stream(stream) for stream in sorted(chosen)}
    looked = Rises(series, limits, holidays)
    found = looked.go(max(entries[0].date, (first or last) - STUDIED), last)
    return Study(last, log, found, looked.verdicts, turnover(rosters, last))
