"""Which open tickets are to be reminded of: three quarters of the SLA are used, or all of it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kaizen import sla
from kaizen.policy import Policy
from kaizen.sla import SlaStatus
from kaizen.tickets import Ticket

SHARE = 0.75
Stage = Literal["due", "breached"]


@dataclass(frozen=True, slots=True)
class Reminder:
    """`standing` is where the ticket's SLA stands."""

    ticket: Ticket
    stage: Stage
    standing: SlaStatus

    @property
    def id(self) -> str:
        """The same however often it is looked at: each stage is told once for each target and each reopening."""
        reopened = sum(entry.kind == "reopened" for entry in self.ticket.log)
        return f"sla/{self.stage}/{self.ticket.severity}" + (f"/{reopened}" if reopened else "")

    @property
    def since(self) -> datetime | None:
        """From when a breach is news: its instant, or a later change of the ticket, which may have moved its target."""
        at = self.standing.breached_at
        return max(at, self.ticket.updated_at) if at is not None else None


def reminder(ticket: Ticket, policy: Policy, now: datetime) -> Reminder | None:
    """
    | condition, the first that holds       | stage    |
    |---------------------------------------|----------|
    | no target, or its clock stands still  | none     |
    | the target is used up and more        | breached |
    | three quarters of it are used         | due      |
    | else                                  | none     |
    """
    standing = sla.status(ticket, policy, now)
    if ticket.state != "open" or standing is None or standing.paused:
        return None
    if standing.breached:
        return Reminder(ticket, "breached", standing)
    return Reminder(ticket, "due", standing) if nearly(standing) else None


def nearly(standing: SlaStatus) -> bool:
    """Whether three quarters of the target are used."""
    return standing.elapsed_seconds >= SHARE * standing.target_seconds


def reminders(tickets: Iterable[Ticket], policy: Policy, now: datetime) -> Iterator[Reminder]:
    """One for each ticket that is due or over."""
    for ticket in tickets:
        found = reminder(ticket, policy, now)
        if found is not None:
            yield found
