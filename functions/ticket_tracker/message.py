"""A message of the queue as the event that the bus put into it."""

import json
from collections.abc import Mapping
from typing import Any

from kaizen.events.detail import MalformedEventError, correlation_of
from kaizen.events.github import GithubIssue
from kaizen.runtime.log import correlate


def read_event(message: Mapping[str, Any]) -> GithubIssue:
    """The event in a message, whose id is on all log lines from now on. Raises MalformedEventError."""
    correlate(message["messageId"])
    try:
        detail = json.loads(message["body"])["detail"]
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEventError(f"not an event of the bus: {type(error).__name__}") from error
    if not isinstance(detail, dict):
        raise MalformedEventError("the detail is not an object")
    correlate(correlation_of(detail) or message["messageId"])
    return GithubIssue.from_detail(detail)
