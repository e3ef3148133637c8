"""What a run must look at beside the guards: each of these lets something through where it is taken away."""

from dataclasses import replace
from datetime import timedelta

from sandbox_reaper import stopping
from sandbox_reaper.restore import record_of
from tests.unit.sandboxes.sandbox_world import T0, World, sandbox


def due(*names: str) -> World:
    world = World()
    for name in names:
        world.idle(name)
    world.until(names[0], "NOTIFIED")
    world.now += timedelta(minutes=40)
    return world


def test_no_record_is_written_of_a_stop_that_a_guard_refuses() -> None:
    """A record that nothing followed would bring back later what somebody else took to 0."""
    world = due("shop")
    world.hooks["sandbox"] = lambda: world.change("shop", labels={})
    world.run()
    assert world.records == {}
    assert world.stops == []


def test_a_namesake_is_neither_stopped_nor_brought_back() -> None:
    """A namespace that was deleted and made again, by somebody who restored even the uids of what is in it."""
    here = sandbox("shop")
    world = World()
    world.add(replace(here, uid="uid-other"))
    record = record_of(here, "stop-1", T0)

    def look() -> None:
        return None

    ended = stopping.stop(world, world, record, world.sandboxes["shop"], look, lambda _: "", lambda _: "")
    assert (ended.how, ended.why) == ("undone", stopping.GONE)
    assert world.stops == []
    stopped = tuple(replace(each, size=0, stop="stop-1", original=each.size) for each in here.workloads)
    world.change("shop", workloads=stopped)
    assert stopping.restore(world, world, record) is None
    assert world.resumes == []


def test_nobody_is_told_once_the_switch_is_off() -> None:
    """Also where it goes off after the run has begun."""
    world = World()
    world.idle("shop")

    def off() -> None:
        world.switch = False

    world.hooks["inventory"] = off
    for _ in range(6):
        world.switch = True
        world.run()
        world.now += timedelta(minutes=5)
    assert world.messages == {}


def test_no_stop_is_begun_when_little_time_is_left() -> None:
    world = due("a", "b")

    def late() -> None:
        world.left = 0.1

    world.hooks["written"] = late
    done = world.run()
    assert {name for _, name, _ in world.stops} == {"a"}
    assert world.row("a").state == "STOPPED"
    assert done.postponed == 1
    world.left = 1.0
    world.hooks.clear()
    world.now += timedelta(minutes=5)
    world.run()
    assert {name for _, name, _ in world.stops} == {"a", "b"}
