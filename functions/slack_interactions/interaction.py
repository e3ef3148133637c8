"""A request from Slack as interactions: the form, the payload in it, the facts in that. Pure.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from kaizen.events.slack import SlackInteraction

MAX_BODY_BYTES = 1024 * 1024  # a payload holds the whole message, some 10 kB; never near this
MAX_ACTIONS = 10  # that the bus takes at once; Slack sends one
_FORM = "application/x-www-form-urlencoded"
_ACTION = re.compile(r"([a-z][a-z0-9_]{0,63})\.[a-z][a-z0-9_.-]{0,190}")
_VALUE, _NAME, _ID = 2000, 100, 200  # characters


class RequestError(Exception):
    """The request is at fault; `status` and the message go to the caller."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


def read_payload(body: bytes, content_type: str) -> Mapping[str, Any]:
    """The JSON object in the form field `payload`. Raises RequestError 400 or 415."""
    if content_type.partition(";")[0].strip().lower() != _FORM:
        raise RequestError(415, "content_type", f"send {_FORM}")
    try:
        values = parse_qs(body.decode("utf-8"), strict_parsing=True, max_num_fields=10).get("payload", [])
    except ValueError as error:
        raise RequestError(400, "form", "the form body cannot be read") from error
    if len(values) != 1:
        raise RequestError(400, "form", "the form body has no single field named payload")
    try:
        payload = json.loads(values[0])
    except (ValueError, RecursionError) as error:
        raise RequestError(400, "json", "the payload is not valid JSON") from error
    if not isinstance(payload, dict):
        raise RequestError(400, "json", "the payload is not a JSON object")
    return payload


def interactions(payload: Mapping[str, Any], received_at: datetime) -> list[SlackInteraction]:
    """The presses of our own buttons; none for other kinds of payload, and for buttons that only lead somewhere.

    Raises RequestError 400 naming the first field that is missing or of the wrong type.
    """
    if _text(payload, "type") != "block_actions":
        return []
    actions = payload.get("actions")
    if not isinstance(actions, list) or not 0 < len(actions) <= MAX_ACTIONS:
        raise _fault("actions", f"a list of 1 to {MAX_ACTIONS}")
    found = []
    for action in actions:
        if not isinstance(action, dict):
            raise _fault("actions", "a list of objects")
        ours = _ACTION.fullmatch(_text(action, "actions.action_id"))
        if ours:
            found.append(_interaction(payload, action, ours[1], received_at))
    return found


def _interaction(
    payload: Mapping[str, Any], action: Mapping[str, Any], feature: str, received_at: datetime
) -> SlackInteraction:
    user, message = _object(payload, "user"), _object(payload, "message")
    container = _object(payload, "container")
    user_id = _text(user, "user.id")
    if not user_id:
        raise _fault("user.id", "text")
    return SlackInteraction(
        received_at=received_at,
        feature=feature,
        action_id=_text(action, "actions.action_id"),
        user_id=user_id,
        value=_value(action),
        user_name=(_optional(user, "user.username") or _optional(user, "user.name"))[:_NAME],
        team_id=_optional(_object(payload, "team"), "team.id"),
        channel_id=_optional(_object(payload, "channel"), "channel.id") or _optional(container, "container.channel_id"),
        message_ts=_optional(message, "message.ts") or _optional(container, "container.message_ts"),
        thread_ts=_optional(message, "message.thread_ts") or _optional(container, "container.thread_ts"),
        action_ts=_optional(action, "actions.action_ts"),
        trigger_id=_optional(payload, "trigger_id"),
    )


def _value(action: Mapping[str, Any]) -> str:
    """A button's value, or that of the option which was chosen. A cut value would be another: too long is a fault."""
    option = _object(action, "actions.selected_option")
    value = _optional(action, "actions.value", _VALUE + 1) or _optional(option, "selected_option.value", _VALUE + 1)
    if len(value) > _VALUE:
        raise _fault("actions.value", f"at most {_VALUE} characters")
    return value


def _fault(path: str, wanted: str) -> RequestError:
    return RequestError(400, "payload", f"the payload's {path} is not {wanted}")


def _leaf(path: str) -> str:
    return path.rpartition(".")[2]


def _object(parent: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """Empty where there is none: a view has no message, a direct call no team."""
    value = parent.get(_leaf(path))
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _fault(path, "an object")
    return value


def _text(parent: Mapping[str, Any], path: str, limit: int = _ID) -> str:
    value = parent.get(_leaf(path))
    if not isinstance(value, str):
        raise _fault(path, "text")
    # Without lone surrogates and NUL, which no store and no later encoder takes.
    return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")[:limit]


def _optional(parent: Mapping[str, Any], path: str, limit: int = _ID) -> str:
    return "" if parent.get(_leaf(path)) is None else _text(parent, path, limit)
