"""Thirty days of fifty sandboxes whose true use is known, with all that goes wrong; of a thousand in a soak."""

from dataclasses import replace

import pytest

from sandbox_reaper import guards, usage
from tests.effort import PROFILE
from tests.unit.sandboxes.sandbox_world import World
from tests.unit.sandboxes.simulate import told
from tests.unit.sandboxes.simulation import CALLS, POLICY, TICK, Disturbance, Simulation, policy_of

DAYS, FLEET = 10 if PROFILE == "fast" else 30, 1000 if PROFILE == "soak" else 50


def test_a_month_of_a_fleet() -> None:
    world = Simulation(policy=policy_of(FLEET), seed=18, days=DAYS, fleet=FLEET)
    world.go()
    assert world.wrong == []
    assert world.seen.decisions > 0.95 * FLEET * DAYS * 1440 / TICK
    stopped = {row.name for row in world.stored.values() if row.stop_id} | {name for _, name, _ in world.stops}
    assert len(stopped) == FLEET  # each of them once at least
    assert len(world.stops) > 30 * DAYS
    assert world.seen.earliest >= 30
    assert 1 < world.seen.most <= world.policy.most_stops
    assert world.seen.restores > 2 * DAYS
    assert all(world.seen.faults.values()), world.seen.faults
    pauses = world.idle_times()
    assert pauses.whole > 10 * DAYS
    assert pauses.in_time >= 0.99 * pauses.whole, pauses
    assert pauses.every_in_time > 0.3 * pauses.every, pauses
    assert pauses.whole + sum(pauses.left_out.values()) == pauses.every
    assert pauses.left_out["the cap held"] < 0.05 * pauses.every, pauses  # it drains
    assert "stops of a sandbox in use: 0 of" in told(world, 1.0)


@pytest.mark.parametrize("kind", ["crashes", "overlapping runs"])
@pytest.mark.parametrize("call", CALLS)
def test_a_disturbance_at_every_call_of_a_day(call: str, kind: str) -> None:
    """Each call breaks off, or another run comes between, in every second run."""
    world = Simulation(policy=POLICY, seed=5, days=1, fleet=4)
    world._disturbance = lambda: Disturbance(world, call if world.luck.random() < 0.5 else "", kind)  # type: ignore[method-assign]
    world.go()
    assert world.wrong == []
    assert world.stops


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("grace", "was not told for 30 minutes"), ("_busy", "was in use"), ("_unclear", "was unknown"),
        ("cap", "were stopped in one run"), ("restore", "was not restored exactly"),
    ],
)  # fmt: skip
def test_the_judge_sees_what_is_wrong(part: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each protection taken away, with the guard that stands behind it: the simulation shows the wrong stop."""
    policy = replace(POLICY, most_stops=20, most_share=1.0, grace=600 if part == "grace" else POLICY.grace)
    if part.startswith("_"):
        monkeypatch.setattr(usage, part, lambda *_: None)
        monkeypatch.setattr(guards, "COVERAGE", 0.0)
    if part == "cap":
        policy = replace(policy, most_stops=0)
        monkeypatch.setattr("sandbox_reaper.fleet.over_cap", lambda *_: "")
    if part == "restore":
        monkeypatch.setattr(Simulation, "resume", lambda self, given, found, size, stop_id: World.resume(
            self, given, found, size + 1, stop_id
        ))  # fmt: skip
    world = Simulation(policy=policy, seed=18, days=3, fleet=20)
    while not any(words in each for each in world.wrong):
        assert world.minute < 3 * 1440, world.wrong
        world.tick()
