"""What a message of the queue asks for: a deployment's fact from the bus, or an alarm that a schedule sent."""

from collections.abc import Callable, Mapping
from typing import Any

from canary_monitor.alarms import DETAIL_TYPE, Alarm
from canary_monitor.monitor import Monitor
from kaizen.events.detail import MalformedEventError
from kaizen.events.github.deployment import GithubDeployment
from kaizen.events.messages import opened

Work = Callable[[Monitor], str]


def read_message(message: Mapping[str, Any]) -> Work:
    """What to do with the monitor; the message's id is on all log lines from now on. Raises MalformedEventError."""
    kind, detail = opened(message)
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
