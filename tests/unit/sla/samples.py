"""Calendars, tickets and policies for the tests of the SLA clock, and a clock so simple that it can only be right."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from kaizen.policy import Clock, FeedPolicy, Policy, Severity, SlaTarget
from kaizen.policy.calendars import Calendar
from kaizen.tickets import Interval, LogEntry, State, Ticket

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
WEEKDAYS = range(5)


def clock_minutes(text: str) -> tuple[int, int]:
    """`09:00-12:30` as minutes after midnight."""
    start, end = (int(bound[:2]) * 60 + int(bound[3:]) for bound in text.split("-"))
    return start, end


def calendar(
    *windows: str, zone: str = "UTC", days: Iterable[int] = WEEKDAYS, holidays: Iterable[date] = ()
) -> Calendar:
    """The same windows on each of the days (0 = Monday)."""
    parsed = tuple(clock_minutes(window) for window in windows)
    week = tuple(parsed if day in set(days) else () for day in range(7))
    return Calendar("office", zone, week, frozenset(holidays))


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    """The instant of a local time such as `2026-03-29 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def policy(target: SlaTarget | None, pause_labels: Iterable[str] = ("blocked", "waiting")) -> Policy:
    """One severity, `sev`, with that target."""
    return Policy(
        ticket_labels=frozenset(),
        pause_labels=frozenset(pause_labels),
        component_prefixes=(),
        components=(),
        severities=(Severity("sev", ("sev",), target),),
        unknown_target=None,
        routes=(),
        feed=FeedPolicy("Tickets", "Team", "example.org", "2026-01-01", 900),
    )


def wall(hours: float) -> SlaTarget:
    return SlaTarget(int(hours * 3600), "wall")


def target(hours: float, on: Calendar | None) -> SlaTarget:
    clock: Clock = "wall" if on is None else "business"
    return SlaTarget(int(hours * 3600), clock, on)


def ticket(
    opened_at: datetime,
    log: Iterable[LogEntry] = (),
    labels: Sequence[str] = (),
    state: State = "open",
    severity: str = "sev",
    updated_at: datetime | None = None,
) -> Ticket:
    entries = tuple(sorted(log))
    return Ticket(
        id=7,
        repository_id=5,
        repository="example-org/checkout",
        number=12,
        title="Checkout returns 502",
        url="https://github.com/example-org/checkout/issues/12",
        state=state,
        resolution="",
        component="api",
        severity=severity,
        labels=tuple(labels),
        assignees=(),
        opened_at=opened_at,
        updated_at=updated_at or max([opened_at, *(entry.at for entry in entries)]),
        log=entries,
    )


def pauses(intervals: Iterable[Interval], label: str = "blocked") -> list[LogEntry]:
    """The log of a label put on and taken off."""
    entries = []
    for start, end in intervals:
        entries.append(LogEntry(start, "labeled", label))
        if end is not None:
            entries.append(LogEntry(end, "unlabeled", label))
    return entries


def minutes_worked(on: Calendar | None, start: datetime, minutes: int, stopped: Iterable[Interval]) -> list[int]:
    """Seconds elapsed at each minute from `start` on, by asking for every single minute whether it counts.

    All bounds must lie on minutes, and none within an hour that a clock change repeats.
    """
    off = [False] * minutes
    for begin, end in stopped:
        first = max((begin - start) // MINUTE, 0)
        last = minutes if end is None else (end - start) // MINUTE
        off[first:last] = [True] * len(off[first:last])
    counts = (not off[each] and (on is None or works(on, start + each * MINUTE)) for each in range(minutes))
    return list(accumulate((60 * each for each in counts), initial=0))


def works(on: Calendar, instant: datetime) -> bool:
    local = instant.astimezone(ZoneInfo(on.zone))
    if local.date() in on.holidays:
        return False
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in on.windows[local.weekday()])
