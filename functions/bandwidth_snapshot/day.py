"""One UTC day of one stream, from bins of five minutes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

MEGABYTE = 1_000_000  # bytes: MB, not MiB
BIN = timedelta(minutes=5)
BINS = 288  # of a day
COMPLETE = 0.95  # of a day's bins; a day with fewer is marked, and neither judged nor part of a baseline
_LATE = timedelta(minutes=7, seconds=30)  # between two readings: longer is a gap


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
    saved: int
    resets: int

    @property
    def whole(self) -> bool:
        return self.complete >= COMPLETE


def between(earlier: Reading, later: Reading) -> dict[str, Bin]:
    """The bins of all streams between two readings; none where too much time lies between them."""
    gap = later.at - earlier.at
    if not timedelta(0) < gap <= _LATE:
        return {}
    return {stream: _bin(earlier.streams.get(stream), now, later.at, gap) for stream, now in later.streams.items()}


def _bin(before: tuple[int, int] | None, now: tuple[int, int], at: datetime, gap: timedelta) -> Bin:
    """A counter that fell began anew: what it counts now came since then. One that is new came all since then."""
    old = before or (0, 0)
    reset = now[0] < old[0] or now[1] < old[1]
    sent, saved = now if reset else (now[0] - old[0], now[1] - old[1])
    return Bin(at, gap.total_seconds(), sent, saved, reset)


def bins_of(day: date, readings: Sequence[Reading]) -> dict[str, list[Bin]]:
    """Each stream's bins of a day, from readings in any order; those that end within the day count to it."""
    found: dict[str, list[Bin]] = {}
    ordered = sorted(readings, key=lambda each: each.at)
    for earlier, later in pairwise(ordered):
        if start_of(day) < later.at <= start_of(day) + timedelta(days=1):
            for stream, each in between(earlier, later).items():
                found.setdefault(stream, []).append(each)
    return found


def closed(stream: str, day: date, bins: Iterable[Bin]) -> Day:
    """The record of a day; a day without any bin is all zeros and not complete, which is no low traffic."""
    given = [each for each in bins if each.seconds > 0 and each.sent >= 0]
    rates = sorted(each.sent / each.seconds / MEGABYTE for each in given)
    covered = sum(each.seconds for each in given)
    total = sum(each.sent for each in given)
    return Day(
        stream=stream,
        date=day,
        bytes=round(total),
        average=total / covered / MEGABYTE if covered else 0.0,
        p95=quantile(rates, 0.95),
        maximum=rates[-1] if rates else 0.0,
        complete=min(covered / (BINS * BIN.total_seconds()), 1.0),
        saved=round(sum(each.saved for each in given)),
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
