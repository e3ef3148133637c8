"""Which channels show a ticket, what they show, and what a press of a button does."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kaizen.events.slack import SlackInteraction
from kaizen.events.ticket import TicketChanged
from kaizen.policy import Policy
from kaizen.policy.sections.cards import PlainPosts
from kaizen.slack.blocks import Message
from kaizen.slack.errors import RefusedError, UnreachableError
from kaizen.slack.notices import Posted
from kaizen.subscriptions.expression import parse
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Issue, LogEntry, Ticket
from local.outside.slack.rules import refusal
from tests import block_kit
from tests.factories import default_policy
from ticket_cards.attended import Acknowledged, Attended, Snoozed
from ticket_cards.cards import Cards, Record
from ticket_cards.pace import CardsFailedError, Outcome
from ticket_cards.presses import Presses
from ticket_cards.reminding import Reminding

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
    is_ticket: bool = True
    subscriptions: list[Subscription] = field(default_factory=list)
    shown: dict[str, Message] = field(default_factory=dict)
    standing: dict[str, Posted] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)
    reads: int = 0
    on_it: Acknowledged | None = None
    quiet: Snoozed | None = None
    known: dict[int, Record] = field(default_factory=dict)
    now: datetime = NOW
    refuses: dict[str, Exception] = field(default_factory=dict)
    policy: Policy = field(default_factory=default_policy)
    wait: Callable[[float], bool] = lambda _: False

    def subscribe(self, channel: str, text: str) -> None:
        self.subscriptions.append(Subscription(channel, text, "U1", self.now))

    def posted(self, subject: str) -> Posted | None:
        self.reads += 1
        return self.standing.get(subject)

    def show(
        self,
        channel: str,
        subject: str,
        message: Message,
        thread: str = "",
        cause: str = "",
        fresh: Callable[[], Message] | None = None,
    ) -> Posted:
        if channel in self.refuses:
            raise self.refuses[channel]
        if thread and "/refused/" not in subject:
            assert thread == "ts-" + "/".join(subject.split("/")[:2])
        assert (fresh is None) == (bool(thread) or channel.startswith("webhook:"))
        message = fresh() if fresh is not None else message
        assert block_kit.faults(message.blocks) == []
        assert refusal({"text": message.text, "blocks": list(message.blocks)}) is None
        if subject not in self.shown:
            self.posts.append(subject)
            self.standing[subject] = Posted(f"ts-{subject}", self.now, cause)
        elif message != self.shown[subject]:
            self.edits.append(subject)
        self.shown[subject] = message
        return self.standing[subject]

    def attended(self, issue_id: int, now: datetime) -> Attended:
        quiet = self.quiet if self.quiet is not None and self.quiet.until > now else None
        return Attended(self.on_it, quiet)

    def snooze(self, issue_id: int, snooze: Snoozed) -> None:
        self.quiet = snooze

    def acknowledge(self, issue_id: int, by: Acknowledged, since: datetime | None) -> bool:
        first = self.on_it is None or (since is not None and self.on_it.at <= since)
        self.on_it = by if first else self.on_it
        return first

    def take_over(self, issue_id: int, by: Acknowledged, before: Acknowledged) -> bool:
        held = self.on_it == before
        self.on_it = by if held else self.on_it
        return held

    def give_back(self, issue_id: int, before: Acknowledged) -> bool:
        held = self.on_it == before
        self.on_it = None if held else self.on_it
        return held

    def record(self, issue_id: int) -> Record:
        return self.known.get(issue_id, Record())

    def records(self) -> dict[int, Record]:
        return dict(self.known)

    def follow(self, issue_id: int, channels: Iterable[str], now: datetime) -> None:
        record = self.record(issue_id)
        self.known[issue_id] = replace(
            record, channels=record.channels | set(channels), renewed_at=record.renewed_at or now
        )

    def told(self, issue_id: int, reminder: str, now: datetime) -> None:
        self.known[issue_id] = replace(self.record(issue_id), told=reminder)

    def renewed(self, issue_id: int, now: datetime) -> None:
        self.known[issue_id] = replace(self.record(issue_id), renewed_at=now)

    def issue(self, issue_id: int) -> Issue | None:
        self.reads += 1
        return Issue(self.ticket, self.is_ticket) if self.ticket is not None else None

    @property
    def cards(self) -> Cards:
        return Cards(
            issue=self.issue,
            subscriptions=lambda: self.subscriptions,
            state=self,
            board=self,
            policy=self.policy,
            secret=lambda: "secret",
            clock=lambda: self.now,
            wait=lambda seconds: self.wait(seconds),
        )

    def tell(
        self, kind: str, delivery: str = "d1", label: str = "", taken_off: bool = False, **changes: Any
    ) -> Outcome:
        if self.ticket is not None:
            self.ticket = replace(self.ticket, **changes)
        return self.cards.changed(TicketChanged(7, delivery, kind, self.now, self.now, label, taken_off))

    def closed(self, kind: str = "closed") -> Outcome:
        """Now, as a delivery says it, or as the comparison with GitHub finds it."""
        assert self.ticket is not None
        log = self.ticket.log_with([LogEntry(self.now, "closed", "completed")])
        return self.tell(kind, f"c{self.now}", state="closed", resolution="completed", mttr_seconds=5400, log=log)

    def reopened(self, kind: str = "reopened") -> Outcome:
        assert self.ticket is not None
        log = self.ticket.log_with([LogEntry(self.now, "reopened")])
        return self.tell(kind, f"r{self.now}", state="open", resolution="", log=log)

    def remind(self, hours: float) -> Outcome:
        """So many hours after the ticket was opened."""
        assert self.ticket is not None
        self.now = self.ticket.opened_at + timedelta(hours=hours)
        return self.look([self.ticket])

    def look(self, tickets: Sequence[Ticket]) -> Outcome:
        return Reminding(self.cards, lambda: True).remind(tickets)

    def lines(self) -> list[str]:
        """What stands in threads."""
        return [message.text for subject, message in self.shown.items() if subject.count("/") > 1]

    def value(self, channel: str, action: str = "cards.acknowledge") -> str:
        (found,) = [
            element["value"]
            for block in self.shown[f"{channel}/7"].blocks
            for element in block.get("elements", [])
            if element.get("action_id") == action
        ]
        return str(found)

    def press(self, channel: str, value: str, user: str = "U2", action: str = "cards.acknowledge") -> str:
        event = SlackInteraction(self.now, "cards", action, user, value, channel_id=channel, message_ts="1.2")
        return Presses(self.cards).pressed(event)


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
    world.tell("labeled", "d2", "sev1", taken_off=True, severity="unknown", labels=("component:api",))
    assert "sev1 was taken off" in world.shown["C1/7/labeled/d2"].text
    assert "unknown" in world.shown["C1/7"].text


def test_two_subscriptions_of_a_channel_that_match_make_one_card() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.subscribe("C1", "component:api")
    world.subscribe("C2", "component:api")
    assert world.tell("opened") == Outcome(posted=2)
    assert world.posts == ["C1/7", "C2/7"]


def test_a_channel_that_ended_its_subscriptions_hears_no_more_and_its_card_goes_on_to_the_close() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.tell("opened")
    world.subscriptions.clear()
    world.remind(5)
    assert world.press("C1", world.value("C1")) == "done"
    assert world.closed() == Outcome(updated=1)
    assert "closed as completed" in world.shown["C1/7"].text
    assert world.lines() == []


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
    told = f"acknowledged/U2/{int(NOW.timestamp())}"
    assert world.posts[2:4] == [f"C1/7/{told}", f"C2/7/{told}"]
    for channel in ("C1", "C2"):
        assert "<@U2> is on it" in str(world.shown[f"{channel}/7"].blocks)


def test_it_is_taken_over_from_the_person_on_the_card_and_given_back_by_that_person() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.tell("opened")
    world.press("C1", world.value("C1"))
    take, give = world.value("C1", "cards.take_over"), world.value("C1", "cards.give_back")

    def press(value: str, user: str, verb: str) -> str:
        world.now += timedelta(minutes=1)
        return world.press("C1", value, user, f"cards.{verb}")

    assert press(give, "U3", "give_back") == "somebody else"
    assert press(take, "U2", "take_over") == "repeated"
    assert press(take, "U3", "take_over") == "done"
    assert "<@U3> is on it since" in str(world.shown["C1/7"].blocks)
    assert press(take, "U3", "take_over") == "repeated", "the same press came again"
    assert press(take, "U4", "take_over") == "over", "the card of that button named somebody else"
    assert press(give, "U2", "give_back") == "over"
    assert world.on_it is not None
    give = world.value("C1", "cards.give_back")
    assert press(give, "U3", "give_back") == "done"
    assert press(give, "U3", "give_back") == "repeated"
    assert "is on it since" not in str(world.shown["C1/7"].blocks)
    assert press(world.value("C1"), "U4", "acknowledge") == "done"
    said = [line for line in world.lines() if "press did nothing" not in line]
    assert said == [
        "🙋 <@U2> is on it",
        "🙋 <@U3> is on it now, instead of <@U2>",
        "✋ <@U3> is not on it any more: nobody is",
        "🙋 <@U4> is on it",
    ]
    refused = [line for line in world.lines() if "press did nothing" in line]
    assert [line.partition("nothing: ")[2] for line in refused] == [
        "<@U2> is on it, and can give it back; you can take it over.",
        "you are on it already.",
        "<@U3> is on it by now.",
        "<@U3> is on it by now.",
    ]


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


def subscribed(text: str = "severity:sev1") -> World:
    """Sev1 has four hours."""
    world = World()
    world.subscribe("C1", text)
    world.tell("opened")
    return world


def test_a_ticket_is_told_of_when_three_quarters_of_its_sla_are_used_and_when_all_is() -> None:
    world = subscribed()
    assert world.remind(2.99) == Outcome()
    assert world.remind(3) == Outcome(updated=1)
    assert world.remind(3.5) == Outcome()
    assert world.remind(4.01) == Outcome(updated=1)
    for hours in (5, 30):
        assert world.remind(hours) == Outcome()
    assert world.lines() == [
        "🟠 *Three quarters of the SLA of 4h are used*: it is due 2026-03-02 15:00 UTC.",
        "🔴 *The SLA of 4h is breached*: it ended 2026-03-02 15:00 UTC. Close it, or say who is on it.",
    ]


def test_a_new_target_is_a_new_reminder() -> None:
    world = subscribed("component:api")
    world.remind(3)
    world.tell("labeled", "d2", "sev2", severity="sev2", labels=("component:api", "sev2"))
    world.remind(5)
    assert len([each for each in world.lines() if "SLA" in each]) == 1
    world.remind(20)
    assert "SLA of 24h are used" in world.lines()[-1].replace("1d", "24h")


def test_a_breach_alone_can_be_subscribed_to() -> None:
    world = subscribed("severity:sev1 and event:breached")
    assert world.posts == []
    assert world.remind(3) == Outcome()
    assert world.remind(4.5) == Outcome(posted=1)
    assert world.posts == ["C1/7", "C1/7/sla/breached/sev1"]
    assert world.remind(5) == Outcome()


@pytest.mark.parametrize("changes", [{"state": "closed"}, {"labels": ("component:api", "sev1", "blocked")}])
def test_what_is_over_or_waits_is_not_reminded_of(changes: dict[str, Any]) -> None:
    world = subscribed()
    world.ticket = replace(TICKET, **changes)
    assert world.remind(30) == Outcome()


def test_a_snooze_silences_reminders_for_a_day_and_the_sla_goes_on() -> None:
    world = subscribed()
    value = world.value("C1", "cards.snooze")
    assert world.press("C1", value, action="cards.snooze") == "done"
    card = world.shown["C1/7"]
    assert "No reminders until" in str(card.blocks)
    assert "cards.snooze" not in str(card.blocks)
    assert world.press("C1", value, user="U3", action="cards.snooze") == "done"  # pressed twice: the first one stands
    assert world.quiet == Snoozed("U2", NOW + timedelta(hours=24), "sev1")
    assert len([each for each in world.lines() if "no reminders" in each]) == 1
    for hours in (3, 4, 24):
        assert world.remind(hours) == Outcome()
    assert world.remind(25.1) == Outcome(updated=1)
    assert "breached" in world.lines()[-1]
    assert "cards.snooze" in str(world.shown["C1/7"].blocks)


def test_a_reminder_that_slack_does_not_take_is_told_with_the_next_run() -> None:
    world = subscribed()
    world.refuses["C1"] = UnreachableError("timeout", "no answer")
    with pytest.raises(CardsFailedError):
        world.remind(3)
    world.refuses = {}
    assert world.remind(3.1) == Outcome(updated=1)


def test_what_is_over_and_was_only_compared_gets_no_new_card() -> None:
    """The sweep takes in the history of a repository."""
    world = World(ticket=replace(TICKET, state="closed", resolution="completed"))
    world.subscribe("C1", "severity:sev1")
    assert world.tell("changed") == Outcome()
    assert world.tell("closed", "d2") == Outcome(posted=1)


def test_a_webhook_gets_plain_posts_each_once() -> None:
    """Nothing can be edited there: no buttons, no thread, and each line names its ticket."""
    posts = PlainPosts("urgent", "/kaizen/slack/urgent-webhook", parse("severity:sev1"))
    world = World(policy=replace(default_policy(), cards=(posts,)))
    assert world.tell("opened", severity="unknown") == Outcome()
    assert world.tell("labeled", "d2", "sev1", severity="sev1") == Outcome(posted=1)
    first = world.shown["webhook:urgent/7"]
    assert not [block for block in first.blocks if block["type"] == "actions"]
    for _ in range(2):
        world.tell("edited", "d3", title="Another title")
        world.tell("closed", "d4", state="closed", resolution="completed", mttr_seconds=5400)
    assert world.shown["webhook:urgent/7"] == first
    assert world.posts == ["webhook:urgent/7", "webhook:urgent/7/closed/d4"]
    line = world.shown["webhook:urgent/7/closed/d4"].text
    assert "acme/shop#12" in line
    assert "Closed as completed" in line


def test_a_webhook_that_is_gone_does_not_hold_up_channels() -> None:
    posts = PlainPosts("urgent", "/kaizen/slack/urgent-webhook", parse("severity:sev1"))
    world = World(policy=replace(default_policy(), cards=(posts,)))
    world.refuses["webhook:urgent"] = RefusedError("no_service", "no webhook")
    world.subscribe("C1", "severity:sev1")
    assert world.tell("opened") == Outcome(posted=1, refused=("webhook:urgent: no webhook (no_service)",))
