"""Working time: intervals per weekday in an IANA zone, less holidays. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]  # aware UTC, end excluded
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """`windows[weekday]` (0 = Monday) lists (start, end) in minutes after local midnight, apart and in order.

    At least one weekday has a window, else no due time would ever come.
    """

    name: str
    zone: str
    windows: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[date]

    def seconds(self, start: datetime, end: datetime) -> int:
        """Working seconds between two instants; 0 when end is not after start."""
        if end <= start:
            return 0
        total = timedelta()
        for opens, closes in self._spans(start):
            if opens >= end:
                break
            total += max(min(closes, end) - max(opens, start), timedelta())
        return int(total.total_seconds())

    def advance(self, start: datetime, seconds: int) -> datetime:
        """The first instant by which so many working seconds have passed since `start`."""
        left = timedelta(seconds=seconds)
        if not left:
            return start
        for opens, closes in self._spans(start):
            begin = max(opens, start)
            if closes - begin >= left:
                return begin + left
            left -= max(closes - begin, timedelta())
        raise AssertionError("a calendar has a window in every week")

    def _spans(self, start: datetime) -> Iterator[Span]:
        # From the day before: a window may end after midnight where a clock change moves its end.
        first = start.astimezone(ZoneInfo(self.zone)).date() - _DAY
        for days in count():
            yield from _day_spans(self, first + days * _DAY)


@lru_cache(maxsize=4096)
def _day_spans(calendar: Calendar, day: date) -> tuple[Span, ...]:
    """The working spans of one local day.

    Bounds are turned into UTC one by one, so that a shift across a clock change has its true length. A local time
    that does not exist moves forward; of a time that exists twice, the first counts (PEP 495, fold=0).
    """
    if day in calendar.holidays:
        return ()
    zone = ZoneInfo(calendar.zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    spans = []
    for start, end in calendar.windows[day.weekday()]:
        # Addition to an aware datetime is wall-clock arithmetic in its zone.
        opens, closes = ((midnight + timedelta(minutes=minutes)).astimezone(UTC) for minutes in (start, end))
        if closes > opens:
            spans.append((opens, closes))
    return tuple(spans)
