"""Requests and responses of the HTTP API (payload format 2.0): the shapes, and nothing else."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

Event = Mapping[str, Any]
Response = dict[str, Any]


class BodyError(Exception):
    """The gateway says the body is base64, and it is not. Permanent: answer 400."""


def raw_body(event: Event) -> bytes:
    """The body as it came over the wire, base64 undone. Raises BodyError."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        # A lone surrogate cannot have come over the wire as UTF-8; keep it from raising here.
        return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BodyError("the body is not valid base64") from error


def header(event: Event, name: str) -> str:
    """One header by its name in any case; empty when missing."""
    headers = event.get("headers") or {}
    wanted = name.lower()
    return next((str(value) for key, value in headers.items() if key.lower() == wanted), "")


def query(event: Event, name: str) -> str:
    """One query parameter; empty when missing. The gateway joins repeated ones with commas."""
    return str((event.get("queryStringParameters") or {}).get(name, ""))


def method(event: Event) -> str:
    return str(((event.get("requestContext") or {}).get("http") or {}).get("method", "")).upper()


def request_id(event: Event) -> str:
    """The gateway's id of the request; empty when missing."""
    return str((event.get("requestContext") or {}).get("requestId") or "")


def reply(status: int, body: str | bytes = "", headers: Mapping[str, str] | None = None) -> Response:
    """A response; bytes travel as base64, as the gateway wants them."""
    response: Response = {"statusCode": status, "headers": dict(headers or {})}
    if isinstance(body, bytes):
        response |= {"body": base64.b64encode(body).decode("ascii"), "isBase64Encoded": True}
    else:
        response |= {"body": body, "isBase64Encoded": False}
    return response


def reply_json(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    given = {"content-type": "application/json", "cache-control": "no-store"} | dict(headers or {})
    return reply(status, json.dumps(content, separators=(",", ":")), given)


def problem(status: int, title: str, detail: str, **extra: Any) -> Response:
    """An RFC 9457 problem that names the fault for the caller and leaks nothing else."""
    content = {"type": "about:blank", "status": status, "title": title, "detail": detail} | extra
    return reply_json(status, content, {"content-type": "application/problem+json"})
