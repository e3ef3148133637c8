"""Incidents by their key, and what an event must look like.

https://developer.pagerduty.com/docs/send-alert-event and .../docs/events-api-v2-overview (sizes, statuses)
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MAX_BYTES = 512 * 1024
_ACTIONS = ("trigger", "acknowledge", "resolve")
_SEVERITIES = ("critical", "error", "warning", "info")


@dataclass(slots=True)
class Incident:
    """`log` is what happened to it: (when, action)."""

    key: str
    payload: dict[str, Any]
    links: list[dict[str, Any]]
    status: str = "triggered"
    log: list[tuple[datetime, str]] = field(default_factory=list)


def faults(event: Mapping[str, Any]) -> list[str]:
    """What PagerDuty would not take about an event; nothing for a good one."""
    found = []
    action = event.get("event_action")
    if action not in _ACTIONS:
        found.append("'event_action' must be one of trigger, acknowledge, resolve")
    key = event.get("dedup_key")
    if key is not None and (not isinstance(key, str) or len(key) > 255):
        found.append("'dedup_key' must be a string of at most 255 characters")
    if action in ("acknowledge", "resolve") and not key:
        found.append("'dedup_key' is missing or blank")
    if action == "trigger":
        found += _payload_faults(event.get("payload"))
        links = event.get("links", [])
        if not isinstance(links, list) or any(not isinstance(each, dict) or "href" not in each for each in links):
            found.append("'links' must be a list of objects with 'href'")
    return found


def _payload_faults(payload: Any) -> list[str]:
    if not isinstance(payload, dict):
        return ["'payload' is missing or blank"]
    found = [f"'payload.{name}' is missing or blank" for name in ("summary", "source") if not payload.get(name)]
    if isinstance(payload.get("summary"), str) and len(payload["summary"]) > 1024:
        found.append("'payload.summary' must be at most 1024 characters")
    if payload.get("severity") not in _SEVERITIES:
        found.append("'payload.severity' must be one of critical, error, warning, info")
    if "timestamp" in payload:
        try:
            datetime.fromisoformat(str(payload["timestamp"]))
        except ValueError:
            found.append("'payload.timestamp' is not ISO 8601")
    return found


class Incidents:
    """One integration. `routing_key` is its key; `troubles` are statuses that the next events get instead."""

    def __init__(self, routing_key: str) -> None:
        self.routing_key = routing_key
        self.troubles: list[int] = []
        self.refused: list[str] = []
        self._incidents: dict[str, Incident] = {}
        self._lock = threading.Lock()

    def take(self, event: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer."""
        with self._lock:
            if self.troubles:
                return self.troubles.pop(0), {"status": "error", "message": "asked for by a test"}
            found = faults(event)
            if event.get("routing_key") != self.routing_key:
                found.insert(0, "'routing_key' is invalid")
            if found:
                self.refused.append("; ".join(found))
                return 400, {"status": "invalid event", "message": "Event object is invalid", "errors": found}
            key = str(event.get("dedup_key") or f"generated-{len(self._incidents)}")
            self._apply(key, event)
            return 202, {"status": "success", "message": "Event processed", "dedup_key": key}

    def listed(self) -> list[Incident]:
        """Newest first; those that are resolved too."""
        with self._lock:
            return sorted(self._incidents.values(), key=lambda each: each.log[-1][0], reverse=True)

    def _apply(self, key: str, event: Mapping[str, Any]) -> None:
        now, action = datetime.now(UTC), str(event["event_action"])
        known = self._incidents.get(key)
        if action == "trigger":
            if known is None or known.status == "resolved":
                known = Incident(key, dict(event["payload"]), list(event.get("links", [])))
                self._incidents[key] = known
            known.payload, known.links = dict(event["payload"]), list(event.get("links", []))
        elif known is None or known.status == "resolved":
            return  # accepted, and without effect
        else:
            known.status = "resolved" if action == "resolve" else "acknowledged"
        known.log.append((now, action))
