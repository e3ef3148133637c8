"""Working time: intervals per weekday in an IANA zone, less holidays. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """`windows[weekday]` (0 = Monday) lists (start, end) in minutes after local midnight, apart and in order.

    Raises ValueError without any window: no due time would ever come.
    """

    name: str
    zone: str
    windows: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[date]

    def __post_init__(self) -> None:
        if not any(self.windows):
            raise ValueError(f"the calendar {self.name} has no window on any weekday")

    def week_seconds(self) -> int:
        """Working seconds of a week without holidays or clock changes."""
        return sum(60 * (end - start) for windows in self.windows for start, end in windows)

    def seconds(self, start: datetime, end: datetime) -> int:
        """Working seconds between two instants of whole seconds; 0 when end is not after start."""
        begin, stop = _posix(start), _posix(end)
        years = range(self._local_year(start), self._local_year(end) + 1)
        return max(sum(year.worked(stop) - year.worked(begin) for year in (_year(self, each) for each in years)), 0)

    def advance(self, start: datetime, seconds: int) -> datetime:
        """The first instant by which so many working seconds have passed since `start`."""
        if not seconds:
            return start
        left, begin = seconds, _posix(start)
        for each in count(self._local_year(start)):
            year = _year(self, each)
            wanted = year.worked(begin) + left
            if wanted <= year.total:
                return datetime.fromtimestamp(year.instant(wanted), UTC)
            left = wanted - year.total
        raise AssertionError("count() has no end")

    def _local_year(self, instant: datetime) -> int:
        return instant.astimezone(ZoneInfo(self.zone)).year


class _Year(NamedTuple):
    """The working spans of one local year, in order, in POSIX seconds; with sums, any stretch takes two look-ups."""

    opens: tuple[int, ...]
    closes: tuple[int, ...]
    sums: tuple[int, ...]  # working seconds up to the end of each span

    @property
    def total(self) -> int:
        return self.sums[-1] if self.sums else 0

    def worked(self, instant: int) -> int:
        """Working seconds of this year that lie before an instant."""
        index = bisect_right(self.opens, instant) - 1
        return self.sums[index] - max(self.closes[index] - instant, 0) if index >= 0 else 0

    def instant(self, worked: int) -> int:
        """The first instant with so many working seconds before it; `worked` is between 1 and the total."""
        index = bisect_left(self.sums, worked)
        return self.closes[index] - (self.sums[index] - worked)


@lru_cache(maxsize=256)
def _year(calendar: Calendar, year: int) -> _Year:
    opens, closes, sums = [], [], [0]
    for start, end in _spans(calendar, year):
        opens.append(start)
        closes.append(end)
        sums.append(sums[-1] + end - start)
    return _Year(tuple(opens), tuple(closes), tuple(sums[1:]))


def _spans(calendar: Calendar, year: int) -> Iterator[tuple[int, int]]:
    """Bounds become UTC one by one, day by day, so that a shift across a clock change has its true length."""
    zone = ZoneInfo(calendar.zone)
    midnight = datetime(year, 1, 1)  # noqa: DTZ001  local wall time, turned into an instant below
    while midnight.year == year:
        if midnight.date() not in calendar.holidays:
            for window in calendar.windows[midnight.weekday()]:
                start, end = (_instant(midnight + timedelta(minutes=minutes), zone) for minutes in window)
                if end > start:
                    yield start, end
        midnight += _DAY


def _instant(local: datetime, zone: ZoneInfo) -> int:
    """The instant of a local wall time: of one that exists twice the first, of one that does not the end of the gap.

    PEP 495 would move a time within the gap by the gap's length. That is past times after the gap: two windows
    around it could overlap, and their time would count twice.
    """
    instant = _posix(local.replace(tzinfo=zone))
    if _local(instant, zone) == local:
        return instant
    before = _posix(local.replace(tzinfo=zone, fold=1))  # the offset after the gap gives an instant before it
    gap = range(before, instant + 1)
    offset = datetime.fromtimestamp(before, zone).utcoffset()
    return gap[bisect_left(gap, True, key=lambda each: datetime.fromtimestamp(each, zone).utcoffset() != offset)]


def _local(instant: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(instant, zone).replace(tzinfo=None)


def _posix(instant: datetime) -> int:
    return int(instant.timestamp())
