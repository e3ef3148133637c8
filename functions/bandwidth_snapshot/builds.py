"""Which builds ran on a day, and how much was sent under each. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bandwidth_snapshot.day import BIN, MEGABYTE, Bin, Reading, start_of

_INSTANT, _HOUR = timedelta(microseconds=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a day under one build, from its first reading on: average in MB/s of all streams together."""

    build: str
    since: datetime
    average: float


def stretches(day: date, readings: Sequence[Reading], total: Sequence[Bin]) -> list[Stretch]:
    """In order, one for each build as long as it ran; none where no reading of the day names one.

    A bin belongs to the build whose reading ends it. A stretch without any bin sent nothing that anybody saw.
    """
    ran: list[tuple[datetime, str]] = []
    for reading in sorted(readings, key=lambda each: each.at):
        within = start_of(day) <= reading.at < start_of(day) + timedelta(days=1)
        if within and reading.build and (not ran or ran[-1][1] != reading.build):
            ran.append((reading.at, reading.build))
    ends = [at for at, _ in [*ran, (start_of(day) + timedelta(days=1) + BIN, "")]]
    return [Stretch(build, at, _average(total, at, end)) for (at, build), end in zip(ran, ends[1:], strict=True)]


def _average(total: Sequence[Bin], start: datetime, end: datetime) -> float:
    """Of the bins that end in the stretch, its own end excluded."""
    inside = [each for each in total if start <= each.at < end]
    seconds = sum(each.seconds for each in inside)
    return round(sum(each.sent for each in inside) / seconds / MEGABYTE, 6) if seconds else 0.0


def by_hour(day: date, total: Sequence[Bin]) -> list[float | None]:
    """MB/s of all streams together in each hour of a day; None where less than half of it was measured."""
    seconds, sent = [0.0] * 24, [0.0] * 24
    for each in total:
        hour = (each.at - start_of(day) - _INSTANT) // _HOUR  # the one that a bin ends in, its end included
        if 0 <= hour < 24:
            seconds[hour] += each.seconds
            sent[hour] += each.sent
    return [
        round(amount / measured / MEGABYTE, 3) if measured >= 1800 else None
        for measured, amount in zip(seconds, sent, strict=True)
    ]
