"""Pushes."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.detail import Detail


@dataclass(frozen=True, slots=True)
class GithubPush(Detail):
    """One `push` delivery. Instants are aware UTC.

    `before` and `after` are commits, forty zeros where there is none. `changed_paths` were added, modified or removed
    by the commits that the delivery lists; unless `paths_complete`, there may be more: ask GitHub to compare.
    """

    DETAIL_TYPE = "github.push"

    delivery_id: str
    hook_id: str
    received_at: datetime
    repository_id: int
    repository: str
    ref: str
    before: str
    after: str
    default_branch: str
    created: bool
    deleted: bool
    forced: bool
    pusher: str
    changed_paths: tuple[str, ...]
    paths_complete: bool
    installation_id: int = 0
