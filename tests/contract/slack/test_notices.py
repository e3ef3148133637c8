"""One message for each subject, through a bot that talks to the Slack double, with its state in DynamoDB."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from kaizen.slack.blocks import Message, line_chart, section
from kaizen.slack.client import Bot, Webhook
from kaizen.slack.errors import RateLimitedError, RefusedError, UnclearError
from kaizen.slack.notices import BusyError, Notices
from local.outside.slack.service import BOT_TOKEN, Slack, webhook
from local.outside.slack.workspace import Trouble, Workspace
from tests.contract.outside_door import door

ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
CHANNEL, LEASE = "C0NOTICES", timedelta(seconds=90)


def said(text: str) -> Message:
    return Message((section(text),), text)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class World:
    slack: Slack
    address: str
    dynamodb: Any

    @property
    def workspace(self) -> Workspace:
        return self.slack.workspace

    @property
    def bot(self) -> Bot:
        return Bot(BOT_TOKEN, CHANNEL, f"{self.address}/api/")

    def notices(self, owner: str) -> Notices:
        return Notices(self.dynamodb, "slack", "test", owner, LEASE)

    def texts(self) -> list[str]:
        return [each["text"] for each in self.workspace.listed()]

    def trouble(self, *troubles: Trouble) -> None:
        self.workspace.troubles = list(troubles)


@pytest.fixture
def world() -> Iterator[World]:
    slack = Slack()
    with patch.dict(os.environ, ENVIRONMENT), mock_aws(), door(slack) as (address, _):
        client: Any = boto3.client("dynamodb")
        client.create_table(
            TableName="slack",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        yield World(slack, address, client)


def test_a_subject_has_one_message_that_is_edited_in_place(world: World) -> None:
    first = world.notices("a").show("one", said("over"), world.bot, now)
    assert world.notices("b").show("one", said("over"), world.bot, now) == first
    assert world.notices("b").show("one", said("done"), world.bot, now).stamp == first.stamp
    world.notices("b").show("two", said("another"), world.bot, now)
    world.notices("b").show("one/closed", said("a reply"), world.bot, now, thread=first.stamp)
    assert world.texts() == ["done", "a reply", "another"]


def test_a_message_that_somebody_deleted_is_posted_again(world: World) -> None:
    world.notices("a").show("one", said("over"), world.bot, now)
    world.workspace.messages.clear()
    world.notices("a").show("one", said("done"), world.bot, now)
    assert world.texts() == ["done"]


def test_a_message_that_was_posted_again_and_whose_answer_was_lost_is_looked_up(world: World) -> None:
    """Somebody deleted it; the one that follows it is claimed and looked for as any first one."""
    first = world.notices("a").show("one", said("over"), world.bot, now)
    world.workspace.messages.clear()
    edit = Bot.edit

    def deleted(bot: Bot, message: Message, stamp: str) -> str:
        world.trouble("", "lost")  # type: ignore[arg-type]  # the edit has no trouble of its own
        return edit(bot, message, stamp)

    with patch.object(Bot, "edit", deleted), pytest.raises(UnclearError):
        world.notices("a").show("one", said("done"), world.bot, now)
    assert world.texts() == ["done"]
    assert world.notices("b").posted("one") == first
    world.trouble()
    stands = world.notices("b").show("one", said("done"), world.bot, now)
    assert world.texts() == ["done"]
    assert (stands.stamp, stands.at) == (world.workspace.messages[0]["ts"], first.at)


def test_a_run_that_broke_off_after_it_posted_anew_is_taken_over(world: World) -> None:
    world.notices("a").show("one", said("over"), world.bot, now)
    world.workspace.messages.clear()
    with patch.object(Notices, "_keep", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        world.notices("a").show("one", said("done"), world.bot, now)
    with pytest.raises(BusyError):
        world.notices("b").show("one", said("done"), world.bot, now)
    world.notices("b").show("one", said("done"), world.bot, lambda: now() + LEASE)
    assert world.texts() == ["done"]


def test_what_was_read_before_is_not_shown_over_something_newer(world: World) -> None:
    """The first run read `open` and was overtaken; it makes its message anew once nobody else may write."""
    state = ["open"]
    world.notices("a").show("one", said("open"), world.bot, now)

    def fresh() -> Message:
        return said(state[0])

    stale, state[0] = said("open, with another title"), "closed"
    world.notices("b").show("one", said("closed"), world.bot, now, fresh=fresh)
    world.notices("a").show("one", stale, world.bot, now, fresh=fresh)
    assert world.texts() == ["closed"]


def test_what_says_the_same_waits_for_the_run_that_is_about_to_say_something_else(world: World) -> None:
    world.notices("a").show("one", said("open"), world.bot, now)
    held = world.notices("b")
    held._claim("one", now(), "")
    with pytest.raises(BusyError):
        world.notices("a").show("one", said("open"), world.bot, now)


def test_a_message_that_cannot_be_made_leaves_the_subject_as_it_was(world: World) -> None:
    """Also where an earlier run may have posted it."""

    def fails() -> Message:
        raise LookupError

    with patch.object(Notices, "_keep", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        world.notices("a").show("one", said("over"), world.bot, now)
    with pytest.raises(LookupError):
        world.notices("b").show("one", said("over"), world.bot, lambda: now() + LEASE, fresh=fails)
    world.notices("c").show("one", said("over"), world.bot, now)
    assert world.texts() == ["over"]


def test_a_message_keeps_why_it_was_posted(world: World) -> None:
    world.trouble("ratelimited")
    with pytest.raises(RateLimitedError):
        world.notices("a").show("one", said("over"), world.bot, now, cause="opened")
    world.notices("b").show("one", said("over"), world.bot, now, cause="labeled")
    world.notices("b").show("one", said("done"), world.bot, now, cause="closed")
    posted = world.notices("c").posted("one")
    assert posted is not None
    assert posted.cause == "opened"


def test_a_lost_answer_is_looked_up_and_not_posted_again(world: World) -> None:
    world.trouble("lost")
    with pytest.raises(UnclearError):
        world.notices("a").show("one", said("over"), world.bot, now)
    assert world.texts() == ["over"]
    stands = world.notices("b").show("one", said("over"), world.bot, now)
    assert world.texts() == ["over"]
    assert stands.stamp == world.workspace.messages[0]["ts"]


def test_a_run_that_broke_off_after_its_post_is_taken_over_without_a_second_message(world: World) -> None:
    """The first run posted and died before it wrote that down; the second comes after its lease."""
    with patch.object(Notices, "_keep", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        world.notices("a").show("one", said("over"), world.bot, now)
    with pytest.raises(BusyError):
        world.notices("b").show("one", said("over"), world.bot, now)
    world.notices("b").show("one", said("over"), world.bot, lambda: now() + LEASE)
    assert world.texts() == ["over"]


def test_a_pause_that_slack_wants_leaves_the_subject_free(world: World) -> None:
    world.trouble("ratelimited")
    with pytest.raises(RateLimitedError):
        world.notices("a").show("one", said("over"), world.bot, now)
    world.notices("b").show("one", said("over"), world.bot, now)
    assert world.texts() == ["over"]


def test_a_webhook_says_each_change_in_a_message_of_its_own(world: World) -> None:
    hook = Webhook(webhook(world.address), here=True)
    world.notices("a").show("one", said("over"), hook, now)
    world.notices("a").show("one", said("over"), hook, now)
    world.notices("a").show("one", said("done"), hook, now)
    assert world.texts() == ["over", "done"]
    posted = world.notices("a").posted("one")
    assert posted is not None
    assert posted.stamp == ""


CHART = line_chart("MB/s by week", ["1 Mar", "8 Mar"], {"sent": [1.0, 2.0]}, "Week", "MB/s")


@pytest.mark.parametrize("charts", [True, False], ids=["has charts", "has no charts"])
def test_a_workspace_without_chart_blocks_gets_the_plainer_ones(world: World, charts: bool) -> None:
    """When it is posted and when it is edited, by a bot; by a webhook, too. Nothing else of the message changes."""
    assert world.workspace.ask({"charts": charts}) == ""
    for number in (1, 2):
        words = section(f"bars {number}")
        message = Message((section(f"lead {number}"), CHART), "words", (section(f"lead {number}"), words))
        world.notices("a").show("one", message, world.bot, now)
        (posted,) = world.workspace.listed()
        assert posted["blocks"] == [section(f"lead {number}"), CHART if charts else words]
    Webhook(webhook(world.address), here=True).post(message, "key", "")
    assert world.workspace.messages[-1]["blocks"][1] == (CHART if charts else words)


def test_a_message_that_is_malformed_otherwise_is_refused_still(world: World) -> None:
    bad = {"type": "nonsense"}
    with pytest.raises(RefusedError, match="invalid_blocks"):
        world.notices("a").show("one", Message((bad,), "words"), world.bot, now)
    with pytest.raises(RefusedError, match="invalid_blocks"):
        world.notices("a").show("one", Message((bad,), "words", (bad,)), world.bot, now)
    assert world.texts() == []
