"""Caps, the breaker and the print of a policy, each at its edge."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.policy.sections.sandboxes import SandboxPolicy
from sandbox_reaper import fleet
from tests.unit.sandboxes.sandbox_world import LIVE, T0, World

OPEN = replace(LIVE, most_stops=100, most_share=1.0, most_per_owner=100)


@pytest.mark.parametrize(
    ("changed", "most", "size"),
    [
        ({"most_stops": 5}, 5, 100),
        ({"most_share": 0.25}, 25, 100),
        ({"most_share": 0.25}, 24, 99),
        ({"most_share": 0.25}, 2, 3),  # two at least
        ({"most_per_owner": 2}, 2, 100),
    ],
)
def test_a_cap_holds_from_the_first_that_is_too_many(changed: dict[str, Any], most: int, size: int) -> None:
    policy = replace(OPEN, **changed)
    assert fleet.over_cap(["ana"] * most, size, policy) == ""
    assert fleet.over_cap(["ana"] * (most + 1), size, policy) != ""


def test_the_breaker_opens_above_its_share_over_the_median() -> None:
    history = [0.1, 0.2, 0.3]
    assert fleet.breaker(50, 100, history, LIVE) == ""  # 30 points above the median, and not more
    assert "51 of 100 sandboxes are idle at once, where 20% are usual" in fleet.breaker(51, 100, history, LIVE)
    assert fleet.breaker(3, 4, [0.0], LIVE) == ""  # three at once are no flip
    assert fleet.breaker(4, 4, [0.0], LIVE) != ""


CHANGED: dict[str, Any] = {
    "window": 3600, "grace": 3600, "unknown_owner_grace": 90_000, "apart": 600, "lag": 30, "scrape": 15,
    "signals": ("cpu", "memory"), "canary": "monitoring", "matchers": {"cluster": "eu"}, "cpu": 0.1, "receive": 1.0,
    "transmit": 1.0, "disk": 1.0, "memory_share": 0.1, "memory_bytes": 1, "most_stops": 1, "most_share": 0.1,
    "most_per_owner": 1, "breaker_share": 0.1, "protected": ("x",),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_each_rule_of_a_policy_voids_the_notices_before_it(name: str) -> None:
    assert fleet.config_of(replace(LIVE, **{name: CHANGED[name]})) != fleet.config_of(LIVE)


def test_what_is_compared_by_itself_does_not_void_all_notices() -> None:
    """The mode is a guard, and who is told is compared sandbox by sandbox."""
    others = {"mode", "channel", "owners"}
    assert {each.name for each in fields(SandboxPolicy)} == CHANGED.keys() | others
    assert fleet.config_of(replace(LIVE, mode="dry-run", channel="C0", owners={"a": "U0"})) == fleet.config_of(LIVE)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(0, 4), st.integers(0, 3))
def test_those_that_fit_are_within_every_cap(owners: list[str], stops: int, each: int) -> None:
    policy = replace(LIVE, most_stops=stops, most_per_owner=each, most_share=0.5)
    fits = fleet.fitting(owners, 10, policy)
    kept = [owner for owner, fit in zip(owners, fits, strict=True) if fit]
    assert fleet.over_cap(kept, 10, policy) == ""
    assert all(fits) is (fleet.over_cap(owners, 10, policy) == "")


def test_room_counts_what_is_due_within_a_quarter_of_an_hour() -> None:
    policy = replace(OPEN, most_stops=1)
    assert fleet.room(T0, "ana", [], 10, policy)
    assert not fleet.room(T0, "ana", [(T0 + timedelta(minutes=14, seconds=59), "ben")], 10, policy)
    assert fleet.room(T0, "ana", [(T0 + timedelta(minutes=15), "ben")], 10, policy)


@pytest.mark.parametrize("minutes", [-3, 3])
def test_a_cluster_with_another_clock_is_not_known(minutes: int) -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += timedelta(minutes=40)
    world.ahead = timedelta(minutes=minutes)
    done = world.run()
    assert "the clock of the cluster is another than ours" in done.source
    assert len(done.faults) == 1
    assert world.stops == []
    world.ahead = timedelta(minutes=2)
    world.ticks(3)
    assert world.stops
