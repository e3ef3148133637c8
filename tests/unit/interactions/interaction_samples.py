"""A press of a button as Slack sends it (its documented shape), signed, and the door's outside world in memory."""

import base64
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from kaizen.events.slack import SlackInteraction
from kaizen.slack.requests import RequestVerifier, signature
from tests.unit.webhook.samples import Clock, Secrets

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
HOOK = "https://hooks.slack.com/actions/T0001/4711/secret"
CONTEXT = SimpleNamespace(
    function_name="interactions",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:000000000000:function:interactions",
    aws_request_id="request",
)


def payload(**changes: Any) -> dict[str, Any]:
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    action = {
        "action_id": "sandbox.keep",
        "block_id": "=qXel",
        "text": {"type": "plain_text", "text": "Keep 4 h", "emoji": True},
        "value": "k1.content.signature",
        "type": "button",
        "action_ts": "1763640000.123456",
    }
    return {
        "type": "block_actions",
        "team": {"id": "T9TK3CUKW", "domain": "example"},
        "user": {"id": "UA8RXUSPL", "username": "kim", "name": "kim", "team_id": "T9TK3CUKW"},
        "api_app_id": "AABA1ABCD",
        "token": "9s8d9as89d8as9d8as989",
        "container": {
            "type": "message_attachment",
            "message_ts": "1763630000.000200",
            "attachment_id": 1,
            "channel_id": "CBR2V3XEX",
            "is_ephemeral": False,
            "is_app_unfurl": False,
        },
        "trigger_id": "12466734323.1395872398",
        "channel": {"id": "CBR2V3XEX", "name": "review-updates"},
        "enterprise": None,
        "is_enterprise_install": False,
        "state": {"values": {}},
        "message": {"bot_id": "BAH5CA16Z", "type": "message", "text": "Would stop", "ts": "1763630000.000200"},
        "response_url": HOOK,
        "actions": [action],
    } | changes


def form(content: Any) -> bytes:
    return urlencode({"payload": json.dumps(content)}).encode()


def http(body: bytes, *, secret: str = SECRET, stamp: str = STAMP, **headers: str | None) -> dict[str, Any]:
    """A signed HTTP API event; `x_slack_signature=None` leaves a header out. Forms come as base64."""
    given: dict[str, str | None] = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signature(stamp, body, secret),
    }
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "version": "2.0",
        "rawPath": "/slack/interaction",
        "headers": {name: value for name, value in given.items() if value is not None},
        "requestContext": {"http": {"method": "POST", "path": "/slack/interaction"}, "requestId": "r1"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def verifier() -> RequestVerifier:
    return RequestVerifier("current", "previous", Secrets(current=SECRET).read, Clock())


class Bus:
    """What was published; raises `fault` instead when there is one."""

    def __init__(self) -> None:
        self.events: list[SlackInteraction] = []
        self.fault: Exception | None = None

    def publish(self, *events: SlackInteraction) -> None:
        if self.fault is not None:
            raise self.fault
        self.events += events


class Counts:
    """The metrics table as far as the door writes it."""

    def __init__(self) -> None:
        self.results: list[str] = []
        self.fault: Exception | None = None

    def update_item(self, **request: Any) -> None:
        if self.fault is not None:
            raise self.fault
        assert request["Key"]["metric"] == {"S": "kaizen_slack_interactions_total"}
        (result,) = json.loads(request["Key"]["series"]["S"].partition("#")[0])
        self.results.append(result)
