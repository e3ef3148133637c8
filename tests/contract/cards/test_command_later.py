"""Commands that may take longer than Slack waits: taken at once, answered by their `response_url`, lost by no fault."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ConnectionClosedError

from kaizen.slack.client import Webhook
from local.outside.slack.hooks import MOST
from local.outside.slack.service import Slack
from slack_commands import handler, later
from slack_commands.desk import Desk
from slack_commands.request import Command
from tests.contract.outside_door import door
from tests.factories import default_policy
from tests.unit.cards.test_slack_commands import Kept
from tests.unit.cards.test_ticket_cards import TICKET
from tests.unit.interactions.interaction_samples import CONTEXT, NOW, http, verifier


@dataclass
class World:
    """Slack's double behind a real port, a queue in memory, and tables that may fail."""

    slack: Slack
    address: str
    queue: list[str] = field(default_factory=list)
    counted: list[tuple[str, str]] = field(default_factory=list)
    failing: bool = False

    def tickets(self) -> list[Any]:
        if self.failing:
            raise ConnectionClosedError(endpoint_url="https://dynamodb")
        return [TICKET]

    def say(self, text: str, response_url: str = "") -> Any:
        url = response_url or self.address + self.slack.hooks.make("C1ABC", f"/kaizen {text}")
        form = {"command": "/kaizen", "text": text, "channel_id": "C1ABC", "user_id": "U1ABC", "response_url": url}
        return handler.lambda_handler(http(urlencode(form).encode()), CONTEXT)

    def serve(self) -> list[str]:
        """The messages of the queue that failed."""
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(self.queue)]
        answer = handler.lambda_handler({"Records": records}, CONTEXT)
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def shown(self) -> list[str]:
        return [f"{each['text']}" for each in self.slack.workspace.listed()]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    slack, signed = Slack(), verifier()
    with door(slack) as (address, _):
        made = World(slack, address)
        desk = Desk(Kept(), tickets=made.tickets, windows=dict, policy=default_policy, canaries=lambda now: ())
        monkeypatch.setattr(handler, "desk", lambda: desk)
        monkeypatch.setattr(handler, "verifier", lambda: signed)
        monkeypatch.setattr(handler, "utc_now", lambda: NOW)
        monkeypatch.setattr(handler, "count", lambda command, result: made.counted.append((command, result)))
        monkeypatch.setattr(handler, "enqueue", lambda command: made.queue.append(later.written(command)))
        monkeypatch.setattr(
            handler, "respond", lambda command, answer: Webhook(command.response_url, here=True).respond(answer)
        )
        yield made


def test_the_door_answers_at_once_and_the_digest_follows_for_one_person(world: World) -> None:
    world.failing = True  # the door reads no ticket
    answer = world.say("summary")
    assert (answer["statusCode"], answer["body"]) == (200, "")
    world.failing = False
    assert world.serve() == []
    (shown,) = world.slack.workspace.listed()
    assert shown["text"].startswith("Daily Kaizen Ticket Digest")
    assert (shown["ephemeral"], shown["channel"]) == (True, "C1ABC")
    assert world.counted == [("summary", "done")]


def test_what_cannot_be_read_comes_back_alone_and_is_answered_then(world: World) -> None:
    world.say("ticket 12")
    world.queue.append("no command")
    world.failing = True
    assert world.serve() == ["0", "1"]
    world.failing = False
    assert world.serve() == ["1"]
    assert ["Checkout" in each for each in world.shown()] == [True]


@pytest.mark.parametrize("trouble", ["ratelimited", "fatal_error"])
def test_a_pause_or_a_failure_of_slack_is_tried_again(world: World, trouble: str) -> None:
    world.slack.workspace.ask({"next": [trouble]})
    world.say("summary")
    assert world.serve() == ["0"]
    assert world.serve() == []
    assert len(world.shown()) == 1


def test_an_address_that_is_used_up_or_unknown_is_given_up_and_counted(world: World) -> None:
    url = world.address + world.slack.hooks.make("C1ABC", "/kaizen summary")
    for _ in range(MOST + 1):
        world.say("summary", url)
    world.say("summary", f"{world.address}/commands/T0LOCAL/99/none")
    assert world.serve() == []
    assert world.counted == [("summary", "done")] * MOST + [("summary", "failed")] * 2


def test_a_letter_keeps_all_of_a_command() -> None:
    command = Command("C1ABC", "U1ABC", "ticket", "acme/shop#12", "Ticket", "https://hooks.slack.com/commands/T/1/x")
    assert later.read(later.written(command)) == command
    for body in ("", "[]", "null", json.dumps({"channel": "C"}), json.dumps({"verb": "x", "more": 1})):
        with pytest.raises(later.LetterError):
            later.read(body)
