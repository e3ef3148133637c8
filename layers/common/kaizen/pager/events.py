"""Events v2 of PagerDuty as data: what triggers an incident and what resolves it. Pure.

https://developer.pagerduty.com/docs/send-alert-event
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from kaizen.times import format_instant

MAX_KEY, MAX_SUMMARY, MAX_BYTES = 255, 1024, 512 * 1024
Severity = Literal["critical", "error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Link:
    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Incident:
    """What somebody is to act on. `key` makes all reports of one matter one incident."""

    key: str
    summary: str
    source: str
    severity: Severity
    at: datetime
    component: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[Link, ...] = ()


def trigger(incident: Incident, routing_key: str) -> dict[str, Any]:
    """The event that opens an incident, or repeats it. Raises ValueError for a key that PagerDuty would refuse."""
    _checked(incident.key)
    payload = {
        "summary": incident.summary[:MAX_SUMMARY],
        "source": incident.source,
        "severity": incident.severity,
        "timestamp": format_instant(incident.at),
        "custom_details": dict(incident.details),
    } | ({"component": incident.component} if incident.component else {})
    return {
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": incident.key,
        "payload": payload,
        "links": [{"href": each.href, "text": each.text} for each in incident.links],
        "client": "Kaizen Loop",
    }


def resolve(key: str, routing_key: str) -> dict[str, Any]:
    """The event that resolves the incident of a key; without one, it does nothing. Raises ValueError."""
    return {"routing_key": routing_key, "event_action": "resolve", "dedup_key": _checked(key)}


def _checked(key: str) -> str:
    if not 0 < len(key) <= MAX_KEY:
        raise ValueError(f"a key has 1 to {MAX_KEY} characters, not {len(key)}")
    return key
