"""When a schedule of EventBridge Scheduler runs next: `at(...)`, `rate(...)` and `cron(...)`. Pure.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from local.errors import LocalError

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")  # 1 to 7
_MOST_DAYS = 4 * 366  # of search: the 29th of February comes within


@dataclass(frozen=True, slots=True)
class At:
    """Once."""

    instant: datetime

    def following(self, after: datetime) -> datetime | None:
        return self.instant if self.instant > after else None


@dataclass(frozen=True, slots=True)
class Rate:
    every: timedelta

    def following(self, after: datetime) -> datetime | None:
        return after + self.every


@dataclass(frozen=True, slots=True)
class Cron:
    """Sets of what each field allows; weekdays count from Sunday, 1. None: the field says nothing."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None
    last_day: bool
    months: frozenset[int]
    weekdays: frozenset[int] | None
    years: frozenset[int]
    zone: str

    def following(self, after: datetime) -> datetime | None:
        """The first run after an aware instant; None when there is none within four years."""
        zone = ZoneInfo(self.zone)
        today = after.astimezone(zone).date()
        for day in (today + timedelta(days=each) for each in range(_MOST_DAYS)):
            if not self._allows(day):
                continue
            for at in self._times(day, zone):
                if at > after:
                    return at
        return None

    def _allows(self, day: date) -> bool:
        if day.month not in self.months or day.year not in self.years:
            return False
        if self.weekdays is not None:
            return day.isoweekday() % 7 + 1 in self.weekdays
        last = calendar.monthrange(day.year, day.month)[1]
        return day.day == last if self.last_day else day.day in (self.days or ())

    def _times(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                local = datetime.combine(day, time(hour, minute), zone)
                at = local.astimezone(UTC)
                if at.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):  # else: skipped by the clock
                    yield at


type Rule = At | Rate | Cron


def parse(expression: str, zone: str) -> Rule:
    """Raises LocalError for what this clock cannot play."""
    if found := _AT.fullmatch(expression):
        try:
            return At(datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))
        except ValueError as error:
            raise LocalError(f"the local clock cannot play {expression}: {error}") from error
    if found := _RATE.fullmatch(expression):
        return Rate(timedelta(seconds=int(found[1]) * _SECONDS[found[2]]))
    if found := _CRON.fullmatch(expression):
        minutes, hours, days, months, weekdays, years = found.groups()
        try:
            if (days == "?") == (weekdays == "?"):
                raise ValueError("one of day of month and day of week must be ?")
            return Cron(
                minutes=_field(minutes, 0, 59),
                hours=_field(hours, 0, 23),
                days=None if days in ("?", "L") else _field(days, 1, 31),
                last_day=days == "L",
                months=_field(months, 1, 12, _MONTHS),
                weekdays=None if weekdays == "?" else _field(weekdays, 1, 7, _WEEKDAYS),
                years=_field(years, 1970, 2199),
                zone=zone,
            )
        except ValueError as error:
            raise LocalError(f"the local clock cannot play {expression}: {error}") from error
    raise LocalError(f"the local clock plays at(...), rate(...) and cron(...) schedules, not {expression}")


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    for number, name in enumerate(names, 1):
        text = text.upper().replace(name, str(number))
    return frozenset(each for part in text.split(",") for each in _part(part, low, high))


def _part(text: str, low: int, high: int) -> range:
    spread, _, step = text.partition("/")
    first, _, last = ("*" if spread == "" else spread).partition("-")
    if first == "*":
        start, end = low, high
    else:
        start = int(first)
        end = int(last) if last else (high if step else start)
    if not (low <= start <= high and end <= high):
        raise ValueError(f"{text} is not within {low} to {high}")
    return range(start, end + 1, int(step) if step else 1)
