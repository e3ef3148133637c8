"""How a deployment stands: its latest statuses, newest first; and which one was the last to succeed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kaizen.github import reading
from kaizen.github.client import Github, repository_path

_LOOKED_AT = 20  # deployments: a request each


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """`state` is GitHub's word: error, failure, inactive, in_progress, queued, pending, success."""

    status_id: int
    state: str
    created_at: datetime
    environment: str
    log_url: str


def latest_statuses(github: Github, repository: str, deployment_id: int) -> tuple[DeploymentStatus, ...]:
    """Up to 100 statuses by one request, newest first. Raises GithubError."""
    root = f"{repository_path(repository)}/deployments/{deployment_id}/statuses"
    read = [_status(each) for each in reading.items(github.get(root, per_page=100))]
    return tuple(sorted(read, key=lambda each: (each.created_at, each.status_id), reverse=True))


def newest_successful(github: Github, repository: str, environment: str = "") -> str:
    """The commit of the newest deployment that succeeded, in this environment where it is given; empty for none among
    the newest. One that a newer one has made inactive succeeded once. Raises GithubError.
    """
    query = {"environment": environment} if environment else {}
    listed = reading.items(github.get(f"{repository_path(repository)}/deployments", per_page=_LOOKED_AT, **query))
    newest = sorted(listed, key=lambda each: (reading.instant(each, "created_at"), reading.number(each, "id")))
    for each in reversed(newest):
        if any(status.state == "success" for status in latest_statuses(github, repository, reading.number(each, "id"))):
            return reading.text(each, "sha")
    return ""


def _status(given: Any) -> DeploymentStatus:
    return DeploymentStatus(
        status_id=reading.number(given, "id"),
        state=reading.text(given, "state"),
        created_at=reading.instant(given, "created_at"),
        environment=reading.optional_text(given, "environment"),
        log_url=reading.optional_text(given, "log_url"),
    )
