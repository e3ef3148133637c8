"""Thousands of hostile requests: never a 5xx, and nothing published that Slack did not sign. Seeded.

Many press the buttons of a card. What the door lets in goes on to the cards: they do nothing that we did not sign.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import quote_plus

import pytest

from kaizen.events.slack import SlackInteraction
from kaizen.runtime.log import logger
from kaizen.slack.requests import signature
from slack_interactions import handler
from slack_interactions.interaction import MAX_BODY_BYTES
from tests.effort import examples
from tests.unit.cards.test_ticket_cards import TICKET, World
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
from ticket_cards.attended import Acknowledged
from ticket_cards.presses import Presses

REQUESTS = examples(5000)
ANSWERS = {200, 400, 401, 413, 415}
CHANNEL = "CBR2V3XEX"  # of the sample
RESULTS = {
    "done", "repeated", "opened", "over", "expired", "another channel", "malformed", "forged", "other action",
    "somebody else",
}  # fmt: skip
VERBS = ("cards.acknowledge", "cards.take_over", "cards.give_back", "cards.snooze", "cards.open")


def card() -> tuple[World, list[tuple[str, str]]]:
    """A ticket with its card, and its buttons with their values: of now, and of weeks ago; somebody is on it."""
    world, values = World(now=NOW - timedelta(days=20)), []
    world.ticket = replace(TICKET, opened_at=NOW - timedelta(days=20))
    world.subscribe(CHANNEL, "severity:sev1")
    for now in (world.now, NOW):
        world.now = now
        world.tell("opened")
        values += [(verb, world.value(CHANNEL, verb)) for verb in ("cards.acknowledge", "cards.snooze")]
    world.on_it = Acknowledged("U0OTHER01", NOW)
    world.tell("changed", "d2")
    values += [(verb, world.value(CHANNEL, verb)) for verb in ("cards.take_over", "cards.give_back")]
    return world, values


def press(content: dict[str, Any], values: list[tuple[str, str]], random: Random) -> None:
    """Let the sample be a press of a card's button: as it is, or of another one, or with a value that is bent."""
    verb, value = random.choice(values)
    action = {
        "action_id": verb,
        "value": value,
        "action_ts": f"17636400{random.randrange(100):02}.1",
    }
    if random.random() < 0.2:
        action["action_id"] = random.choice(VERBS)
    if random.random() < 0.2:
        action["value"] = bend_bytes(value.encode(), random).decode("latin-1")
    content["actions"][0] |= action
    content["user"]["id"] = random.choice(["UA8RXUSPL", "U0OTHER01", "U0THIRD01"])
    if random.random() < 0.1:
        content["channel"]["id"] = "C0ELSE001"


def hostile(random: Random, values: list[tuple[str, str]]) -> tuple[dict[str, Any], bool]:
    """A request, and whether its signature is Slack's over exactly the bytes that arrive, in time."""
    content = payload()
    if random.random() < 0.6:
        press(content, values, random)
    if random.random() < 0.3:
        bend_values(content, random)
    body = b"payload=" + quote_plus(json.dumps(content)).encode()
    if random.random() < 0.2:
        body = bend_bytes(body, random)
    if random.random() < 0.02:
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
    results: Counter[str] = Counter()
    world, values = card()
    for number in range(REQUESTS):
        event, genuine = hostile(random, values)
        before = len(bus.events)
        status = handler.lambda_handler(event, CONTEXT)["statusCode"]
        statuses[genuine, status] += 1
        assert status in ANSWERS, number
        if not genuine:
            assert status != 200, number
            assert len(bus.events) == before, number
        for published in bus.events[before:]:
            if published.feature == "cards":
                results[pressed(world, published, values, random)] += 1
    # The fuzz reaches everywhere: each answer is given, forgeries and genuine requests are many.
    assert {status for _, status in statuses} == ANSWERS
    assert sum(count for (genuine, _), count in statuses.items() if not genuine) > 0.25 * REQUESTS
    assert statuses[True, 200] >= 0.3 * REQUESTS
    assert statuses[True, 400] > 0.02 * REQUESTS
    assert set(results) == RESULTS, results
    assert results["done"] + results["repeated"] > 0.02 * REQUESTS
    assert len(counts.results) == REQUESTS
    assert set(counts.results) == {"accepted", "ignored", "rejected"}
    # Whatever was let in can be read behind the bus, and fits it.
    for published in bus.events:
        text = json.dumps(published.detail(), ensure_ascii=False)
        assert len(text.encode()) < 64 * 1024
        assert "hooks.slack.com" not in text
        assert SlackInteraction.from_detail(json.loads(text)) == published


def pressed(world: World, event: SlackInteraction, values: list[tuple[str, str]], random: Random) -> str:
    """The cards' result, in a world where tickets close and people leave. Messages are checked where they are shown."""
    world.now = NOW
    world.ticket = replace(world.ticket or TICKET, state="open" if random.random() < 0.8 else "closed")
    if random.random() < 0.1:
        world.on_it = world.quiet = None
    before = world.on_it, world.quiet
    genuine = [value for _, value in values]
    result = Presses(world.cards).pressed(event)
    if event.value not in genuine[2:] or event.channel_id != CHANNEL or world.ticket.state != "open":
        assert (world.on_it, world.quiet) == before, event
        assert result not in ("done", "repeated"), event
    if result in ("forged", "malformed"):
        assert event.value not in genuine, event
    return result
