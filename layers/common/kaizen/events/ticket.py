"""What has happened to a ticket, for whoever shows it."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.detail import Detail

SOURCE = "kaizen.tickets"


@dataclass(frozen=True, slots=True)
class TicketChanged(Detail):
    """A delivery was applied to a ticket: read it to see how it stands. `kind` is `opened`, `closed`, `reopened`,
    `labeled` (put on, or `taken_off`; then `label` names it) or `changed`; `at` is when it happened on GitHub.

    The same delivery may be told of more than once, and in another order than it happened.
    """

    DETAIL_TYPE = "TicketChanged"

    issue_id: int
    delivery_id: str
    kind: str
    at: datetime
    received_at: datetime
    label: str = ""
    taken_off: bool = False
