"""Two runs at once over the real store's conditions: whoever comes second finds what the first has left open."""

from typing import Any

import pytest

from canary_monitor.store import CanaryStore
from kaizen.policy.sections.canary import CanaryBudget, CanaryPolicy
from tests.contract.canary.test_canary_store import dynamodb
from tests.unit.canary.canary_world import KEY, World
from tests.unit.canary.test_canary_presses import open_incidents

__all__ = ["dynamodb"]
BOTH = CanaryPolicy(
    budgets=(CanaryBudget("*/*", "production", None, {}, 7200), CanaryBudget("*/*", "staging", None, {}, 3600))
)


def test_a_canary_that_ends_while_it_is_paged_for_is_resolved(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.table = CanaryStore(dynamodb, "canaries", "metrics")  # type: ignore[assignment]
    world.tell("in_progress", 1)
    taken, ended = world.page, list[bool]()

    def page(event: Any) -> None:
        taken(event)
        if not ended:
            ended.append(True)
            world.tell("success", 122)

    monkeypatch.setattr(world, "page", page)
    world.check(122)
    assert world.pages[-1] == ("resolve", KEY), "also after the trigger, which may have come later than the end's own"
    assert open_incidents(world) == set()
    world.check(123)
    assert open_incidents(world) == set()


def test_a_deployment_in_two_environments_is_found_in_each(dynamodb: Any) -> None:
    world = World(policy=BOTH)
    store = CanaryStore(dynamodb, "canaries", "metrics")
    world.table = store  # type: ignore[assignment]
    for environment in ("production", "staging"):
        world.tell("in_progress", 1, environment=environment)
    for environment in ("production", "staging"):
        found = store.find(1, environment)
        assert found is not None
        assert found.group.environment == environment
    world.tell("success", 5, environment="staging")
    assert [alarm.environment for alarm in world.alarms] == ["production"]
