"""How much of its SLA a ticket has used, from its log at the time of reading; a stored due date is never truth. Pure.

The clock runs from the opening, whatever the severity was then. It stands still while the ticket carries a pause
label or is closed; intervals of several labels count once where they overlap. A reopened ticket goes on from what
it had, and a later severity brings its target from the original start. Everything counts in whole seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kaizen.policy import Clock, Policy, SlaTarget
from kaizen.tickets import Interval, Ticket


@dataclass(frozen=True, slots=True)
class SlaStatus:
    """Where a ticket stands. All lengths are seconds on the target's clock; instants are aware UTC.

    `remaining_seconds` is negative once breached; exactly due is not breached. `due_at` is None while the clock
    stands still; once the target is used up it stays at the instant when it was, also when that lies in the past.
    """

    target_seconds: int
    clock: Clock
    elapsed_seconds: int
    remaining_seconds: int
    paused: bool
    breached: bool
    due_at: datetime | None
    breached_at: datetime | None


def status(ticket: Ticket, policy: Policy, now: datetime) -> SlaStatus | None:
    """None when the ticket's severity has no target."""
    target = policy.target(ticket.severity)
    if target is None:
        return None
    now = now.replace(microsecond=0)  # else the due instant would move within a second
    stopped = _stopped(ticket, policy)
    running = running_intervals(ticket.opened_at, now, stopped)
    elapsed = sum(_length(target, start, end) for start, end in running)
    remaining = target.seconds - elapsed
    ahead = remaining > 0
    due_at = _advance(target, max(now, ticket.opened_at), remaining) if ahead else _used_up(target, running)
    stands_still = any(start <= now and (end is None or end > now) for start, end in stopped)
    return SlaStatus(
        target_seconds=target.seconds,
        clock=target.clock,
        elapsed_seconds=elapsed,
        remaining_seconds=remaining,
        paused=stands_still and ticket.state == "open",
        breached=remaining < 0,
        due_at=None if stands_still else due_at,
        breached_at=due_at if remaining < 0 else None,
    )


def completed_in_time(ticket: Ticket, policy: Policy, closed_at: datetime) -> bool | None:
    """Whether a completed close came within the target; None when the ticket's severity has none.

    Counted from the opening without the pauses. Unlike in `status`, the time from one close to a reopening counts, as
    it does in MTTR: a ticket that had to be reopened was not resolved. So the answer for one close does not depend on
    which other closes and reopenings are known.
    """
    target = policy.target(ticket.severity)
    if target is None:
        return None
    paused = ticket.paused_intervals(policy.pause_labels)
    return elapsed_seconds(target, ticket.opened_at, closed_at, paused) <= target.seconds


def elapsed_seconds(target: SlaTarget, opened_at: datetime, until: datetime, stopped: Iterable[Interval]) -> int:
    """Seconds on the target's clock from opening to `until`, less the union of the stopped intervals."""
    return sum(_length(target, start, end) for start, end in running_intervals(opened_at, until, stopped))


def running_intervals(
    opened_at: datetime, now: datetime, stopped: Iterable[Interval]
) -> list[tuple[datetime, datetime]]:
    """The parts of opening to now in which no interval of `stopped` lies, in order."""
    running = []
    start = opened_at
    for begin, end in sorted(stopped, key=lambda interval: interval[0]):
        if begin >= now:
            break
        if begin > start:
            running.append((start, begin))
        start = max(start, end or now)
    if start < now:
        running.append((start, now))
    return running


def _stopped(ticket: Ticket, policy: Policy) -> list[Interval]:
    stopped = [*ticket.paused_intervals(policy.pause_labels), *ticket.closed_intervals()]
    if ticket.state in ("transferred", "deleted"):  # its end is in no log: nothing can follow it
        stopped.append((ticket.updated_at, None))
    return stopped


def _length(target: SlaTarget, start: datetime, end: datetime) -> int:
    if target.calendar is not None:
        return target.calendar.seconds(start, end)
    return int((end - start).total_seconds())


def _advance(target: SlaTarget, start: datetime, seconds: int) -> datetime:
    if target.calendar is not None:
        return target.calendar.advance(start, seconds)
    return start + timedelta(seconds=seconds)


def _used_up(target: SlaTarget, running: list[tuple[datetime, datetime]]) -> datetime:
    """When the running time first equalled the target, which it has reached."""
    left = target.seconds
    for start, end in running:
        length = _length(target, start, end)
        if length >= left:
            return _advance(target, start, left)
        left -= length
    raise AssertionError("the target was not reached")
