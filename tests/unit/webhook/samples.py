"""Deliveries as GitHub sends them, signed, and the door's outside world in memory."""

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from github_webhook.delivery import Headers
from github_webhook.kinds import Event
from github_webhook.verification import Verifier
from kaizen.github.signatures import signature
from kaizen.runtime.clients import Limits
from kaizen.runtime.secrets import SecretMissingError

ROOT = Path(__file__).parents[3]
SECRET = "It's a Secret to Everybody"
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
HEADERS = Headers("issues", "d87a132e-17ad-5294-a6b7-42cf85b65306", "480001")
CONTEXT = SimpleNamespace(
    function_name="webhook",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:000000000000:function:webhook",
    aws_request_id="request",
)


@cache
def _text(name: str) -> str:
    (path,) = (ROOT / "events" / "deliveries").glob(f"*{name}.json")
    return path.read_text(encoding="utf-8")


def payload(name: str = "01-checkout-502-opened") -> dict[str, Any]:
    """A sample delivery's payload, new each time."""
    content: dict[str, Any] = json.loads(_text(name))["payload"]
    return content


def of_kind(kind: str) -> dict[str, Any]:
    """The payload of a delivery that is no issue's, new each time."""
    content: dict[str, Any] = json.loads((Path(__file__).parent / "payloads" / f"{kind}.json").read_text("utf-8"))
    return content


def names() -> list[str]:
    return sorted(path.stem for path in (ROOT / "events" / "deliveries").glob("*.json"))


def http(body: bytes, *, base64_encoded: bool = False, secret: str = SECRET, **headers: str | None) -> dict[str, Any]:
    """A signed HTTP API event; `x_github_event=None` leaves a header out."""
    given: dict[str, str | None] = {
        "content-type": "application/json",
        "x-github-event": HEADERS.event,
        "x-github-delivery": HEADERS.delivery_id,
        "x-github-hook-id": HEADERS.hook_id,
        "x-hub-signature-256": signature(body, secret),
    }
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "version": "2.0",
        "rawPath": "/github/webhook",
        "headers": {name: value for name, value in given.items() if value is not None},
        "requestContext": {"http": {"method": "POST", "path": "/github/webhook"}, "requestId": "r1"},
        "body": base64.b64encode(body).decode() if base64_encoded else body.decode("utf-8", "surrogateescape"),
        "isBase64Encoded": base64_encoded,
    }


def json_body(content: Any) -> bytes:
    return json.dumps(content).encode()


def form_body(content: Any) -> bytes:
    return urlencode({"payload": json.dumps(content)}).encode()


class Secrets:
    """kaizen.runtime.secrets.secret in memory: a cache of values and the store behind it, which counts its readings."""

    def __init__(self, **stored: str) -> None:
        self.stored = stored
        self.cached = dict(stored)
        self.readings = 0

    def read(self, parameter: str, *, fresh: bool = False) -> str:
        if fresh or parameter not in self.cached:
            self.readings += 1
            if parameter not in self.stored:
                self.cached.pop(parameter, None)
                raise SecretMissingError(f"there is no secret parameter {parameter}")
            self.cached[parameter] = self.stored[parameter]
        return self.cached[parameter]


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def verifier(secrets: Secrets | None = None, clock: Clock | None = None) -> Verifier:
    return Verifier("current", "previous", (secrets or Secrets(current=SECRET)).read, clock or Clock())


class Bus:
    """What was published; raises `fault` instead when there is one."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.fault: Exception | None = None

    def publish(self, event: Event) -> None:
        if self.fault is not None:
            raise self.fault
        self.events.append(event)


class Counts:
    """The metrics table as far as the webhook writes it."""

    def __init__(self) -> None:
        self.series: list[list[str]] = []
        self.fault: Exception | None = None
        self.limits: list[Limits] = []

    def with_limits(self, limits: Limits) -> "Counts":
        self.limits.append(limits)
        return self

    def update_item(self, **request: Any) -> None:
        if self.fault is not None:
            raise self.fault
        assert request["Key"]["metric"] == {"S": "kaizen_webhook_deliveries_total"}
        self.series.append(json.loads(request["Key"]["series"]["S"].partition("#")[0]))


def flips(content: bytes) -> Iterable[bytes]:
    """The content with each of its bits flipped alone."""
    for place in range(len(content)):
        for bit in range(8):
            yield content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]
