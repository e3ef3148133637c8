"""A stop that is half done: every guard is asked before each write, and what cannot be ended is undone and said."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox_reaper.backend import BackendDeniedError, BackendError, BackendUnavailableError
from sandbox_reaper.decision import wanted
from sandbox_reaper.state import Request, Row
from tests.unit.sandboxes.sandbox_world import OWNER, T0, TICK, Crash, World, workload

SIZES = {"web": 2, "db": 1}


def sizes(world: World) -> dict[str, int]:
    return {each.name: each.size for each in world.sandboxes["shop"].workloads}


def told(world: World) -> str:
    return json.dumps(world.messages[world.row("shop").notice].blocks, ensure_ascii=False)


def due() -> World:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += timedelta(minutes=40)
    return world


def once(world: World, call: str, act: Callable[[], None]) -> None:
    """At the first such call."""

    def hook() -> None:
        del world.hooks[call]
        act()

    world.hooks[call] = hook


def crash() -> None:
    raise Crash


def broken_off() -> World:
    """The process has ended after the first of two writes."""
    world = due()
    once(world, "written", crash)
    with suppress(Crash):
        world.run()
    assert (world.row("shop").state, sizes(world)) == ("STOP_CLAIMED", {"web": 0, "db": 1})
    return world


def exempt(world: World) -> None:
    world.change("shop", annotations={"kaizen.dev/owner": OWNER, "kaizen.dev/exempt": "true"})


def opt_out(world: World) -> None:
    world.change("shop", labels={})


def keep(world: World) -> None:
    world.press("shop", "keep", 4)


def beat(world: World) -> None:
    world.beat("shop", world.now + timedelta(hours=1))


def work(world: World) -> None:
    world.figures["shop"]["cpu"] = 5.0


def switch_off(world: World) -> None:
    world.switch = False


def deploy(world: World) -> None:
    web, db = world.sandboxes["shop"].workloads
    world.change("shop", workloads=(web, replace(db, rollout="rollout-2")))


def scaled(world: World) -> None:
    world.change("shop", controllers=("KEDA ScaledObject web",))


def new_pod(world: World) -> None:
    world.change("shop", pods=("shop-9",))


def beat_within(world: World) -> None:
    """A Sandbox in the namespace says so itself."""
    said = Request("busy", "uid-coder", "busy", "", "", world.now, until=world.now + timedelta(hours=1))
    world.asked["uid-coder"] = [said]


AGAINST = [exempt, opt_out, keep, beat, switch_off, deploy, scaled, new_pod]


@pytest.mark.parametrize("against", [*AGAINST, work])
def test_a_stop_that_broke_off_is_undone_where_anything_is_against_it_by_then(against: Callable[[World], None]) -> None:
    world = broken_off()
    world.now += TICK
    against(world)
    world.run()
    assert sizes(world) == SIZES
    assert world.row("shop").state in ("ACTIVE", "SNOOZED", "EXEMPT")
    assert not any(each.stop for each in world.sandboxes["shop"].workloads)
    assert "Sandbox stopped" not in told(world)
    assert len(world.stops) == 1


@pytest.mark.parametrize("against", AGAINST)
def test_the_same_between_two_writes_of_one_run(against: Callable[[World], None]) -> None:
    world = due()
    once(world, "written", lambda: against(world))
    world.run()
    assert sizes(world) == SIZES
    assert len(world.stops) == 1
    assert world.row("shop").state in ("ACTIVE", "SNOOZED")


def test_figures_are_read_anew_where_a_write_took_long() -> None:
    world = due()

    def slow() -> None:
        world.now += timedelta(seconds=40)
        work(world)

    once(world, "written", slow)
    world.run()
    assert (sizes(world), len(world.stops)) == (SIZES, 1)


def test_keep_in_the_midst_of_a_stop_is_what_the_message_says() -> None:
    world = broken_off()
    keep(world)
    world.now += TICK
    world.run()
    assert world.row("shop").state == "SNOOZED"
    assert "is kept until" in told(world)


@pytest.mark.parametrize("against", [exempt, opt_out, keep, beat])
def test_a_stop_whose_end_was_not_written_down_is_undone_by_a_word(against: Callable[[World], None]) -> None:
    """All is down, and the message still has *Keep*: whoever presses it is right."""
    world = due()
    world.hooks["written"] = lambda: crash() if len(world.stops) == 2 else None
    with suppress(Crash):
        world.run()
    assert (world.row("shop").state, sizes(world)) == ("STOP_CLAIMED", {"web": 0, "db": 0})
    world.now += TICK
    world.hooks.clear()
    world.figures.clear()  # nothing runs, so nothing is measured: that alone undoes nothing
    against(world)
    world.run()
    assert sizes(world) == SIZES


def test_a_stop_that_is_whole_and_only_not_written_down_stands() -> None:
    world = due()
    world.hooks["written"] = lambda: crash() if len(world.stops) == 2 else None
    with suppress(Crash):
        world.run()
    world.now += TICK
    world.figures.clear()
    world.run()
    assert world.row("shop").state == "STOPPED"


def test_a_record_that_is_lost_in_the_midst_ends_in_an_undoing_by_the_marks() -> None:
    world = broken_off()
    world.records.clear()
    world.now += TICK
    world.run()
    assert (sizes(world), world.row("shop").state) == (SIZES, "ACTIVE")


def refusing(world: World, name: str, error: BackendError) -> None:
    def hook() -> None:
        found = next(each for each in world.sandboxes["shop"].workloads if each.size)
        if found.name == name:
            raise error

    world.hooks["stop"] = hook


def test_a_write_that_is_refused_for_good_undoes_the_rest_and_is_named() -> None:
    world = due()
    refusing(world, "db", BackendDeniedError("403: an admission webhook says no"))
    done = world.run()
    assert done.faults == []
    assert (sizes(world), world.row("shop").state) == (SIZES, "ACTIVE")
    assert "the cluster refused to stop StatefulSet db: 403: an admission webhook says no" in told(world)


def test_a_write_that_fails_run_after_run_is_given_up() -> None:
    world = due()
    refusing(world, "db", BackendUnavailableError("503"))
    for _ in range(4):
        world.run()
        world.now += TICK
    assert (sizes(world), world.row("shop").state) == (SIZES, "ACTIVE")
    assert "did not take it in 3 runs" in told(world)


def test_what_can_neither_be_ended_nor_undone_is_told_until_it_is() -> None:
    world = due()
    refusing(world, "db", BackendDeniedError("403"))

    def denied() -> None:
        raise BackendDeniedError("403: patch is not allowed any more")

    world.hooks["resume"] = denied
    for _ in range(3):
        assert len(world.run().faults) == 1
        world.now += TICK
    assert "part of it may be down: Deployment web: 403: patch is not allowed any more" in told(world)
    del world.hooks["resume"]
    world.run()
    assert (sizes(world), world.row("shop").state) == (SIZES, "ACTIVE")
    assert "is not stopped" in told(world)


def test_nobody_is_told_of_a_stop_that_the_cluster_would_refuse() -> None:
    world = World()
    world.idle("shop")

    def denied() -> None:
        raise BackendDeniedError("403: no RoleBinding")

    world.hooks["rehearse"] = denied
    world.ticks(30)
    assert (world.messages, world.stops) == ({}, [])
    assert world.row("shop").state == "UNREAPABLE"
    assert "403: no RoleBinding" in world.row("shop").reason
    world.hooks.clear()
    world.until("shop", "NOTIFIED", most=2)  # once the right is given


def test_a_stop_that_is_always_refused_does_not_end_in_notice_after_notice() -> None:
    """A webhook that lets rehearsals pass."""
    world = due()
    refusing(world, "web", BackendDeniedError("403"))
    for _ in range(24 * 12):
        world.run()
        world.now += TICK
    assert world.stops == []
    assert len(world.messages) == 3
    assert "after 3 stops" in world.row("shop").reason


def test_a_rehearsal_that_meets_a_newer_version_looks_again() -> None:
    world = World()
    world.idle("shop")

    def status() -> None:
        here = world.sandboxes["shop"].workloads
        world.change("shop", workloads=tuple(replace(each, version="7") for each in here))

    once(world, "rehearse", status)
    world.ticks(2)
    assert world.row("shop").state == "NOTIFIED"


def test_a_dry_run_rehearses_nothing() -> None:
    world = World(policy=replace(World().policy, mode="dry-run"))
    world.idle("shop")
    world.hooks["rehearse"] = lambda: pytest.fail("a dry run has nothing to write with")
    world.ticks(5)
    assert world.row("shop").state == "IDLE"


def test_a_beat_of_a_sandbox_within_counts_between_two_writes() -> None:
    world = World()
    world.idle("shop", workloads=(workload("coder", 1, "Sandbox"), workload("db", 1, "StatefulSet")))
    world.until("shop", "NOTIFIED")
    world.now += timedelta(minutes=40)
    once(world, "written", lambda: beat_within(world))
    world.run()
    assert (sizes(world), len(world.stops)) == ({"coder": 1, "db": 1}, 1)


def test_a_keep_while_the_record_is_written_leaves_it_unclaimed() -> None:
    """All guards are asked again before the claim: nothing has to be undone then."""
    world = due()
    once(world, "recorded", lambda: keep(world))
    done = world.run()
    assert [name for name, _ in done.visits[0].guarded] == ["snoozed"]
    assert (world.row("shop").state, world.row("shop").stop_id) == ("NOTIFIED", "")


def test_a_namespace_made_anew_under_its_name_is_not_what_broke_off() -> None:
    """Between the list and the look."""
    world = broken_off()
    world.now += TICK
    looks = iter((False, True))

    def anew() -> None:
        if next(looks, False):
            world.change("shop", uid="uid-new")

    world.hooks["take"] = anew
    world.run()
    assert (len(world.stops), world.resumes, world.row("shop").state) == (1, [], "ACTIVE")


@pytest.mark.parametrize("call", ["stop", "written"])
@pytest.mark.parametrize("against", [exempt, opt_out, keep, beat])
def test_a_word_that_meets_the_last_write_undoes_the_stop(call: str, against: Callable[[World], None]) -> None:
    world = due()
    calls = iter((False, True))
    world.hooks[call] = lambda: against(world) if next(calls, False) else None
    world.run()
    assert (sizes(world), len(world.stops)) == (SIZES, 2)
    assert world.row("shop").state in ("ACTIVE", "SNOOZED")
    assert "Sandbox stopped" not in told(world)
    if against is keep:
        assert "is kept until" in told(world)


def test_a_keep_that_is_delivered_after_the_stop_brings_it_back_and_keeps_it() -> None:
    world = due()
    pressed = world.now - timedelta(seconds=2)
    world.run()
    assert world.row("shop").state == "STOPPED"
    since = world.row("shop").notice.rpartition("/")[2]
    late = Request(f"{pressed:%Y%m%dT%H%M%SZ}#1.1", "uid-shop", "keep", since, OWNER, pressed, 4)
    world.asked["uid-shop"] = [late]
    world.now += timedelta(seconds=2)
    world.run("uid-shop")
    assert (sizes(world), world.row("shop").state) == (SIZES, "SNOOZED")
    assert world.row("shop").until == pressed + timedelta(hours=4)
    assert "It is kept until" in told(world)


def presses(*given: tuple[str, str, int]) -> Request | None:
    """(Slack's id, kind, hours) of presses within one second."""
    row = Row("uid-shop", "shop", notice="uid-shop/s")
    made = [Request(f"20260302T090000Z#{own}", "uid-shop", kind, "s", OWNER, T0, hours) for own, kind, hours in given]  # type: ignore[arg-type]
    return wanted(row, made)


def test_presses_of_one_second_count_in_the_order_of_their_numbers() -> None:
    last = presses(("9.1", "stop", 0), ("13.1", "keep", 4))
    assert last is not None
    assert (last.kind, last.hours) == ("keep", 4)
    first = presses(("9.1", "keep", 4), ("13.1", "stop", 0))
    assert first is not None
    assert first.kind == "stop"


def test_of_two_that_keep_it_the_longer_wins() -> None:
    both = presses(("9.1", "keep", 24), ("13.1", "keep", 4))
    assert both is not None
    assert (both.hours, both.id) == (24, "20260302T090000Z#13.1")
    world = due()
    world.press("shop", "keep", 24)
    world.run()
    until = world.row("shop").until
    world.now += TICK
    world.press("shop", "keep", 4, by="U0OTHER1")
    world.run()
    assert (world.row("shop").until, world.row("shop").by) == (until, OWNER)
