"""Digests of subscriptions: of their tickets alone, at their own minute, and no channel holds up another."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from kaizen.subscriptions import store
from kaizen.subscriptions.daily import read
from kaizen.subscriptions.model import Subscription
from slack_commands import command
from tests.contract.digest_world import Answer, World, routes, world
from tests.unit.digest.samples import ticket
from ticket_digest.run import DigestFailedError

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HALF = NINE + timedelta(minutes=30)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch) as made:
        made.policy(routes())
        yield made


def subscribe(text: str, daily: str | None = "09:30 UTC daily", channel: str = "C0123456789") -> bool:
    client: Any = boto3.client("dynamodb", region_name="eu-west-1")
    made = Subscription(channel, text, "U1", NINE, read(daily, 0) if daily else None)
    return store.add(client, "SlackTable", made)


def test_a_subscription_gets_a_digest_of_its_tickets_at_its_minute_once_a_day(here: World) -> None:
    here.put(ticket(1, component="api"), ticket(2, component="web"))
    assert subscribe("component:api")
    assert subscribe("component:web", None)
    here.run(HALF - timedelta(seconds=1))
    assert here.slack.texts == []
    for at in (HALF, HALF + timedelta(minutes=15), HALF + timedelta(hours=5)):
        here.run(at)
    (text,) = here.slack.texts
    assert text.startswith("Daily Kaizen Ticket Digest: 1 open\n")
    assert "Only component:api · As of" in text
    assert "Component: api" in text
    assert "Component: web" not in text
    here.run(HALF + timedelta(days=1))
    assert len(here.slack.texts) == 2
    assert here.metric("kaizen_digest_last_success_timestamp_seconds") == {}


def test_a_subscription_of_a_channel_that_is_gone_is_ended_from_outside(
    here: World, capsys: pytest.CaptureFixture[str]
) -> None:
    subscribe("component:api")
    made = Subscription("C0123456789", "component:api", "U1", NINE)
    assert command.main(["list", "--table", "SlackTable"]) == command.DONE
    assert f"C0123456789  {made.id}  component:api  digest 09:30 UTC daily" in capsys.readouterr().out
    assert command.main(["end", "C0123456789", made.id, "--table", "SlackTable"]) == command.DONE
    assert command.main(["end", "C0123456789", made.id, "--table", "SlackTable"]) == command.NOT_THERE
    assert command.main(["list", "C0123456789", "--table", "NoTable"]) == command.USAGE


def test_without_a_matching_ticket_nothing_is_posted(here: World) -> None:
    here.put(ticket(1, component="api"))
    subscribe("component:web")
    here.run(HALF)
    assert here.slack.texts == []


def test_another_time_replaces_the_one_before(here: World) -> None:
    here.put(ticket(1, component="api"))
    assert subscribe("component:api")
    assert not subscribe("component:api")
    assert subscribe("component:api", "10:00 UTC daily")
    here.run(HALF)
    assert here.slack.texts == []
    here.run(NINE + timedelta(hours=1))
    assert len(here.slack.texts) == 1
    assert subscribe("component:api", None), "and none takes it away"


def test_a_channel_that_is_gone_fails_no_run_and_holds_up_nobody(here: World) -> None:
    here.put(ticket(1, component="api"))
    subscribe("component:api", channel="C0AAA")
    subscribe("component:api", channel="C0BBB")
    here.slack.fault("chat.postMessage", Answer(body='{"ok": false, "error": "channel_not_found"}'))
    here.run(HALF)
    assert [message["channel"] for message in here.slack.messages] == ["C0BBB"]


def test_what_may_pass_fails_the_run_once_the_others_have_theirs(here: World) -> None:
    here.put(ticket(1, component="api"))
    subscribe("component:api", channel="C0AAA")
    subscribe("component:api", channel="C0BBB")
    here.slack.fault("chat.postMessage", *[Answer(503)] * 9)
    with pytest.raises(DigestFailedError):
        here.run(HALF)
    here.slack.faults.clear()
    here.run(HALF + timedelta(minutes=15))
    assert sorted(message["channel"] for message in here.slack.messages) == ["C0AAA", "C0BBB"]
