"""What the bus is told of an applied delivery. Pure."""

from kaizen.events.github import GithubIssue
from kaizen.events.ticket import TicketChanged

_KINDS = {"opened": "opened", "closed": "closed", "reopened": "reopened", "labeled": "labeled", "unlabeled": "labeled"}


def changed(event: GithubIssue) -> TicketChanged:
    """Told for repeats as well: the first time may have been lost after the ticket was written."""
    return TicketChanged(
        issue_id=event.issue_id,
        delivery_id=event.delivery_id,
        kind=_KINDS.get(event.action, "changed"),
        at=event.updated_at,
        received_at=event.received_at,
        label=event.action_label,
        taken_off=event.action == "unlabeled",
    )
