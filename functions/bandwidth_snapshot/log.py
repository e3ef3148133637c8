"""Closed days as they are kept: the total of each, what every stream sent, and how much of that was measured. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median

from bandwidth_snapshot.builds import Stretch
from bandwidth_snapshot.day import COMPLETE, MEGABYTE, Day
from bandwidth_snapshot.names import ALL

MOST_STREAMS = 90  # with rows of their own, the largest: all rows of a day are one transaction, of at most 100 items
_STEADY_DAYS, _STEADY = 7, 4  # a stream that was whole on so many of the days before was to be there all day


@dataclass(frozen=True, slots=True)
class Entry:
    """A closed day. `sent` are bytes by stream; `partial` the shares of those that were not measured all day.

    `hours` are MB/s of all streams together by hour of the day, None where less than half of one was measured.
    `left_out` streams, the smallest, have no rows and are in the total only.
    """

    total: Day
    sent: Mapping[str, int]
    partial: Mapping[str, float]
    hours: Sequence[float | None] = ()
    builds: Sequence[Stretch] = ()
    left_out: int = 0

    @property
    def date(self) -> date:
        return self.total.date

    def share(self, stream: str) -> float:
        """How much of the day the stream's row covers; 0 where it has none."""
        return self.partial.get(stream, 1.0) if stream in self.sent else 0.0

    def of(self, stream: str, name: str) -> Day:
        """What the day says of a stream by its old name, without the peaks; silent where it has no row."""
        if name not in self.sent:
            return Day(stream, self.date, 0, 0.0, 0.0, 0.0, self.total.complete, None, 0)
        share, sent = self.share(name), self.sent[name]
        average = sent / (share * 86400 * MEGABYTE) if share else 0.0
        return Day(stream, self.date, sent, average, 0.0, 0.0, share, None, 0)


@dataclass(frozen=True, slots=True)
class Log:
    """Entries in order of their days; `names` are those that a stream had before, the newest first."""

    entries: Sequence[Entry]
    names: Mapping[str, Sequence[str]]

    @property
    def totals(self) -> list[Day]:
        return [each.total for each in self.entries]

    @property
    def sent(self) -> dict[date, Mapping[str, int]]:
        return {each.date: each.sent for each in self.entries}

    def stream(self, stream: str) -> list[Day]:
        """A stream's days from the first on that it was seen: those without it are silent ones.

        What it sent under an old name goes on in the new one.
        """
        if stream == ALL:
            return self.totals
        days: list[Day] = []
        for each in self.entries:
            name = next((name for name in (stream, *self.names.get(stream, ())) if name in each.sent), stream)
            if days or name in each.sent:
                days.append(each.of(stream, name))
        return days


def largest(days: Sequence[Day]) -> list[Day]:
    """Those that get rows of their own, by name."""
    chosen = sorted(days, key=lambda each: (-each.bytes, each.stream))[:MOST_STREAMS]
    return sorted(chosen, key=lambda each: each.stream)


def total_of(total: Day, days: Sequence[Day], before: Sequence[Entry]) -> Day:
    """The total, less complete by what is missing of streams that were to be there all day.

    A stream that ends as others of its size begin was renamed: nothing is missing.
    """
    recent = [each for each in before if timedelta(0) < total.date - each.date <= timedelta(days=_STEADY_DAYS)]
    missing = sum(_missing(each, recent) for each in days)
    known = {name for each in recent for name in each.sent}
    begun = sum(each.bytes for each in days if each.stream not in known)
    if not missing or begun >= missing / 2:
        return total
    return replace(total, complete=min(total.complete, total.bytes / (total.bytes + missing)))


def _missing(day: Day, recent: Sequence[Entry]) -> float:
    """Bytes that a stream would have sent in what was not measured of its day."""
    usual = [each.sent[day.stream] for each in recent if each.share(day.stream) >= COMPLETE]
    if day.whole or len(usual) < _STEADY:
        return 0.0
    return median(usual) * (1 - day.complete)


def loses(stored: Entry, entry: Entry) -> Iterator[str]:
    """The streams of which another reading of the day has less than what is kept."""
    return (stream for stream in sorted(stored.sent) if entry.share(stream) < stored.share(stream))
