"""What a card must never say: something older, something of a ticket that is none, a button that does nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kaizen.policy.sections.cards import PlainPosts
from kaizen.slack.buttons import Button, verified
from kaizen.slack.errors import UnreachableError
from kaizen.subscriptions.expression import parse
from tests.factories import default_policy
from tests.unit.cards.test_ticket_cards import NOW, TICKET, World
from ticket_cards.attended import Acknowledged, Snoozed
from ticket_cards.pace import CardsFailedError, Outcome


def standing(text: str = "severity:sev1") -> World:
    world = World()
    world.subscribe("C1", text)
    world.tell("opened")
    return world


def buttons(world: World, channel: str = "C1") -> list[str]:
    blocks = world.shown[f"{channel}/7"].blocks
    return [each["action_id"] for block in blocks for each in block.get("elements", []) if "action_id" in each]


def test_a_ticket_that_is_none_any_more_says_so_and_has_no_buttons() -> None:
    world = standing()
    world.is_ticket = False
    assert world.tell("labeled", "d2", "kaizen", taken_off=True) == Outcome(updated=1)
    assert "no ticket any more" in world.shown["C1/7"].text
    assert buttons(world) == []
    world.closed()
    assert "no ticket any more" in world.shown["C1/7"].text
    assert len(world.lines()) == 1
    world.is_ticket = True
    world.reopened()
    assert "SLA" in world.shown["C1/7"].text
    assert buttons(world) != []


def test_a_label_that_was_put_on_and_off_quickly_is_told_as_both() -> None:
    world = standing("component:api")
    world.ticket = replace(TICKET, severity="unknown", labels=("component:api",))
    world.tell("labeled", "on", "sev1")
    world.tell("labeled", "off", "sev1", taken_off=True)
    assert ["put on" in each for each in world.lines()] == [True, False]


def test_the_card_and_its_thread_agree_to_the_second() -> None:
    """Exactly due is not breached; a fresh ticket is green however short its SLA is."""
    world = standing()
    assert world.shown["C1/7"].text.startswith("🟢")
    world.remind(4)
    assert world.shown["C1/7"].text.startswith("🟠")
    assert "breached" not in "".join(world.lines())
    world.remind(4.001)
    assert world.shown["C1/7"].text.startswith("🔴")
    assert "breached since" in world.shown["C1/7"].text
    assert "breached" in world.lines()[-1]


@pytest.mark.parametrize("place", ["C1", "webhook:urgent"])
def test_a_retry_for_another_channel_adds_no_line(place: str) -> None:
    posts = (PlainPosts("urgent", "/kaizen/slack/urgent-webhook", parse("severity:sev1")),)
    world = World(policy=replace(default_policy(), cards=posts if place != "C1" else ()))
    if place == "C1":
        world.subscribe("C1", "severity:sev1")
    world.subscribe("C2", "severity:sev1")
    world.refuses["C2"] = UnreachableError("x", "there is no connection to Slack")
    with pytest.raises(CardsFailedError):
        world.tell("labeled", "d1", "sev1")
    world.refuses.clear()
    world.tell("labeled", "d1", "sev1")
    assert world.posts == [f"{place}/7", "C2/7"]


def test_a_close_that_the_comparison_finds_stands_in_the_thread_once() -> None:
    world = standing()
    world.now += timedelta(minutes=5)
    world.closed("changed")
    assert ["Closed as completed" in each for each in world.lines()] == [True]
    world.tell("changed", "d9", title="Another title")
    world.tell("closed", "late")
    assert len(world.lines()) == 1
    world.now += timedelta(minutes=5)
    world.reopened("changed")
    assert ["Opened again" in each for each in world.lines()] == [False, True]


def test_what_was_over_before_its_card_is_not_told_as_new() -> None:
    world = World()
    world.subscribe("C1", "severity:sev1")
    world.closed()
    world.shown.clear()
    world.standing.clear()
    world.now += timedelta(hours=1)
    world.tell("labeled", "d2", "sev1")
    world.now += timedelta(hours=1)
    world.tell("changed", "d3", title="Another title")
    assert world.lines() == []


def test_who_is_on_it_is_so_until_the_ticket_is_opened_again() -> None:
    world = standing()
    world.press("C1", world.value("C1"))
    world.now += timedelta(minutes=10)
    world.closed()
    world.now += timedelta(days=60)
    world.reopened()
    assert "cards.acknowledge" in buttons(world)
    assert "is on it" not in str(world.shown["C1/7"].blocks)
    world.now += timedelta(minutes=1)
    assert world.press("C1", world.value("C1")) == "done"
    assert world.on_it == Acknowledged("U2", world.now)
    assert len([each for each in world.lines() if "is on it" in each]) == 2


def test_a_reopened_ticket_is_reminded_of_anew() -> None:
    world = standing()
    world.remind(5)
    world.closed()
    world.now += timedelta(hours=1)
    world.reopened()
    assert world.remind(7) == Outcome(updated=1)
    assert world.remind(8) == Outcome()
    assert len([each for each in world.lines() if "breached" in each]) == 2


def test_a_snooze_ends_when_the_severity_rises_and_not_when_it_falls() -> None:
    world = standing("component:api")
    world.tell("labeled", "d2", "sev2", severity="sev2")
    world.press("C1", world.value("C1", "cards.snooze"), action="cards.snooze")
    assert world.quiet == Snoozed("U2", NOW + timedelta(hours=24), "sev2")
    world.tell("labeled", "d3", "sev3", severity="sev3")
    assert "cards.snooze" not in buttons(world)
    world.tell("labeled", "d4", "sev1", severity="sev1")
    assert "cards.snooze" in buttons(world)
    assert world.remind(5) == Outcome(updated=1)


def test_buttons_are_new_before_they_die() -> None:
    world = World(now=NOW.replace(hour=23, minute=59), ticket=replace(TICKET, severity="unknown"))
    world.subscribe("C1", "component:api")
    world.tell("opened")
    began = world.now
    for hours in range(1, 24 * 30):
        world.now = began + timedelta(hours=hours)
        assert isinstance(verified(world.value("C1"), "cards.acknowledge", "secret", world.now), Button), world.now
        world.look([world.ticket or TICKET])


def test_a_card_is_renewed_a_few_times_a_month_and_no_more() -> None:
    world = World(ticket=replace(TICKET, severity="unknown"))
    world.subscribe("C1", "component:api")
    world.tell("opened")
    for minutes in range(0, 60 * 24 * 30, 60):
        world.now = NOW + timedelta(minutes=minutes)
        world.look([world.ticket or TICKET])
    assert len(world.edits) - len(world.lines()) == 5  # a reminder is an edit, too
    assert [each for each in world.posts if "sla" not in each] == ["C1/7"]


def test_a_press_that_does_nothing_is_answered_in_the_thread() -> None:
    world = standing()
    value = world.value("C1")
    assert world.press("C2", value) == "another channel"
    assert "<@U2>, your press did nothing" in world.shown["C2/7/refused/U2/another channel"].text
    world.now += timedelta(days=8)
    assert world.press("C1", value) == "expired"
    assert "press again" in world.lines()[-1]
    assert world.press("C1", world.value("C1")) == "done"
    assert world.press("C1", value, "U3") == "expired"
    world.ticket = replace(TICKET, state="closed")  # its delivery is under way
    assert world.press("C1", value) == "over"
    assert buttons(world) == []
    count = len(world.shown)
    assert world.press("C1", "") == "malformed"
    assert world.press("C1", value[:-4] + "AAAA") == "forged"
    assert len(world.shown) == count


def test_who_comes_second_hears_who_is_on_it() -> None:
    world = standing()
    value = world.value("C1")
    assert world.press("C1", value) == "done"
    assert world.press("C1", value) == "repeated"
    assert len(world.lines()) == 1
    assert world.press("C1", value, "U3") == "repeated"
    assert world.lines()[-1] == "<@U3>, your press did nothing: <@U2> is on it already."


def test_a_new_subscription_hears_of_no_old_breach() -> None:
    world = World()
    world.remind(9)
    world.subscribe("C1", "severity:sev1 and event:breached")
    assert world.remind(10) == Outcome()
    assert world.posts == []


def test_a_breach_that_nobody_has_looked_at_is_old_for_a_subscription_that_came_later() -> None:
    world = World(now=TICKET.opened_at + timedelta(hours=9))
    world.subscribe("C1", "severity:sev1 and event:breached")
    assert world.remind(9.1) == Outcome()


def test_what_was_told_in_full_is_not_read_again() -> None:
    """However many channels there are: hundreds of breached tickets are looked at every five minutes."""
    world = standing()
    for number in range(2, 20):
        world.subscribe(f"C{number}", "severity:sev1")
    world.remind(5)
    assert len(world.lines()) == 19
    world.reads = 0
    for hours in (6, 7, 8):
        assert world.remind(hours) == Outcome()
    assert world.reads == 0


def test_a_reminder_is_of_the_ticket_as_it_is_now() -> None:
    """The list of open tickets was read before it was closed."""
    world = standing()
    world.now += timedelta(hours=4)
    listed = world.ticket
    assert listed is not None
    world.closed()
    assert world.look([listed]) == Outcome()
    assert "closed" in world.shown["C1/7"].text
    assert not [each for each in world.lines() if "breached" in each]
