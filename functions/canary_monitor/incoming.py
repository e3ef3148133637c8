"""What a message of the queue asks for: a deployment's fact from the bus, or an alarm that a schedule sent."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from canary_monitor.alarms import DETAIL_TYPE, Alarm
from canary_monitor.monitor import Monitor
from kaizen.events.detail import MalformedEventError, correlation_of
from kaizen.events.github.deployment import GithubDeployment
from kaizen.runtime.log import correlate

Work = Callable[[Monitor], str]


def read_message(message: Mapping[str, Any]) -> Work:
    """What to do with the monitor; the message's id is on all log lines from now on. Raises MalformedEventError."""
    correlate(message["messageId"])
    try:
        envelope = json.loads(message["body"])
        kind, detail = envelope["detail-type"], envelope["detail"]
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEventError(f"neither an event nor an alarm: {type(error).__name__}") from error
    if not isinstance(detail, dict):
        raise MalformedEventError("the detail is not an object")
    correlate(correlation_of(detail) or message["messageId"])
    if kind == DETAIL_TYPE:
        alarm = _alarm(detail)
        return lambda monitor: monitor.check(alarm)
    if kind == GithubDeployment.DETAIL_TYPE:
        event = GithubDeployment.from_detail(detail)
        return lambda monitor: monitor.take(event)
    raise MalformedEventError(f"{kind!r} is not for the canary monitor")


def _alarm(detail: Mapping[str, Any]) -> Alarm:
    kinds = {"repository_id": int, "environment": str, "task": str, "deployment": int}
    for name, kind in kinds.items():
        if type(detail.get(name)) is not kind:
            raise MalformedEventError(f"{name} is missing or no {kind.__name__}")
    return Alarm(**{name: detail[name] for name in kinds})
