"""Thousands of hostile requests: never a 5xx, and nothing published that Slack did not sign. Seeded."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote_plus

import pytest

from kaizen.events.slack import SlackInteraction
from kaizen.runtime.log import logger
from kaizen.slack.requests import signature
from slack_interactions import handler
from slack_interactions.interaction import MAX_BODY_BYTES
from tests.unit.interactions.interaction_samples import (
    CONTEXT,
    NOW,
    SECRET,
    STAMP,
    Bus,
    Counts,
    http,
    payload,
    verifier,
)
from tests.unit.webhook.test_webhook_fuzz import HEADER_VALUES, bend_bytes, bend_values

REQUESTS = 6000
ANSWERS = {200, 400, 401, 413, 415}


def hostile(random: Random) -> tuple[dict[str, Any], bool]:
    """A request, and whether its signature is Slack's over exactly the bytes that arrive, in time."""
    content = payload()
    if random.random() < 0.7:
        bend_values(content, random)
    body = b"payload=" + quote_plus(json.dumps(content)).encode()
    if random.random() < 0.2:
        body = bend_bytes(body, random)
    if random.random() < 0.005:
        body += b"x" * MAX_BODY_BYTES
    event, genuine = http(body), True
    if random.random() < 0.25:  # changed on the way
        event["body"], genuine = base64.b64encode(bend_bytes(body, random)).decode(), False
    elif random.random() < 0.2:  # signed by someone else, in another way, or at another time
        old = str(int(STAMP) - random.choice([301, 10**6, -301]))
        stamp, given = random.choice(
            [
                (STAMP, signature(STAMP, body, "forger")),
                (STAMP, signature(STAMP, body, "")),
                (STAMP, signature(STAMP, body, SECRET)[:-1]),
                (STAMP, ""),
                (old, signature(old, body, SECRET)),
                (old, signature(STAMP, body, SECRET)),
                ("", signature("", body, SECRET)),
            ]
        )
        event["headers"] |= {"x-slack-request-timestamp": stamp, "x-slack-signature": given}
        genuine = False
    elif random.random() < 0.1:  # garbage where the gateway promises base64
        event["body"] = random.choice(["a", "====", "\ud800", "é", event["body"][:-1], "\n"])
        genuine = False
    if random.random() < 0.15:
        name = random.choice(list(event["headers"]))
        event["headers"][name] = random.choice(HEADER_VALUES)
        genuine &= name == "content-type"
    event["headers"] = {name: value for name, value in event["headers"].items() if value is not None}
    return event, genuine


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Bus, Counts]]:
    bus, counts, signed = Bus(), Counts(), verifier()
    settings = handler.InteractionSettings("kaizen", "metrics", "current", "previous")
    for name, made in (("publisher", bus), ("verifier", signed), ("_dynamodb", counts), ("settings", settings)):
        monkeypatch.setattr(handler, name, lambda made=made: made)
    monkeypatch.setattr(handler, "utc_now", lambda: NOW)
    level = logger.log_level
    logger.setLevel("CRITICAL")
    yield bus, counts
    logger.setLevel(level)


def test_thousands_of_hostile_requests(door: tuple[Bus, Counts]) -> None:
    bus, counts = door
    random = Random(20_261_120)
    statuses: Counter[tuple[bool, int]] = Counter()
    for number in range(REQUESTS):
        event, genuine = hostile(random)
        before = len(bus.events)
        status = handler.lambda_handler(event, CONTEXT)["statusCode"]
        statuses[genuine, status] += 1
        assert status in ANSWERS, number
        if not genuine:
            assert status != 200, number
            assert len(bus.events) == before, number
    # The fuzz reaches everywhere: each answer is given, forgeries and genuine requests are many.
    assert {status for _, status in statuses} == ANSWERS
    assert sum(count for (genuine, _), count in statuses.items() if not genuine) > 1500
    assert statuses[True, 200] > 1000
    assert statuses[True, 400] > 300
    assert len(counts.results) == REQUESTS
    assert set(counts.results) == {"accepted", "ignored", "rejected"}
    # Whatever was let in can be read behind the bus, and fits it.
    for published in bus.events:
        text = json.dumps(published.detail(), ensure_ascii=False)
        assert len(text.encode()) < 64 * 1024
        assert "hooks.slack.com" not in text
        assert SlackInteraction.from_detail(json.loads(text)) == published
