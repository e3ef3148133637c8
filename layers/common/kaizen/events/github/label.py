"""Labels."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.detail import Detail


@dataclass(frozen=True, slots=True)
class GithubLabel(Detail):
    """One `label` delivery. `old_name` is the name before, empty where it did not change."""

    DETAIL_TYPE = "github.label"

    delivery_id: str
    hook_id: str
    received_at: datetime
    repository_id: int
    repository: str
    action: str
    label_id: int
    name: str
    old_name: str
    installation_id: int = 0
