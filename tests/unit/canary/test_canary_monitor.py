"""What the world is told of a canary, and in which order things may break."""

from datetime import timedelta

import pytest

from canary_monitor.group import Status
from canary_monitor.monitor import CanaryFailedError
from kaizen.policy.sections.canary import CanaryBudget, CanaryPolicy
from tests.unit.canary.canary_world import KEY, World, at


def test_a_forgotten_canary_is_one_page_and_its_end_resolves_it() -> None:
    world = World()
    world.tell("in_progress", 1)
    assert set(world.table.gauges.values()) == {int(at(1).timestamp()), 7200}
    assert list(world.alarms.values()) == [at(121)]
    world.ring(121.5)
    assert world.pages == [("trigger", KEY)]
    assert "has run for *2h*" in world.shown[-1][1].text
    world.tell("success", 130)
    assert world.pages == [("trigger", KEY), ("resolve", KEY)]
    assert "Canary finished" in world.shown[-1][1].text
    assert world.table.gauges == {}
    assert world.alarms == {}
    assert len(world.table.durations) == 1
    world.tell("success", 130)
    world.tell("in_progress", 131)
    assert (len(world.pages), len(world.shown), len(world.table.durations)) == (2, 2, 1)


@pytest.mark.parametrize("state", ["success", "failure", "error"])
def test_one_that_ends_in_time_wakes_nobody(state: str) -> None:
    world = World()
    world.tell("in_progress", 1)
    world.tell(state, 60)
    assert (world.pages, world.shown, world.alarms, world.table.gauges) == ([], [], {}, {})


def test_a_start_that_is_heard_of_too_late_pages_at_once() -> None:
    world = World(minutes=300)
    world.tell("in_progress", 1)
    assert world.pages == [("trigger", KEY)]
    assert list(world.alarms.values()) == [at(1) + timedelta(hours=24)]


def test_one_that_github_knows_to_be_over_pages_nobody() -> None:
    """GitHub tells nobody that a deployment became inactive."""
    world = World(statuses=[Status(1, at(0.01), "inactive", at(90))])
    world.tell("in_progress", 1)
    world.ring(121)
    assert (world.pages, world.shown, world.table.gauges) == ([], [], {})


def test_a_newer_one_supersedes_and_resolves() -> None:
    world = World()
    world.tell("in_progress", 1)
    world.ring(122)
    world.tell("in_progress", 125, deployment=2)
    assert world.pages == [("trigger", KEY), ("resolve", KEY)]
    assert "superseded" in world.shown[-1][1].text
    assert [series for _, series in world.table.gauges if '"1"' in series] == []


def test_a_full_rollout_supersedes_a_canary_that_the_payload_tells() -> None:
    budget = CanaryBudget("*/*", "production", None, {"canary": True}, 7200)
    world = World(policy=CanaryPolicy(budgets=(budget,)))
    world.tell("in_progress", 1, payload={"canary": True})
    world.tell("in_progress", 20, deployment=2, payload={})
    assert (world.alarms, world.table.gauges) == ({}, {})


def test_what_is_no_canary_is_let_alone() -> None:
    world = World()
    assert world.tell("in_progress", 1, environment="staging") == "ignored"
    assert world.table.record is None


def test_one_that_nobody_finishes_is_given_up_and_resolved() -> None:
    world = World()
    world.tell("in_progress", 1)
    world.ring(122)
    world.ring(1 + 24 * 60)
    assert world.pages == [("trigger", KEY), ("resolve", KEY)]
    assert "its outcome is unknown" in world.shown[-1][1].text
    assert (world.table.gauges, world.alarms) == ({}, {})


@pytest.mark.parametrize("part", ["pager", "slack"])
def test_one_path_that_fails_does_not_hold_up_the_other_and_is_made_up_for(part: str) -> None:
    world = World()
    world.tell("in_progress", 1)
    ((alarm, _),) = world.alarms.items()
    world.minutes, world.broken = 122, {part}
    with pytest.raises(CanaryFailedError):
        world.monitor.check(alarm)
    assert (len(world.pages), len(world.shown)) == ((0, 1) if part == "pager" else (1, 0))
    world.broken = set()
    world.monitor.check(alarm)
    assert (len(world.pages), len(world.shown)) == (1, 1)


def test_an_alarm_that_could_not_be_set_is_set_when_the_message_comes_again() -> None:
    world = World(broken={"alarm"})
    with pytest.raises(CanaryFailedError):
        world.tell("in_progress", 1)
    world.broken = set()
    world.tell("in_progress", 1)
    assert list(world.alarms.values()) == [at(121)]


def test_the_page_says_that_github_could_not_be_asked() -> None:
    world = World(statuses="the token may not read deployments")
    world.tell("in_progress", 1)
    world.ring(122)
    assert world.pages == [("trigger", KEY)]
    assert "the token may not read deployments" in world.shown[-1][1].text


def test_without_a_pager_the_message_says_so() -> None:
    world = World(pager=False)
    world.tell("in_progress", 1)
    world.ring(122)
    assert "No pager is set up" in world.shown[-1][1].text


def test_a_gauge_says_that_a_page_of_ours_is_open() -> None:
    """Prometheus pages in its own way for an over-budget canary without it."""

    def paged_at(world: World) -> list[float]:
        return [at for (name, _), at in world.table.gauges.items() if name == "kaizen_canary_paged_timestamp_seconds"]

    world = World()
    world.tell("in_progress", 1)
    assert paged_at(world) == []
    world.ring(122)
    assert paged_at(world) == [int(at(122).timestamp())]
    world.press("extend", 130)
    assert paged_at(world) == []
    world.ring(190)
    assert paged_at(world) == [int(at(190).timestamp())]
    without = World(pager=False)
    without.tell("in_progress", 1)
    without.ring(122)
    assert paged_at(without) == []


def test_the_page_compares_with_the_last_good_one() -> None:
    world = World()
    world.tell("success", 1, deployment=1)
    world.tell("in_progress", 2, deployment=2)
    world.ring(123)
    assert f"https://github.com/acme/shop/compare/{1:040x}...{2:040x}" in world.shown[-1][1].text
