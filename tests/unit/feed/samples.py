"""Events, a policy and requests that the tests of the feed share."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from kaizen.mttr import Window, window
from kaizen.policy import Policy
from kaizen.policy.document import parse
from kaizen.policy.store import DEFAULT_FILE
from kaizen.tickets import FeedItem, FeedKind, State

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
STATES: dict[FeedKind, State] = {
    "opened": "open",
    "closed": "closed",
    "reopened": "open",
    "transferred": "transferred",
    "deleted": "deleted",
}
CONTEXT = SimpleNamespace(
    function_name="feed",
    function_version="1",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:000000000000:function:feed",
    aws_request_id="request",
)


def policy(tokens: Mapping[str, str] | None = None) -> Policy:
    """The layer's default policy, with feed tokens (reader -> SHA-256) if given."""
    default = parse(DEFAULT_FILE.read_text(encoding="utf-8"))
    return replace(default, feed=replace(default.feed, tokens=tokens or {}))


def event(number: int = 1, kind: FeedKind = "opened", **more: Any) -> FeedItem:
    """One ticket event, published `number` minutes after START."""
    at = START + timedelta(minutes=number)
    given: dict[str, Any] = {
        "id": f"700001/{2900001000 + number}/{kind}/{int(at.timestamp())}",
        "kind": kind,
        "title": f"Checkout answers 502, case {number}",
        "url": f"https://github.com/example-org/shop/issues/{number}",
        "repository": "example-org/shop",
        "number": number,
        "component": "api",
        "severity": "sev1",
        "state": STATES[kind],
        "resolution": "completed" if kind == "closed" else "",
        "at": at,
        "published_at": at,
        "due_at": at + timedelta(hours=4) if kind in ("opened", "reopened") else None,
        "mttr_seconds": 3660 if kind == "closed" else None,
    }
    return FeedItem(**given | more)


def windows() -> dict[tuple[str, str], Window]:
    """MTTR of all tickets (one, two and three hours), and of one group without any."""
    return {
        ("*", "*"): window("*", "*", [3600, 7200, 10800], []),
        ("api", "*"): window("api", "*", [3600] * 7, [1800]),
        ("api", "sev1"): window("api", "sev1", [], []),
    }


def request(
    form: str = "atom", query: Mapping[str, str] | None = None, *, verb: str = "GET", **headers: str
) -> dict[str, Any]:
    """An HTTP API event; `if_none_match="..."` is the header If-None-Match."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "version": "2.0",
        "rawPath": f"/feed.{form}",
        "headers": {"host": "feeds.example.org", "x-forwarded-proto": "https"} | given,
        "queryStringParameters": dict(query or {}),
        "requestContext": {"domainName": "feeds.example.org", "requestId": "r1", "http": {"method": verb}},
        "isBase64Encoded": False,
    }
