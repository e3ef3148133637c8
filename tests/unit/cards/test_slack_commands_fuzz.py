"""Thousands of commands at the door: never a 5xx, nothing done that Slack did not sign. Seeded."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest

from kaizen.runtime.log import logger
from kaizen.slack.requests import signature
from kaizen.tickets import Ticket
from local.outside.slack.rules import refusal
from slack_commands import handler, later
from slack_commands.desk import Desk
from slack_commands.request import Command
from tests import block_kit
from tests.effort import examples
from tests.factories import default_policy
from tests.unit.cards.test_slack_commands import RESPONSE_URL, Kept
from tests.unit.cards.test_ticket_cards import TICKET
from tests.unit.interactions.interaction_samples import CONTEXT, NOW, SECRET, STAMP, verifier
from tests.unit.webhook.test_webhook_fuzz import bend_bytes

REQUESTS = examples(5000)
_FIELDS = ("severity:sev1", "component:api", 'label:"needs help"', "repo:acme/*", "event:breached", "not label:docs")
_BENT = ("and", "or", "not", "(", ")", '"', "severity:", "sev:1", "event:never", "`", "<!channel>", "\u202e", "&amp;",
         "*" * 40, "a" * 600, "", " ", "\n", "“api”", "label:\x00")  # fmt: skip
_DIGESTS = ("09:00", "23:59 Europe/Berlin weekdays", "7:05 UTC mon-wed,sun", "25:00", "09:00 Nowhere/City", "daily", "")
_TICKETS = ("12", "#12", "acme/shop#12", "<https://github.com/acme/shop/issues/12>", "99", "acme/shop#", "-1", "💥")


def text(random: Random) -> str:
    verb = random.choice(
        ["subscribe", "unsubscribe", "list", "summary", "ticket", "help", "", "Subscribe", "drop", "💥"]
    )
    match verb.lower():
        case "subscribe":
            words = random.choices(_FIELDS, k=random.randint(1, 12))
            rest = random.choice([" and ", " or "]).join(words)
            if random.random() < 0.3:
                rest += f" digest {random.choice(_DIGESTS)}"
        case "ticket":
            rest = random.choice(_TICKETS)
        case _:
            rest = random.choice(["", "000000", "x"])
    if random.random() < 0.4:
        words = rest.split(" ")
        words.insert(random.randint(0, len(words)), random.choice(_BENT))
        rest = " ".join(words)
    return f"{verb} {rest}".strip()


def request(random: Random) -> tuple[dict[str, Any], bool]:
    """A request, and whether Slack signed exactly these bytes in time."""
    form = {"command": "/kaizen", "text": text(random), "channel_id": "C1ABC", "user_id": "U1ABC"}
    form["response_url"] = RESPONSE_URL
    if random.random() < 0.1:
        form[random.choice(["channel_id", "user_id", "text"])] = random.choice(["", "c1", "C" * 99, "<@U1>", "\ud800"])
    body = urlencode(form, errors="surrogatepass").encode()
    if random.random() < 0.05:
        body = bend_bytes(body, random)
    if random.random() < 0.01:
        body += b"x" * 70_000
    stamp, given, genuine = STAMP, signature(STAMP, body, SECRET), True
    if random.random() < 0.3:
        old, genuine = str(int(STAMP) - random.choice([301, 10**6, -301])), False
        stamp, given = random.choice(
            [(STAMP, signature(STAMP, body, "forger")), (STAMP, ""), (old, signature(old, body, SECRET)), ("", given)]
        )
    sent = base64.b64encode(body).decode()
    if random.random() < 0.05:
        sent, genuine = base64.b64encode(body[1:] + b"&").decode(), False
    kind = "application/x-www-form-urlencoded" if random.random() < 0.97 else "application/json"
    headers = {"content-type": kind, "x-slack-request-timestamp": stamp, "x-slack-signature": given}
    return {"headers": headers, "body": sent, "isBase64Encoded": True, "requestContext": {"requestId": "r"}}, genuine


@dataclass
class Waiting:
    """The queue of commands that wait, and what they were answered with."""

    letters: list[Command] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    def respond(self, command: Command, answer: Any) -> None:
        self.answers.append(answer)

    def served(self) -> Any:
        """What the one that waits is answered with."""
        body = later.written(self.letters.pop())
        failed = handler.lambda_handler({"Records": [{"messageId": "m", "body": body}]}, CONTEXT)
        assert failed == {"batchItemFailures": []}, body
        return self.answers.pop()


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    made = Waiting()
    monkeypatch.setattr(handler, "enqueue", made.letters.append)
    monkeypatch.setattr(handler, "respond", made.respond)
    return made


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    made, signed = Kept(), verifier()

    def tickets() -> list[Ticket]:
        return [TICKET]

    desk = Desk(made, tickets=tickets, windows=dict, policy=default_policy, canaries=lambda now: ())
    monkeypatch.setattr(handler, "desk", lambda: desk)
    monkeypatch.setattr(handler, "verifier", lambda: signed)
    monkeypatch.setattr(handler, "count", lambda command, result: None)
    monkeypatch.setattr(handler, "utc_now", lambda: NOW)
    level = logger.log_level
    logger.setLevel("CRITICAL")
    yield made
    logger.setLevel(level)


def test_thousands_of_commands(kept: Kept, waiting: Waiting) -> None:
    random = Random(13)
    statuses: Counter[tuple[bool, int]] = Counter()
    for number in range(REQUESTS):
        event, genuine = request(random)
        if random.random() < 0.05:
            kept.all = kept.all[:3]
        before = list(kept.all)
        answer = handler.lambda_handler(event, CONTEXT)
        status = answer["statusCode"]
        statuses[genuine, status] += 1
        assert status in (200, 400, 401, 413, 415), (number, answer)
        if not genuine:
            assert (status, kept.all) == (401, before), number
        elif status == 200:
            shown = waiting.served() if waiting.letters else json.loads(answer["body"])
            assert refusal(shown) is None, (number, shown)
            assert block_kit.faults(shown["blocks"]) == [], (number, shown)
            assert "<!channel>" not in json.dumps(shown)
    assert statuses[True, 200] > 0.3 * REQUESTS
    assert statuses[False, 401] > 0.2 * REQUESTS
    assert all(statuses[True, status] for status in (400, 413, 415))
