"""What Prometheus says of a canary, as it travels from the door to the monitor."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.detail import Detail


@dataclass(frozen=True, slots=True)
class CanaryAlert(Detail):
    """An alert that a canary is over its budget; not `firing` once that is over. `deployment` is GitHub's id.

    `began_at` is when it began to fire: the same in the alert and in its end. None from senders that do not say it.
    """

    DETAIL_TYPE = "canary.alert"

    received_at: datetime
    repository: str
    environment: str
    deployment: int
    firing: bool
    began_at: datetime | None = None
