"""No message promises what does not come, or says what is not so."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox_reaper.outcome import SourceError
from sandbox_reaper.owners import owner_of
from tests.unit.sandboxes.sandbox_world import TICK, World, sandbox


def told(world: World) -> str:
    return json.dumps(world.messages[world.row("shop").notice].blocks, ensure_ascii=False)


def slow(world: World) -> None:
    world.now += timedelta(seconds=61)


def due() -> World:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += timedelta(minutes=40)
    return world


def test_with_figures_that_are_always_too_old_nobody_is_told_and_every_run_fails() -> None:
    world = World()
    world.idle("shop")
    world.hooks["take"] = lambda: slow(world)
    for _ in range(60):
        assert [type(each) for each in world.run().faults] == [SourceError]
        world.now += TICK
    assert (world.messages, world.stops) == ({}, [])


def test_a_recheck_that_is_too_slow_fails_the_run() -> None:
    world = due()
    takes = iter((False, True))
    world.hooks["take"] = lambda: slow(world) if next(takes, True) else None
    (fault,) = world.run().faults
    assert isinstance(fault, SourceError)
    assert "the re-check is too old" in str(fault)
    assert world.stops == []


def test_what_is_gone_in_the_midst_of_its_stop_is_not_said_to_be_back() -> None:
    world = due()

    def gone() -> None:
        world.hooks.clear()
        del world.sandboxes["shop"]

    world.hooks["written"] = gone
    world.run()
    assert "it is gone" in told(world)
    assert "is back" not in told(world)


def test_a_notice_does_not_outlast_the_change_to_a_dry_run() -> None:
    world = due()
    world.policy = replace(world.policy, mode="dry-run")
    world.now = world.now - timedelta(minutes=8)
    world.ticks(4)
    assert "stops are only rehearsed by now" in told(world)
    assert "will be stopped" not in told(world)


@pytest.mark.parametrize("name", ["@ana", "u0123456789", "<@U0123456789>"])
def test_an_owner_whom_nothing_leads_to_is_shown_by_the_name_that_stands_there(name: str) -> None:
    world = World()
    world.idle("shop", annotations={"kaizen.dev/owner": name})
    world.until("shop", "NOTIFIED")
    assert "which is no Slack id" in told(world)
    assert "annotation kaizen.dev/owner is" in told(world)
    assert "Nobody is named" not in told(world)


def test_a_private_channel_may_be_an_owner() -> None:
    found = owner_of(sandbox("shop", annotations={"kaizen.dev/owner": "G012345678"}), {}, "C0FALLBACK")
    assert (found.target, found.known, found.person) == ("G012345678", True, False)
