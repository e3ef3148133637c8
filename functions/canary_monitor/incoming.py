"""What a message of the queue asks for: a fact or a press from the bus, an alarm of a schedule or of Prometheus."""

from collections.abc import Callable, Mapping
from typing import Any

from canary_monitor.alarms import DETAIL_TYPE, Alarm
from canary_monitor.monitor import Monitor
from kaizen.events.canary import CanaryAlert
from kaizen.events.detail import MalformedEventError
from kaizen.events.github.deployment import GithubDeployment
from kaizen.events.messages import opened
from kaizen.events.slack import SlackInteraction

Work = Callable[[Monitor], str]  # what came of it, in a few words


def read_message(message: Mapping[str, Any]) -> tuple[str, Work]:
    """The message's kind, and what to do with the monitor. Raises MalformedEventError.

    The message's id is on all log lines from now on.
    """
    kind, detail = opened(message)
    if kind == DETAIL_TYPE:
        alarm = _alarm(detail)
        return kind, lambda monitor: monitor.check(alarm)
    if kind == GithubDeployment.DETAIL_TYPE:
        event = GithubDeployment.from_detail(detail)
        return kind, lambda monitor: monitor.take(event)
    if kind == CanaryAlert.DETAIL_TYPE:
        alert = CanaryAlert.from_detail(detail)
        return kind, lambda monitor: monitor.alerted(alert)
    if kind == SlackInteraction.DETAIL_TYPE:
        press = SlackInteraction.from_detail(detail)
        return kind, lambda monitor: monitor.pressed(press)
    raise MalformedEventError(f"{kind!r} is not for the canary monitor")


def _alarm(detail: Mapping[str, Any]) -> Alarm:
    kinds = {"repository_id": int, "environment": str, "task": str, "deployment": int}
    for name, kind in kinds.items():
        if type(detail.get(name)) is not kind:
            raise MalformedEventError(f"{name} is missing or no {kind.__name__}")
    return Alarm(**{name: detail[name] for name in kinds})
