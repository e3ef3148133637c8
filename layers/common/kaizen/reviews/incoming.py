"""What a message of the queue says: a pull request's event from the bus."""

from collections.abc import Mapping
from typing import Any

from kaizen.events.detail import MalformedEventError
from kaizen.events.github.pull_request import GithubPullRequest
from kaizen.events.messages import opened


def read_message(message: Mapping[str, Any]) -> GithubPullRequest:
    """Raises MalformedEventError, which no retry cures."""
    kind, detail = opened(message)
    if kind != GithubPullRequest.DETAIL_TYPE:
        raise MalformedEventError(f"{kind!r} is no pull request's")
    return GithubPullRequest.from_detail(detail)
