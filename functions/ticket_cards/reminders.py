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
        """The same however often it is looked at: each stage of each target is told once."""
        return f"sla/{self.stage}/{self.ticket.severity}"


def reminders(tickets: Iterable[Ticket], policy: Policy, now: datetime) -> Iterator[Reminder]:
    """One for each ticket that is due or over.

    | condition, the first that holds       | stage    |
    |---------------------------------------|----------|
    | no target, or its clock stands still  | none     |
    | nothing is left of the target         | breached |
    | three quarters of it are used         | due      |
    | else                                  | none     |
    """
    for ticket in tickets:
        standing = sla.status(ticket, policy, now)
        if ticket.state != "open" or standing is None or standing.paused:
            continue
        if standing.remaining_seconds <= 0:
            yield Reminder(ticket, "breached", standing)
        elif standing.elapsed_seconds >= SHARE * standing.target_seconds:
            yield Reminder(ticket, "due", standing)
