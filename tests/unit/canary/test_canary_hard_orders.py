"""No incident stays open for ever, and no canary over its budget is forgotten: the orders of events that are hard."""

from typing import Any

import pytest

from canary_monitor.alarms import Alarm
from canary_monitor.monitor import CanaryFailedError
from kaizen.policy.sections.canary import CanaryBudget, CanaryPolicy
from tests.unit.canary.canary_world import KEY, World, at
from tests.unit.canary.test_canary_presses import open_incidents

ONLY_MARKED = CanaryPolicy(budgets=(CanaryBudget("*/*", "production", None, {"canary": True}, 7200),))
ONLY_STAGING = CanaryPolicy(budgets=(CanaryBudget("*/*", "staging", None, {}, 7200),))


def running(**given: Any) -> World:
    world = World(**given)
    world.tell("in_progress", 1, created_at=at(0))
    return world


def test_a_page_that_was_taken_while_its_answer_was_lost_is_resolved_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = running()
    taken = world.page

    def lost(event: Any) -> None:
        taken(event)
        raise ConnectionError("no answer in time")

    monkeypatch.setattr(world, "page", lost)
    with pytest.raises(CanaryFailedError):
        world.ring(122)
    monkeypatch.setattr(world, "page", taken)
    assert open_incidents(world) == {KEY}
    world.tell("success", 123)
    assert open_incidents(world) == set()


@pytest.mark.parametrize("policy", [ONLY_MARKED, ONLY_STAGING])
def test_what_the_policy_calls_no_canary_any_more_is_still_seen_to_its_end(policy: CanaryPolicy) -> None:
    world = running()
    world.ring(121)
    assert open_incidents(world) == {KEY}
    world.policy = policy
    world.tell("success", 130)
    assert open_incidents(world) == set()
    assert not world.table.gauges
    assert "Canary finished" in world.shown[-1][1].text


def test_one_that_ended_under_another_policy_pages_nobody_later() -> None:
    world = running(statuses="no access to GitHub is set up")
    world.policy = ONLY_STAGING
    world.tell("success", 30)
    assert not world.alarms
    world.check(121)
    assert world.pages == []


def test_a_repository_that_is_renamed_meanwhile_keeps_its_name_until_the_end() -> None:
    """Series and incident have the old name; under the new one they would never be found again."""
    world = running()
    world.tell("in_progress", 2, repository="acme/store")
    world.check(121)
    world.tell("success", 130, repository="acme/store")
    assert world.pages == [("trigger", KEY), ("resolve", KEY)]
    assert not world.table.gauges
    world.tell("in_progress", 140, deployment=2, repository="acme/store")
    assert world.table.record is not None
    assert world.table.record.group.repository == "acme/store"


def test_deployments_that_wait_for_an_approval_push_no_running_canary_out() -> None:
    world = running()
    for number in range(2, 40):
        world.tell("", number, deployment=number, created_at=at(number), status_at=None)
    world.check(130)
    assert open_incidents(world) == {KEY}
    world.tell("success", 131)
    assert open_incidents(world) == set()


def test_a_newer_one_whose_approval_was_refused_takes_no_place() -> None:
    world = running()
    world.tell("waiting", 10, deployment=2)
    world.tell("failure", 20, deployment=2)
    world.check(125)
    assert open_incidents(world) == {KEY}


def test_a_schedule_that_fires_too_early_is_set_again() -> None:
    world = running()
    ((alarm, due),) = world.alarms.items()
    world.alarms.clear()
    world.minutes = 120.9
    world.monitor.check(alarm)
    assert world.alarms == {alarm: due}


def test_one_deployment_in_two_environments_has_two_alarms() -> None:
    names = {Alarm(7, environment, "deploy", 1).name for environment in ("production", "staging")}
    assert len(names) == 2
    assert all(len(name) <= 64 for name in names)
    assert len(Alarm(10**12, "x" * 255, "deploy", 10**12).name) <= 64
