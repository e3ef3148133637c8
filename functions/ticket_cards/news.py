"""What has happened to a ticket, as its cards tell it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.ticket import TicketChanged
from kaizen.slack.blocks import Message
from kaizen.tickets import Issue, Ticket
from ticket_cards import lines
from ticket_cards.attended import last


@dataclass(frozen=True, slots=True)
class News:
    """`line` says it, None where the card says it well enough; `change` names it, and each is told once.

    `once`: where it has been told, the card stays as it is, too. `since`: cards that were posted later do not tell it,
    and subscriptions that were made later do not want it; None where that makes no difference.
    """

    issue: Issue
    kind: str
    line: Message | None
    change: str
    once: bool = False
    since: datetime | None = None

    @property
    def ticket(self) -> Ticket:
        return self.issue.ticket

    def begins(self, wanted: bool) -> bool:
        """Whether it is told of where nothing of the ticket stands yet. What is over, and has only been compared or
        edited, is no news.
        """
        if self.kind in ("renewed", "pressed") or not self.issue.is_ticket:
            return False
        return wanted and not (self.kind == "changed" and self.ticket.state != "open")


def news(event: TicketChanged, issue: Issue) -> News:
    """By the event; by the ticket's log where the event does not say it, as when its delivery was lost."""
    ticket = issue.ticket
    if not issue.is_ticket:
        return News(issue, event.kind, lines.no_ticket(), "no-ticket")
    if event.kind == "labeled":
        line = lines.labeled(ticket, event.label, event.taken_off, event.at)
        return News(issue, "labeled", line, f"labeled/{event.delivery_id}")
    kind = event.kind if event.kind in ("closed", "reopened") else "closed" if ticket.state == "closed" else "reopened"
    at = last(ticket, kind)
    line = lines.closed(ticket, at or event.at) if kind == "closed" else lines.reopened(at or event.at)
    change = f"{kind}/{int(at.timestamp()) if at else event.delivery_id}"
    if event.kind == kind:
        return News(issue, kind, line, change)
    if at is not None and event.kind == "changed":
        return News(issue, "changed", line, change, since=at)
    return News(issue, event.kind, None, f"{event.kind}/{event.delivery_id}")
