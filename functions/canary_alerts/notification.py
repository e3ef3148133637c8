"""A notification of Alertmanager as alerts of canaries. Pure.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kaizen.events.canary import CanaryAlert

MAX_BODY_BYTES = 1024 * 1024
MAX_ALERTS = 500
_LABELS = {
    "repository": re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}"),
    "environment": re.compile(r"[^\x00-\x1f\x7f]{1,255}"),
    "deployment": re.compile(r"[0-9]{1,18}"),
}


class NotificationError(Exception):
    """The request is at fault; `status` and the message go to the caller."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_notification(body: bytes, received_at: datetime) -> list[CanaryAlert]:
    """Its alerts, in their order. Raises NotificationError 400 or 413 naming the first fault."""
    if len(body) > MAX_BODY_BYTES:
        raise NotificationError(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotificationError(400, "the body is not valid JSON") from error
    if not isinstance(content, dict) or content.get("version") != "4":
        raise NotificationError(400, "the body is no notification of Alertmanager, version 4")
    alerts = content.get("alerts")
    if not isinstance(alerts, list) or not 0 < len(alerts) <= MAX_ALERTS:
        raise NotificationError(400, f"alerts is not a list of 1 to {MAX_ALERTS}")
    return [_alert(each, f"alerts.{place}", received_at) for place, each in enumerate(alerts)]


def _alert(alert: Any, place: str, received_at: datetime) -> CanaryAlert:
    if not isinstance(alert, dict) or alert.get("status") not in ("firing", "resolved"):
        raise NotificationError(400, f"{place}.status is neither firing nor resolved")
    labels = alert.get("labels")
    if not isinstance(labels, dict):
        raise NotificationError(400, f"{place}.labels is no object")
    return CanaryAlert(
        received_at=received_at,
        repository=_label(labels, "repository", place),
        environment=_label(labels, "environment", place),
        deployment=int(_label(labels, "deployment", place)),
        firing=alert["status"] == "firing",
        began_at=_began(alert.get("startsAt"), place),
    )


def _began(value: Any, place: str) -> datetime:
    if isinstance(value, str):
        try:
            began = datetime.fromisoformat(value)
            if began.tzinfo is not None:
                return began.astimezone(UTC).replace(microsecond=0)
        except (ValueError, OverflowError):
            pass
    raise NotificationError(400, f"{place}.startsAt is missing or no instant")


def _label(labels: Mapping[str, Any], name: str, place: str) -> str:
    value = labels.get(name)
    if not isinstance(value, str) or not _LABELS[name].fullmatch(value):
        raise NotificationError(400, f"{place}.labels.{name} is missing or not a canary's: route no other alerts here")
    return value
