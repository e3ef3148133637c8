"""One UTC day of one stream, from bins of five minutes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

MEGABYTE = 1_000_000  # bytes: MB, not MiB
BIN = timedelta(minutes=5)
BINS = 288  # of a day
COMPLETE = 0.95  # of a day's bins; a day with fewer is marked, and neither judged nor part of a baseline
_LATE = timedelta(minutes=20)  # between two readings: what a counter gained is known, but from here on not when
_FEWEST_SECONDS = BIN.total_seconds() / 2  # of a bin that counts for the peak: a second of traffic is no rate


@dataclass(frozen=True, slots=True)
class Reading:
    """The counters of one instant (aware UTC): stream -> (bytes sent, bytes saved) since ever; and what ran then."""

    at: datetime
    streams: Mapping[str, tuple[int, int]]
    build: str = ""


@dataclass(frozen=True, slots=True)
class Bin:
    """Bytes of one stream in a stretch of `seconds` that ends at `at`. `reset`: the counter had begun anew."""

    at: datetime
    seconds: float
    sent: float
    saved: float = 0
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """What is kept for good. Rates are MB/s of bins; `complete` is the share of the day that bins cover."""

    stream: str
    date: date
    bytes: int
    average: float
    p95: float
    maximum: float
    complete: float
    saved: int | None  # None: nobody measured it
    resets: int

    @property
    def whole(self) -> bool:
        return self.complete >= COMPLETE


@dataclass(slots=True)
class _Grid:
    """The bins of one stream while they are filled: number -> seconds, sent, saved, reset."""

    bins: dict[int, tuple[float, float, float, bool]] = field(default_factory=dict)

    def add(self, number: int, seconds: float, sent: float, saved: float, reset: bool) -> None:
        known = self.bins.get(number, (0.0, 0.0, 0.0, False))
        self.bins[number] = (known[0] + seconds, known[1] + sent, known[2] + saved, known[3] or reset)


def bins_of(day: date, readings: Sequence[Reading]) -> dict[str, list[Bin]]:
    """Each stream's bins of a day, from readings in any order and at any distance of up to 20 minutes.

    What a counter gained between two readings is spread evenly over the bins between them. A stream that is missing
    from a reading goes on from the one before; one that was in none is new, and all of it came since the last reading.
    """
    grids: dict[str, _Grid] = {}
    seen: dict[str, tuple[datetime, tuple[int, int]]] = {}
    previous: datetime | None = None
    for reading in sorted(readings, key=lambda each: each.at):
        for stream, now in reading.streams.items():
            at, before = seen.get(stream, (previous, (0, 0)))
            if at is not None and timedelta(0) < reading.at - at <= _LATE:
                _spread(grids.setdefault(stream, _Grid()), day, at, reading.at, before, now)
            seen[stream] = (reading.at, now)
        previous = reading.at
    return {
        stream: [
            Bin(start_of(day) + (number + 1) * BIN, seconds, sent, saved, reset)
            for number, (seconds, sent, saved, reset) in sorted(grid.bins.items())
        ]
        for stream, grid in grids.items()
        if grid.bins
    }


def _spread(
    grid: _Grid, day: date, since: datetime, until: datetime, before: tuple[int, int], now: tuple[int, int]
) -> None:
    """Each of the two counters by itself: one that fell began anew, and what it counts now came since then."""
    sent, saved = (now[each] - before[each] if now[each] >= before[each] else now[each] for each in (0, 1))
    reset = now[0] < before[0] or now[1] < before[1]
    start, width = start_of(day), BIN.total_seconds()
    low, high = (since - start).total_seconds(), (until - start).total_seconds()
    for number in range(max(int(low // width), 0), min(int(-(-high // width)), BINS)):
        begin, end = max(low, number * width), min(high, (number + 1) * width)
        share = (end - begin) / (high - low)
        grid.add(number, end - begin, sent * share, saved * share, reset and end == high)


def closed(stream: str, day: date, bins: Iterable[Bin]) -> Day:
    """The record of a day; a day without any bin is not measured at all, which is no low traffic."""
    given = [each for each in bins if each.seconds > 0 and each.sent >= 0]
    full = [each for each in given if each.seconds >= _FEWEST_SECONDS] or given
    rates = sorted(each.sent / each.seconds / MEGABYTE for each in full)
    covered = sum(each.seconds for each in given)
    total = sum(each.sent for each in given)
    average = total / covered / MEGABYTE if covered else 0.0
    return Day(
        stream=stream,
        date=day,
        bytes=round(total),
        average=average,
        p95=quantile(rates, 0.95),
        maximum=max(rates[-1], average) if rates else 0.0,
        complete=min(covered / (BINS * BIN.total_seconds()), 1.0),
        saved=round(sum(each.saved for each in given)) if given else None,
        resets=sum(each.reset for each in given),
    )


def together(streams: Mapping[str, Sequence[Bin]]) -> list[Bin]:
    """The bins of all streams as one, instant by instant."""
    by_instant: dict[datetime, list[Bin]] = {}
    for bins in streams.values():
        for each in bins:
            by_instant.setdefault(each.at, []).append(each)
    return [
        Bin(
            at,
            max(each.seconds for each in group),
            sum(each.sent for each in group),
            sum(each.saved for each in group),
            any(each.reset for each in group),
        )
        for at, group in sorted(by_instant.items())
    ]


def quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between the closest ranks; 0 of nothing."""
    if not ordered:
        return 0.0
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
