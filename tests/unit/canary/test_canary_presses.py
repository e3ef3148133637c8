"""Buttons of a canary's message: more time, or an end. Twice, by a stranger, forged or too late, they do nothing."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_monitor.group import standing
from canary_monitor.monitor import CanaryFailedError
from canary_monitor.plan import due_at
from kaizen.policy.sections.canary import CanaryPolicy
from tests.unit.canary.canary_world import KEY, World, at

LIFE = timedelta(hours=24)


def paging(minutes: float = 121, **other: object) -> World:
    """One canary that began in minute 1, was not finished within two hours, and pages."""
    world = World(**other)  # type: ignore[arg-type]
    world.tell("in_progress", 1)
    world.ring(minutes)
    return world


def budget(world: World) -> float:
    (found,) = [value for (name, _), value in world.table.gauges.items() if name == "kaizen_canary_budget_seconds"]
    return found


def test_an_extension_resolves_moves_the_alarm_and_the_budget_and_pages_again() -> None:
    world = paging()
    assert world.press("extend", 131) == "extend"
    assert world.pages == [("trigger", KEY), ("resolve", KEY)]
    assert list(world.alarms.values()) == [at(191)]
    assert budget(world) == 190 * 60
    assert "extended by <@U0ANA>" in world.shown[-1][1].text
    world.check(190)
    assert len(world.pages) == 2
    world.ring(191)
    assert world.pages[2:] == [("trigger", KEY)]
    assert "of 3h 10m" in world.shown[-1][1].text
    world.tell("success", 200)
    assert world.pages[3:] == [("resolve", KEY)]


def test_what_ends_within_more_time_is_not_told_to_have_been_over_it() -> None:
    world = paging()
    assert "over its time budget" in world.shown[-1][1].text
    world.press("extend", 131)
    world.tell("success", 140)
    assert "It was given more time, 3h 10m in all; the page is resolved" in world.shown[-1][1].text


def test_more_time_may_be_given_before_it_is_used_up() -> None:
    world = paging()
    world.press("extend", 131)
    assert world.press("extend", 150) == "extend"
    assert list(world.alarms.values()) == [at(251)]


def test_done_ends_it_and_what_github_says_later_changes_nothing() -> None:
    world = paging()
    assert world.press("done", 133) == "done"
    assert world.pages == [("trigger", KEY), ("resolve", KEY)]
    assert "<@U0ANA> says that it is done after 2h 12m" in world.shown[-1][1].text
    assert (world.alarms, world.table.gauges, world.buttons()) == ({}, {}, {})
    world.tell("in_progress", 140)
    world.tell("failure", 141)
    assert (len(world.pages), len(world.shown), len(world.table.durations)) == (2, 2, 1)


def test_who_pressed_is_kept() -> None:
    world = paging()
    world.press("extend", 131)
    world.press("done", 140, user_id="U0BEN")
    assert [(each.verb, each.by, each.at, each.due) for each in world.table.presses] == [
        ("extend", "U0ANA", at(131), at(121)),
        ("done", "U0BEN", at(140), at(191)),
    ]


def test_a_button_pressed_twice_or_by_two_extends_once() -> None:
    world = paging()
    value = world.buttons()["canary.extend"]
    assert world.press("extend", 131, value) == "extend"
    assert world.press("extend", 131, value) == "over"
    assert world.press("extend", 132, value, user_id="U0BEN") == "over"
    assert list(world.alarms.values()) == [at(191)]
    assert len(world.table.presses) == 1


@pytest.mark.parametrize("verb", ["extend", "done"])
@pytest.mark.parametrize("end", ["success", "failure"])
def test_after_the_end_nothing_is_left_to_press(verb: str, end: str) -> None:
    world = paging()
    value = world.buttons()[f"canary.{verb}"]
    world.tell(end, 130)
    shown = len(world.shown)
    assert world.press(verb, 131, value) == "over"
    assert (len(world.pages), len(world.shown), world.alarms, world.table.presses) == (2, shown, {}, [])


def test_what_was_superseded_cannot_be_extended() -> None:
    world = paging()
    value = world.buttons()["canary.extend"]
    world.tell("in_progress", 125, deployment=2)
    assert world.press("extend", 131, value) == "over"


def test_no_extension_outlasts_its_life() -> None:
    world = paging()
    value = ""
    for hour in range(30):
        value = world.buttons().get("canary.extend", value)
        last = world.press("extend", 121 + hour, value)
    assert last == "over"
    assert list(world.alarms.values()) == [at(1) + LIFE]
    assert "then nobody waits for it any more" in world.shown[-1][1].text
    assert "Extend" not in world.shown[-1][1].text
    assert set(world.buttons()) == {"canary.done"}


def test_a_stranger_is_told_who_may_and_nothing_else_happens() -> None:
    world = paging(policy=CanaryPolicy(responders=("U0ANA", "U0BEN")))
    assert world.press("done", 131, user_id="U0EVE") == "stranger"
    assert (len(world.pages), len(world.shown), world.table.presses) == (1, 1, [])
    assert world.threads == ["<@U0EVE>, nothing was done: the policy lets only <@U0ANA>, <@U0BEN> press these buttons."]
    assert world.press("done", 132, user_id="U0BEN") == "done"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"channel_id": "C0OTHERS"}, "another channel"),
        ({"value": "k1.e30.e30"}, "forged"),
        ({"value": "nothing"}, "malformed"),
        ({"action_id": "canary.done"}, "other action"),
    ],
)
def test_a_value_that_is_not_ours_for_this_button_does_nothing(other: dict[str, str], why: str) -> None:
    world = paging()
    assert world.press("extend", 131, **other) == why
    assert (len(world.pages), len(world.shown), world.table.presses) == (1, 1, [])


def test_an_old_value_has_expired() -> None:
    world = paging()
    assert world.press("extend", 121 + 7 * 24 * 60 + 1) == "expired"


@pytest.mark.parametrize("part", ["pager", "slack", "alarm"])
def test_a_press_that_breaks_off_is_finished_when_its_event_comes_again(part: str) -> None:
    world = paging()
    value = world.buttons()["canary.extend"]
    world.broken = {part}
    with pytest.raises(CanaryFailedError):
        world.press("extend", 131, value)
    world.broken = set()
    assert world.press("extend", 131, value) == "over"
    assert world.pages == [("trigger", KEY), ("resolve", KEY)]
    assert list(world.alarms.values()) == [at(191)]
    assert "extended by" in world.shown[-1][1].text
    assert len(world.table.presses) == 1


STEPS = ("in_progress 1", "waiting 2", "in_progress 50", "in_progress 130 of 2", "success 140 of 2", "extend", "done")


def test_every_order_of_a_history_with_presses_ends_in_one_state() -> None:
    """After the newer one has succeeded nothing is in flight, pages or could still wake anybody."""
    for order in permutations(STEPS[:5]):
        world = World(minutes=150)
        for step in (*order, *order[:2]):
            play(world, step, 150)
        assert (world.table.gauges, world.alarms) == ({}, {})
        assert open_incidents(world) == set()


def play(world: World, step: str, minutes: float) -> None:
    """A delivery, or a press of what stands in Slack: nothing where there is no such button."""
    verb, _, rest = step.partition(" ")
    if verb in ("extend", "done"):
        if world.shown and f"canary.{verb}" in world.buttons():
            world.press(verb, minutes)
        return
    when, _, deployment = rest.partition(" of ")
    world.minutes = max(world.minutes, minutes)
    world.tell(verb, float(when), int(deployment or 1))


def open_incidents(world: World) -> set[str]:
    found: set[str] = set()
    for action, key in world.pages:
        found = found | {key} if action == "trigger" else found - {key}
    return found


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 200)), max_size=14))
def test_nothing_pages_that_has_ended_or_is_within_its_budget(history: list[tuple[str, int]]) -> None:
    """Whatever is delivered, pressed or wakes the monitor, in whichever order: an open incident has its reason."""
    world = World()
    for step, later in history:
        world.minutes += later
        play(world, step, world.minutes)
        for deployment in (1, 2):
            world.check(world.minutes, deployment)
        record = world.table.record
        if record is None:
            continue
        for canary in record.group.canaries:
            told = record.told[canary.deployment]
            is_now = standing(record.group, canary, at(world.minutes), LIFE)
            in_flight = is_now.state == "in_flight" and canary.started_at is not None
            over = in_flight and at(world.minutes) >= due_at(canary.started_at, told)  # type: ignore[arg-type]
            key = f"{KEY[:-1]}{canary.deployment}"
            assert (key in open_incidents(world)) == over
