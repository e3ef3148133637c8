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
    def asked(idle: int, size: int, *shares: float) -> str:
        history: dict[int, float] = {}
        for number, share in enumerate(shares):
            at = T0 - timedelta(minutes=30 * (number + 1))
            history = {**fleet.remembered(at, {}, round(share * 100), 100), **history}
        return fleet.breaker(T0, idle, size, history, LIVE)

    assert asked(50, 100, 0.1, 0.2, 0.3) == ""  # 30 points above the median, and not more
    assert "51 of 100 sandboxes are idle at once, where 20% are usual" in asked(51, 100, 0.1, 0.2, 0.3)
    assert asked(3, 4, 0.0) == ""  # three at once are no flip
    assert asked(4, 4, 0.0) != ""
    assert asked(4, 4) == ""  # nothing is usual yet


def test_what_people_leave_each_evening_is_usual_from_the_second_evening_on() -> None:
    """Work from 9 to 18, an hour earlier or later; at night all of it is idle, and stopped after three hours."""
    history: dict[int, float] = {}
    opened: dict[int, set[int]] = {}
    for number in range(10):
        home = 18 + (number * 7 % 5 - 2) / 2
        for minutes in range(0, 1440, 5):
            at = T0.replace(hour=0) + timedelta(days=number, minutes=minutes)
            hour = minutes / 60
            weekend = at.weekday() >= 5
            fleet_size = 0 if hour < 8 or hour > 21 or weekend else 50
            idle = fleet_size if hour >= home else 5 if fleet_size else 0
            if fleet_size and fleet.breaker(at, idle, fleet_size, history, LIVE):
                opened.setdefault(number, set()).add(int(hour))
            history = fleet.remembered(at, history, idle, fleet_size)
    assert opened.keys() == {0}, opened
    # A flip at noon is none of that.
    noon = T0 + timedelta(days=10, hours=3)
    assert "50 of 50" in fleet.breaker(noon, 50, 50, history, LIVE)
    assert len(history) <= 7 * 48 + 3


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
