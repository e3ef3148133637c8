"""Events as queues hand them on: the bus's envelope in a message's body."""

import json
from collections.abc import Mapping
from typing import Any

from kaizen.events.detail import MalformedEventError, correlation_of
from kaizen.runtime.log import correlate


def opened(message: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The event's type and its detail; the id that came with it is on all log lines from now on.

    Raises MalformedEventError, which no retry cures.
    """
    correlate(message["messageId"])
    try:
        envelope = json.loads(message["body"])
        kind, detail = envelope["detail-type"], envelope["detail"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise MalformedEventError(f"not an event of the bus: {type(error).__name__}") from error
    if not isinstance(kind, str) or not isinstance(detail, dict):
        raise MalformedEventError("the detail is not an object")
    correlate(correlation_of(detail) or message["messageId"])
    return kind, detail
