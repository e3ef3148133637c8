"""A `label` payload slimmed to the label's name now and before. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from github_webhook import fields
from github_webhook.delivery import Headers
from kaizen.events.github.label import GithubLabel

ACTIONS = frozenset({"created", "edited", "deleted"})


def slim(headers: Headers, payload: Mapping[str, Any], received_at: datetime) -> GithubLabel | None:
    """None for an action that nobody uses. Raises RequestError 400 naming the first field at fault."""
    action = fields.text(payload, "action")
    if action not in ACTIONS:
        return None
    label = fields.inner(payload, "label")
    return GithubLabel(
        **fields.origin(headers, payload, received_at),
        action=action,
        label_id=fields.number(label, "label.id"),
        name=fields.text(label, "label.name", fields.MAX_LABEL),
        old_name=_before(payload),
    )


def _before(payload: Mapping[str, Any]) -> str:
    changes = payload.get("changes")
    if not isinstance(changes, dict) or changes.get("name") is None:  # the colour or the description was edited
        return ""
    return fields.text(fields.inner(changes, "changes.name"), "changes.name.from", fields.MAX_LABEL)
