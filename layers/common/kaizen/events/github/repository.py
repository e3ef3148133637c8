"""Repositories."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.detail import Detail


@dataclass(frozen=True, slots=True)
class GithubRepository(Detail):
    """One `repository` delivery. `old_repository` is the full name before, empty where it did not change."""

    DETAIL_TYPE = "github.repository"

    delivery_id: str
    hook_id: str
    received_at: datetime
    repository_id: int
    repository: str
    action: str
    old_repository: str
    default_branch: str
    archived: bool
    installation_id: int = 0
