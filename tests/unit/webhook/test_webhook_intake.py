"""The order of the checks, and what becomes of each kind of delivery."""

from dataclasses import replace
from typing import Any

import pytest

from github_webhook.delivery import MAX_BODY_BYTES, RequestError
from github_webhook.intake import Receipt, Request, receive
from tests.unit.webhook.samples import HEADERS, NOW, Bus, json_body, payload

GOOD = Request(
    body=json_body(payload()),
    content_type="application/json",
    signature="anything",
    event="issues",
    delivery_id=HEADERS.delivery_id,
    hook_id=HEADERS.hook_id,
)


def take(request: Request, *, signed: bool = True, bus: Bus | None = None) -> Receipt:
    return receive(request, NOW, lambda body, signature: signed, (bus or Bus()).publish)


def test_an_issue_is_published() -> None:
    bus = Bus()
    assert take(GOOD, bus=bus) == Receipt("accepted", "issues", HEADERS.delivery_id)
    assert [event.delivery_id for event in bus.events] == [HEADERS.delivery_id]


@pytest.mark.parametrize(("event", "label"), [("ping", "ping"), ("issue_comment", "other"), ("no_such_thing", "other")])
def test_other_events_are_ignored(event: str, label: str) -> None:
    bus = Bus()
    assert take(replace(GOOD, event=event), bus=bus) == Receipt("ignored", label, HEADERS.delivery_id, "event")
    assert bus.events == []


def test_an_unknown_action_is_ignored() -> None:
    request = replace(GOOD, body=json_body(payload() | {"action": "exploded"}))
    assert take(request) == Receipt("ignored", "issues", HEADERS.delivery_id, "action")


@pytest.mark.parametrize(
    "change",
    [{}, {"event": ""}, {"body": b"{"}, {"content_type": ""}, {"delivery_id": "\n"}, {"body": b"x" * MAX_BODY_BYTES}],
    ids=lambda change: next(iter(change), "nothing"),
)
def test_nothing_is_read_before_the_signature(change: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        take(replace(GOOD, **change), signed=False)
    assert (caught.value.status, caught.value.reason) == (401, "signature")


def test_nothing_is_verified_that_is_too_large() -> None:
    def refuse(body: bytes, signature: str) -> bool:
        raise AssertionError("a large body costs nobody an HMAC")

    with pytest.raises(RequestError) as caught:
        receive(replace(GOOD, body=b"x" * (MAX_BODY_BYTES + 1)), NOW, refuse, Bus().publish)
    assert caught.value.status == 413


def test_what_the_bus_refuses_is_not_accepted() -> None:
    bus = Bus()
    bus.fault = RuntimeError("the bus is away")
    with pytest.raises(RuntimeError):
        take(GOOD, bus=bus)
