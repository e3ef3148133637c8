"""Cards with their state in DynamoDB (moto's), through a bot that talks to the Slack double: races, crashes, pauses."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from kaizen.events.ticket import TicketChanged
from kaizen.slack.client import Bot
from kaizen.slack.notices import Notices
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Issue, Ticket
from local.outside.slack.service import BOT_TOKEN
from tests.contract.slack.test_notices import LEASE, World, now, world
from tests.factories import default_policy
from tests.unit.cards.test_ticket_cards import NOW, TICKET
from ticket_cards import handler
from ticket_cards.cards import Cards
from ticket_cards.pace import CardsFailedError, Outcome
from ticket_cards.reminding import Reminding
from ticket_cards.store import KEPT_FOR, CardStore, SlackBoard

__all__ = ["world"]
CHANNEL = "C0CARDS01"


@dataclass
class Team:
    """A ticket, and runs of the function that show it."""

    world: World
    ticket: Ticket

    def run(
        self,
        read: Callable[[int], Issue] | None = None,
        clock: Callable[[], datetime] = now,
        wait: Callable[[float], bool] = lambda _: False,
    ) -> Cards:
        client = self.world.dynamodb
        notices = Notices(client, "slack", "cards", uuid.uuid4().hex, LEASE, KEPT_FOR)
        address = f"{self.world.address}/api/"
        return Cards(
            issue=read or self.read,
            subscriptions=lambda: [Subscription(CHANNEL, "component:api", "U1", NOW)],
            state=CardStore(client, "slack"),
            board=SlackBoard(notices, lambda channel: Bot(BOT_TOKEN, channel, address), clock),
            policy=default_policy(),
            secret=lambda: "secret",
            clock=clock,
            wait=wait,
        )

    def read(self, issue_id: int) -> Issue:
        return Issue(self.ticket)

    def tell(self, kind: str, **changes: Any) -> Outcome:
        self.ticket = replace(self.ticket, **changes)
        return self.run().changed(event(kind))

    @property
    def buttons(self) -> bool:
        return "cards.snooze" in json.dumps(self.world.workspace.listed())


def event(kind: str) -> TicketChanged:
    return TicketChanged(7, f"{kind}-1", kind, now(), now())


CLOSED = {"state": "closed", "resolution": "completed", "mttr_seconds": 3600}


@pytest.fixture
def team(world: World) -> Team:
    return Team(world, replace(TICKET, opened_at=now() - timedelta(hours=1)))


def test_a_run_that_was_overtaken_shows_the_ticket_as_it_is(team: Team) -> None:
    """It has read the ticket open; another run brings the close from end to end before it goes on."""
    team.tell("opened")
    overtaken = False

    def slow(issue_id: int) -> Issue:
        nonlocal overtaken
        read = team.read(issue_id)
        if not overtaken:
            overtaken = True
            team.tell("closed", **CLOSED)
        return read

    team.run(slow).changed(event("changed"))
    assert "closed as completed" in team.world.texts()[0]
    assert not team.buttons


def test_reminders_of_an_old_list_do_not_open_a_closed_card(team: Team) -> None:
    team.ticket = replace(team.ticket, opened_at=now() - timedelta(hours=5))
    team.tell("opened")
    listed = team.ticket
    team.tell("closed", **CLOSED)
    assert Reminding(team.run(), lambda: True).remind([listed]) == Outcome()
    assert "closed as completed" in team.world.texts()[0]
    assert not team.buttons


def test_a_ticket_that_was_quiet_for_a_year_keeps_its_one_card(team: Team) -> None:
    """The table forgets what nobody renews; a run every day is enough."""
    team.ticket = replace(team.ticket, severity="none")
    team.tell("opened")
    began = now()
    for day in range(1, 500, 7):
        at = began + timedelta(days=day)
        for item in team.world.dynamodb.scan(TableName="slack")["Items"]:
            if int(item["expires_at"]["N"]) < at.timestamp():
                key = {name: item[name] for name in ("pk", "sk")}
                team.world.dynamodb.delete_item(TableName="slack", Key=key)
        Reminding(team.run(clock=lambda at=at: at), lambda: True).remind([team.ticket])  # type: ignore[misc]
    team.tell("closed", **CLOSED)
    cards = [each for each in team.world.workspace.listed() if not each.get("thread_ts")]
    assert len(cards) == 1
    assert "closed as completed" in cards[0]["text"]


def test_a_pause_that_slack_wants_is_waited_out_within_the_run(team: Team) -> None:
    pauses: list[float] = []

    def wait(seconds: float) -> bool:
        pauses.append(seconds)
        return True

    team.world.workspace.retry_after = 7
    team.world.trouble("ratelimited", "ratelimited")
    assert team.run(wait=wait).changed(event("opened")) == Outcome(posted=1)
    assert pauses == [7, 7]
    assert len(team.world.texts()) == 1


def test_a_pause_that_is_too_long_brings_the_letter_back_after_it_and_not_before(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    sqs = SimpleNamespace(change_message_visibility=lambda **given: asked.append(given["VisibilityTimeout"]))
    monkeypatch.setattr(handler, "cards", lambda in_time: team.run(wait=lambda seconds: False))
    monkeypatch.setattr(handler, "settings", lambda: SimpleNamespace(card_queue_url="queue"))
    monkeypatch.setattr(handler, "client", lambda *given: sqs)
    context = SimpleNamespace(
        function_name="cards",
        memory_limit_in_mb=512,
        invoked_function_arn="arn",
        aws_request_id="request",
        get_remaining_time_in_millis=lambda: 60_000,
    )
    body = json.dumps({"detail-type": "TicketChanged", "detail": event("opened").detail()})
    for received, trouble in ((1, "ratelimited"), (4, "ratelimited"), (1, "fatal_error"), (4, "fatal_error")):
        team.world.workspace.retry_after = 30
        team.world.trouble(trouble)  # type: ignore[arg-type]
        attributes = {"ApproximateReceiveCount": str(received)}
        record = {"messageId": "m", "body": body, "attributes": attributes, "receiptHandle": "handle"}
        assert handler.lambda_handler({"Records": [record]}, context)["batchItemFailures"] == [{"itemIdentifier": "m"}]
    assert asked == [30, 30, 2]


def test_three_runs_at_once_make_one_card_and_wait_for_each_other(team: Team) -> None:
    """A label is put on while the card is posted: the second waits a second, and not the queue's minutes."""
    inner = team.run()
    waits: list[float] = []
    finished: list[Outcome] = []
    post = Bot.post

    def meanwhile(bot: Bot, *given: Any) -> str:
        def wait(seconds: float) -> bool:
            waits.append(seconds)
            return False

        with patch.object(Bot, "post", post), pytest.raises(CardsFailedError) as found:
            team.run(wait=wait).changed(event("labeled"))
        assert found.value.pause == 1
        return post(bot, *given)

    with patch.object(Bot, "post", meanwhile):
        finished.append(inner.changed(event("opened")))
    assert (finished, waits) == ([Outcome(posted=1)], [1])
    assert team.run().changed(event("labeled")) == Outcome(updated=1)
    assert len(team.world.texts()) == 2  # the card and its line
