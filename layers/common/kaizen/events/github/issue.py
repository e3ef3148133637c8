"""Issues."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.detail import Detail

# No action of GitHub's: the issue as the sweep read it. It is not told by the webhook, so that no delivery can say it.
COMPARED = "compared"
SWEEP = "sweep"  # the sweep's events have it where a delivery has the id of its hook, which is a number


@dataclass(frozen=True, slots=True)
class GithubIssue(Detail):
    """One `issues` delivery: what happened, and the issue as it stood then. Instants are aware UTC.

    `action_label` is the label that was added or removed; `moved_*` name the issue on the other side of a
    transfer (0 when there is none), with `moved_opened_at` its opening and `moved_labels` its labels.
    `installation_id` is the GitHub App's, 0 for a plain webhook. `correlation_id` is the request's that brought it:
    GitHub's repeat of a delivery has another one, the queue's repeat of a message the same.
    """

    DETAIL_TYPE = "github.issues"

    delivery_id: str
    hook_id: str
    received_at: datetime
    action: str
    repository_id: int
    repository: str
    issue_id: int
    number: int
    title: str
    url: str
    state: str
    state_reason: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    author: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    action_label: str
    moved_issue_id: int
    moved_repository_id: int
    moved_opened_at: datetime | None
    moved_labels: tuple[str, ...]
    installation_id: int = 0
    correlation_id: str = ""
