"""What people have pressed of a ticket, and how long it holds. Pure."""

from dataclasses import dataclass
from datetime import datetime
from math import inf

from kaizen.policy import Policy
from kaizen.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Who said that they are on it, by their Slack id, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Who wants no reminders until when; `severity` is what the ticket had then."""

    by: str
    until: datetime
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Attended:
    """What people have pressed of a ticket."""

    on_it: Acknowledged | None = None
    snoozed: Snoozed | None = None

    def holding(self, ticket: Ticket, policy: Policy) -> "Attended":
        """Who is on it until the ticket is opened again; a snooze holds until the severity rises."""
        reopened, on_it, snoozed = reopened_at(ticket), self.on_it, self.snoozed
        if on_it is not None and reopened is not None and on_it.at <= reopened:
            on_it = None
        return Attended(on_it, None if snoozed is not None and _risen(snoozed, ticket, policy) else snoozed)


def reopened_at(ticket: Ticket) -> datetime | None:
    """When it was last opened again; None for one that never was."""
    return last(ticket, "reopened")


def last(ticket: Ticket, kind: str) -> datetime | None:
    """When something of that kind last happened, by the ticket's log."""
    return max((entry.at for entry in ticket.log if entry.kind == kind), default=None)


def _risen(snoozed: Snoozed, ticket: Ticket, policy: Policy) -> bool:
    return bool(snoozed.severity) and _seconds(ticket.severity, policy) < _seconds(snoozed.severity, policy)


def _seconds(severity: str, policy: Policy) -> float:
    """The less time a severity has, the higher it is."""
    target = policy.target(severity)
    return target.seconds if target is not None else inf
