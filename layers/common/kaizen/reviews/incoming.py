"""What a message of the queue says: a pull request's event from the bus. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from kaizen.events.detail import MalformedEventError
from kaizen.events.github.pull_request import GithubPullRequest


def read_message(message: Mapping[str, Any]) -> GithubPullRequest:
    """Raises MalformedEventError, which no retry cures."""
    try:
        envelope = json.loads(message["body"])
        kind, detail = envelope["detail-type"], envelope["detail"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise MalformedEventError(f"no event: {type(error).__name__}") from error
    if kind != GithubPullRequest.DETAIL_TYPE or not isinstance(detail, dict):
        raise MalformedEventError(f"{kind!r} is no pull request's")
    return GithubPullRequest.from_detail(detail)
