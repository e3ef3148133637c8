"""`deployment` and `deployment_status` payloads slimmed to one kind of event. Pure; only what is used is validated."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from github_webhook import fields
from github_webhook.delivery import Headers
from kaizen.events.github.deployment import GithubDeployment

ACTIONS = frozenset({"created"})
MAX_PAYLOAD_BYTES = 4096  # as JSON; people put what they like into it
_DEEPEST = 16
_NOTHING: Mapping[str, Any] = {}


def slim_deployment(headers: Headers, payload: Mapping[str, Any], received_at: datetime) -> GithubDeployment | None:
    """None for an action that nobody uses. Raises RequestError 400 naming the first field at fault."""
    return _slim(headers, payload, received_at, _NOTHING) if fields.text(payload, "action") in ACTIONS else None


def slim_status(headers: Headers, payload: Mapping[str, Any], received_at: datetime) -> GithubDeployment | None:
    """None for an action that nobody uses. Raises RequestError 400 naming the first field at fault."""
    if fields.text(payload, "action") not in ACTIONS:
        return None
    return _slim(headers, payload, received_at, fields.inner(payload, "deployment_status"))


def _slim(
    headers: Headers, payload: Mapping[str, Any], received_at: datetime, status: Mapping[str, Any]
) -> GithubDeployment:
    deployment = fields.inner(payload, "deployment")
    environment = fields.text(deployment, "deployment.environment")
    return GithubDeployment(
        **fields.origin(headers, payload, received_at),
        action=fields.text(payload, "action"),
        state=fields.text(status, "deployment_status.state") if status else "",
        status_id=fields.number(status, "deployment_status.id") if status else 0,
        status_at=fields.instant(status, "deployment_status.created_at") if status else None,
        deployment_id=fields.number(deployment, "deployment.id"),
        environment=fields.optional_text(status, "deployment_status.environment") or environment,
        original_environment=fields.optional_text(deployment, "deployment.original_environment") or environment,
        task=fields.text(deployment, "deployment.task"),
        ref=fields.text(deployment, "deployment.ref", fields.MAX_REF),
        sha=fields.text(deployment, "deployment.sha", fields.MAX_SHA),
        payload=bounded(deployment.get("payload")),
        description=fields.optional_text(status or deployment, "deployment.description", fields.MAX_TITLE),
        log_url=fields.given_url(status, "deployment_status.log_url", "deployment_status.target_url"),
        creator=fields.login(deployment.get("creator")),  # a status is of whoever approved or reported it
        production=fields.flag(deployment, "deployment.production_environment"),
        transient=fields.flag(deployment, "deployment.transient_environment"),
        created_at=fields.instant(deployment, "deployment.created_at"),
        updated_at=fields.instant(deployment, "deployment.updated_at"),
    )


def bounded(given: Any) -> dict[str, Any]:
    """A deployment's own payload if it is a JSON object, or the text of one, and small enough; else empty."""
    try:
        content = json.loads(given) if isinstance(given, str) else given
        plain = _cleaned(content, _DEEPEST)
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):  # no JSON, too deep, or a number that is none
        return {}
    return plain if isinstance(plain, dict) and len(text.encode()) <= MAX_PAYLOAD_BYTES else {}


def _cleaned(value: Any, deepest: int) -> Any:
    if deepest == 0:
        raise ValueError("too deep")
    if isinstance(value, str):
        return fields.clean(value)
    if isinstance(value, dict):
        return {fields.clean(key): _cleaned(each, deepest - 1) for key, each in value.items()}
    return [_cleaned(each, deepest - 1) for each in value] if isinstance(value, list) else value
