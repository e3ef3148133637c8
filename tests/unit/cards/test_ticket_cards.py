"""Which channels show a ticket, what they show, and what a press of a button does."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kaizen.events.slack import SlackInteraction
from kaizen.events.ticket import TicketChanged
from kaizen.slack.blocks import Message
from kaizen.slack.errors import RefusedError, UnreachableError
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Ticket
from tests.factories import default_policy
from ticket_cards.cards import Cards, CardsFailedError, Outcome
from ticket_cards.wording import Acknowledged

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TICKET = Ticket(
    id=7, repository_id=1, repository="acme/shop", number=12, title="Checkout <fails>", state="open", resolution="",
    url="https://github.com/acme/shop/issues/12", component="api", severity="sev1", labels=("component:api", "sev1"),
    assignees=("ana",), opened_at=NOW - timedelta(hours=1), updated_at=NOW,
)  # fmt: skip


@dataclass
class World:
    """Slack and the stores in memory. `refuses` are channels that Slack lets nobody post to."""

    ticket: Ticket | None = TICKET
    subscriptions: list[Subscription] = field(default_factory=list)
    shown: dict[str, Message] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    on_it: Acknowledged | None = None
    refuses: dict[str, Exception] = field(default_factory=dict)

    def subscribe(self, channel: str, text: str) -> None:
        self.subscriptions.append(Subscription(channel, text, "U1", NOW))

    def posted(self, subject: str) -> str | None:
        return f"ts-{subject}" if subject in self.shown else None

    def show(self, channel: str, subject: str, message: Message, thread: str = "") -> str:
        if channel in self.refuses:
            raise self.refuses[channel]
        if thread:
            assert thread == f"ts-{channel}/7"
        if subject not in self.shown:
            self.posts.append(subject)
        self.shown[subject] = message
        return f"ts-{subject}"

    def acknowledged(self, issue_id: int) -> Acknowledged | None:
        return self.on_it

    def acknowledge(self, issue_id: int, by: Acknowledged) -> bool:
        first = self.on_it is None
        self.on_it = self.on_it or by
        return first

    @property
    def cards(self) -> Cards:
        return Cards(
            lambda _: self.ticket, lambda: self.subscriptions, self, self, default_policy(), "secret", lambda: NOW
        )

    def tell(self, kind: str, delivery: str = "d1", label: str = "", **changes: Any) -> Outcome:
        if self.ticket is not None:
            self.ticket = replace(self.ticket, **changes)
        return self.cards.changed(TicketChanged(7, delivery, kind, NOW, NOW, label))

    def value(self, channel: str) -> str:
        (found,) = [
            element["value"]
            for block in self.shown[f"{channel}/7"].blocks
            for element in block.get("elements", [])
            if element.get("action_id") == "cards.acknowledge"
        ]
        return str(found)

    def press(self, channel: str, value: str, user: str = "U2", action: str = "cards.acknowledge") -> str:
        event = SlackInteraction(NOW, "cards", action, user, value, channel_id=channel, message_ts="1.2")
        return self.cards.pressed(event)


def test_a_label_that_comes_later_makes_one_card() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1 and component:api")
    assert world.tell("opened", severity="unknown", labels=("component:api",)) == Outcome()
    assert world.tell("labeled", "d2", "sev1", severity="sev1", labels=("component:api", "sev1")) == Outcome(posted=1)
    assert world.posts == ["C1/7"]
    text = world.shown["C1/7"].text
    assert "acme/shop#12" in text
    assert "Checkout &lt;fails&gt;" in text
    assert "SLA: 3h remaining" in text


def test_a_card_follows_its_ticket_and_changes_stand_in_its_thread() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.tell("opened")
    closed: dict[str, Any] = {"state": "closed", "resolution": "completed", "mttr_seconds": 5400}
    assert world.tell("closed", "d2", **closed) == Outcome(updated=1)
    assert world.posts == ["C1/7", "C1/7/closed/d2"]
    assert "closed as completed after 1h 30m" in world.shown["C1/7"].text
    assert not [block for block in world.shown["C1/7"].blocks if block["type"] == "actions"]
    world.tell("closed", "d2", **closed)
    assert world.posts == ["C1/7", "C1/7/closed/d2"]
    world.tell("reopened", "d3", state="open", resolution="")
    assert world.posts[-1] == "C1/7/reopened/d3"
    assert "SLA:" in world.shown["C1/7"].text


def test_a_label_that_is_taken_off_is_told_where_the_card_stands() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.tell("opened")
    world.tell("labeled", "d2", "sev1", severity="unknown", labels=("component:api",))
    assert "sev1 was taken off" in world.shown["C1/7/labeled/d2"].text
    assert "unknown" in world.shown["C1/7"].text


def test_two_subscriptions_of_a_channel_that_match_make_one_card() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.subscribe("C1", "component:api")
    world.subscribe("C2", "component:api")
    assert world.tell("opened") == Outcome(posted=2)
    assert world.posts == ["C1/7", "C2/7"]


def test_a_channel_that_ended_its_subscriptions_hears_no_more() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.tell("opened")
    world.subscriptions.clear()
    assert world.tell("closed", "d2", state="closed") == Outcome()


def test_an_issue_that_is_no_ticket_has_no_card() -> None:
    world = World(ticket=None)
    world.subscribe("C1", "severity:sev1")
    assert world.tell("opened") == Outcome()


def test_a_channel_that_is_gone_does_not_hold_up_the_others() -> None:
    world = World(refuses={"C1": RefusedError("channel_not_found", "there is no such channel")})
    world.subscribe("C1", "severity:sev1")
    world.subscribe("C2", "severity:sev1")
    outcome = world.tell("opened")
    assert (outcome.posted, outcome.refused) == (1, ("C1: there is no such channel (channel_not_found)",))


def test_what_may_pass_is_tried_again_once_all_have_been_tried() -> None:
    world = World(refuses={"C1": UnreachableError("x", "there is no connection to Slack")})
    world.subscribe("C1", "severity:sev1")
    world.subscribe("C2", "severity:sev1")
    with pytest.raises(CardsFailedError):
        world.tell("opened")
    assert world.posts == ["C2/7"]
    world.refuses.clear()
    world.tell("opened")
    assert world.posts == ["C2/7", "C1/7"]


def test_the_first_who_is_on_it_stands_on_every_card() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.subscribe("C2", "severity:sev1")
    world.tell("opened")
    value = world.value("C1")
    assert world.press("C1", value) == "done"
    assert world.press("C1", value, "U3") == "repeated"
    assert world.posts[2:] == ["C1/7/acknowledged/U2", "C2/7/acknowledged/U2"]
    for channel in ("C1", "C2"):
        assert "<@U2> is on it" in str(world.shown[f"{channel}/7"].blocks)


def test_presses_that_mean_nothing() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.tell("opened")
    value = world.value("C1")
    assert world.press("C2", value) == "another channel"
    assert world.press("C1", value[:-4] + "AAAA") == "forged"
    assert world.press("C1", "") == "malformed"
    assert world.press("C1", "", action="cards.open") == "opened"
    world.ticket = replace(TICKET, state="closed")
    assert world.press("C1", value) == "over"
    assert world.on_it is None


def test_a_card_that_says_the_same_is_the_same_message() -> None:
    """Its button's value must not differ from minute to minute, or each look would be an edit."""
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.tell("opened")
    first = world.value("C1")
    world.tell("changed", "d2")
    assert world.value("C1") == first
