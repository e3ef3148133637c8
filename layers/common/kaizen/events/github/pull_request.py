"""Pull requests."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.detail import Detail


@dataclass(frozen=True, slots=True)
class GithubPullRequest(Detail):
    """One `pull_request` delivery: what happened, and the pull request as it stood then. Instants are aware UTC.

    `head_repository` is empty when the head's repository is gone. `fork`: the head is not in the base's repository,
    so that its author need not be trusted.
    """

    DETAIL_TYPE = "github.pull_request"

    delivery_id: str
    hook_id: str
    received_at: datetime
    repository_id: int
    repository: str
    action: str
    pull_request_id: int
    number: int
    title: str
    url: str
    author: str
    state: str
    draft: bool
    merged: bool
    base_ref: str
    base_sha: str
    base_repository: str
    head_ref: str
    head_sha: str
    head_repository: str
    fork: bool
    labels: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    installation_id: int = 0
