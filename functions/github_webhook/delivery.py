"""A webhook request as a delivery: what the headers say, and the payload behind the content type. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

# GitHub sends up to 25 MB, an issue's payload some 20 kB. Lambda takes 6 MB with the body in base64, a third longer:
# what is a little too large is refused here and counted, what is more by the gateway.
MAX_BODY_BYTES = 4 * 1024 * 1024
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}")


class RequestError(Exception):
    """The request is at fault; `status` and the message go to the caller."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers that name a delivery."""

    event: str
    delivery_id: str
    hook_id: str


def read_headers(event: str, delivery_id: str, hook_id: str) -> Headers:
    """Checked headers; a hook id may be missing (some proxies drop it). Raises RequestError 400."""
    if not _EVENT.fullmatch(event):
        raise RequestError(400, "headers", "the header X-GitHub-Event is missing or malformed")
    if not _ID.fullmatch(delivery_id):
        raise RequestError(400, "headers", "the header X-GitHub-Delivery is missing or malformed")
    if hook_id and not _ID.fullmatch(hook_id):
        raise RequestError(400, "headers", "the header X-GitHub-Hook-ID is malformed")
    return Headers(event, delivery_id, hook_id)


def read_payload(body: bytes, content_type: str) -> Mapping[str, Any]:
    """The JSON object of a JSON or form body. Raises RequestError 400 or 415."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        text: str | bytes = _form_payload(body)
    elif kind == "application/json":
        text = body
    else:
        raise RequestError(415, "content_type", "send application/json or application/x-www-form-urlencoded")
    try:
        payload = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and huge integers are ValueErrors
        raise RequestError(400, "json", "the payload is not valid JSON") from error
    if not isinstance(payload, dict):
        raise RequestError(400, "json", "the payload is not a JSON object")
    return payload


def _form_payload(body: bytes) -> str:
    try:
        fields = parse_qs(body.decode("utf-8"), strict_parsing=True, max_num_fields=10)
    except ValueError as error:
        raise RequestError(400, "form", "the form body cannot be read") from error
    values = fields.get("payload", [])
    if len(values) != 1:
        raise RequestError(400, "form", "the form body has no single field named payload")
    return values[0]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
