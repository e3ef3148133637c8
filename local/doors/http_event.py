"""API Gateway's payload format 2.0: requests as the events that functions get, their results as responses. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from local.doors.routes import Match

# Bodies of these types reach the function as text, all others (forms, too) as base64.
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it came; `target` is the path with its query string, `headers` are pairs in their order."""

    method: str
    target: str
    protocol: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    client: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def message(status: int, text: str) -> Answer:
    """The gateway's own answers."""
    return Answer(status, [("content-type", "application/json")], json.dumps({"message": text}).encode())


FAILED = message(500, "Internal Server Error")


def event(request: Request, match: Match, request_id: str, now: datetime) -> dict[str, Any]:
    """The event for the function behind the matched route."""
    address = urlsplit(request.target)
    headers = _joined((name.lower(), value) for name, value in request.headers)
    cookies = headers.pop("cookie", "")
    headers |= {"x-forwarded-proto": "http", "x-forwarded-for": request.client}
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": unquote(address.path),
        "rawQueryString": address.query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": headers.get("host", "localhost"),
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": unquote(address.path),
                "protocol": request.protocol,
                "sourceIp": request.client,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": match.route.key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        made["cookies"] = [each.strip() for each in cookies.replace(",", ";").split(";")]
    if query := _joined(parse_qsl(address.query, keep_blank_values=True)):
        made["queryStringParameters"] = query
    if match.parameters:
        made["pathParameters"] = match.parameters
    if request.body:
        made |= _body(request.body, headers.get("content-type", ""))
    return made


def answer(result: Any) -> Answer:
    """A function's result as a response; what is no response becomes the gateway's 500."""
    if not isinstance(result, dict) or "statusCode" not in result:
        # The gateway takes any JSON without a status for the body itself.
        text = result if isinstance(result, str) else json.dumps(result)
        return Answer(200, [("content-type", "application/json")], text.encode())
    try:
        status = int(result["statusCode"])
        headers = [(str(name), str(value)) for name, value in (result.get("headers") or {}).items()]
        headers += [("set-cookie", str(cookie)) for cookie in result.get("cookies") or []]
        content = result.get("body") or ""
        text = content if isinstance(content, str) else json.dumps(content)
        body = base64.b64decode(text, validate=True) if result.get("isBase64Encoded") else text.encode()
    except (TypeError, ValueError, AttributeError, binascii.Error):
        return FAILED
    if not 200 <= status <= 599 or any("\n" in part or "\r" in part for pair in headers for part in pair):
        return FAILED
    return Answer(status, headers, body)


def _joined(pairs: Any) -> dict[str, str]:
    """Repeated names joined by commas."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    if content_type.lower().startswith(_TEXT):
        try:
            return {"body": body.decode("utf-8"), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode("ascii"), "isBase64Encoded": True}
