"""Whole runs over a fleet in memory: told, then stopped, kept, brought back, or left alone."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kaizen.slack.errors import UnreachableError
from sandbox_reaper.backend import BackendUnavailableError, FencedError
from sandbox_reaper.outcome import BlockedError, SourceError
from sandbox_reaper.report import gauges, message
from tests.unit.sandboxes.sandbox_world import LABELS, LIVE, OWNER, TICK, Crash, World, idle_figures, sandbox, workload


def text_of(world: World, name: str) -> str:
    return json.dumps(world.messages[world.row(name).notice].blocks, ensure_ascii=False)


def test_idle_then_told_then_stopped_then_resumed() -> None:
    world = World()
    before = world.idle("shop")
    world.until("shop", "NOTIFIED")
    told = world.now
    assert "will be stopped" in text_of(world, "shop")
    world.now += TICK
    world.until("shop", "STOPPED")
    assert world.now - told >= timedelta(minutes=30)
    assert world.now - told <= timedelta(minutes=35)
    assert [name for _, _, name in world.stops] == ["web", "db"]  # what stores comes last
    assert "Resume" in text_of(world, "shop")
    world.ticks(3)
    assert len(world.stops) == 2
    world.press("shop", "resume")
    world.run()
    assert {each.name: each.size for each in world.sandboxes["shop"].workloads} == {
        each.name: each.size for each in before.workloads
    }
    assert world.row("shop").state == "ACTIVE"
    assert "is back as it was" in text_of(world, "shop")
    world.ticks(20)  # a resume is a sign of a person: the two hours begin anew
    assert world.row("shop").state == "ACTIVE"


def test_a_dry_run_tells_nobody_and_has_nothing_to_write_with() -> None:
    world = World(policy=replace(LIVE, mode="dry-run"))
    world.idle("shop")
    world.ticks(50)
    assert world.row("shop").state == "IDLE"
    assert (world.messages, world.stops, world.records) == ({}, [], {})


def test_a_click_keeps_it_and_the_message_says_so() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += TICK
    world.press("shop", "keep", 4)
    world.until("shop", "SNOOZED")
    assert "is kept until" in text_of(world, "shop")
    world.ticks(47)
    assert world.row("shop").state == "SNOOZED"
    world.ticks(3)
    assert world.row("shop").state == "NOTIFIED"  # a notice of its own: the old one stays as it is
    assert len(world.messages) == 2
    assert "will be stopped" in text_of(world, "shop")  # and not what became of the one before
    assert world.stops == []


def test_stop_now_needs_no_grace_but_every_other_guard() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.press("shop", "stop")
    world.run("uid-shop")
    assert world.stops == []  # there is no second reading yet
    assert "is about to be stopped" in text_of(world, "shop")
    world.now += TICK
    world.run("uid-shop")
    assert world.row("shop").state == "STOPPED"


def test_what_beats_is_in_use_below_every_limit() -> None:
    world = World()
    world.idle("agent")
    world.idle("shop")
    for _ in range(60):
        world.beat("agent", world.now + timedelta(minutes=10))
        world.run()
        world.now += TICK
    assert world.row("agent").state == "ACTIVE"
    assert {name for _, name, _ in world.stops} == {"shop"}
    last = world.now + timedelta(minutes=5)
    world.until("agent", "NOTIFIED")
    assert last + timedelta(hours=2) <= world.now <= last + timedelta(hours=2) + 2 * TICK


def test_a_beat_in_the_grace_ends_it() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += TICK
    world.beat("shop", world.now + timedelta(hours=4))
    world.run()
    assert world.row("shop").state == "ACTIVE"
    assert "it says that it is busy until" in text_of(world, "shop")
    world.press("shop", "keep", 4)
    world.run()
    assert world.row("shop").state == "SNOOZED"  # a beat is no press, and hides none


def test_missing_metrics_are_never_taken_for_idle() -> None:
    world = World()
    world.add(sandbox("dark"))
    world.idle("shop")
    world.ticks(60)
    assert world.row("dark").state == "ACTIVE"
    assert {name for _, name, _ in world.stops} == {"shop"}


def test_without_prometheus_nothing_is_stopped_and_a_resume_still_works() -> None:
    world = World()
    world.idle("shop")
    world.idle("desk")
    world.until("shop", "STOPPED")
    world.now += TICK
    world.fault = "Prometheus: 503"
    world.press("shop", "resume")
    done = world.run()
    assert any(isinstance(each, SourceError) for each in done.faults)
    assert world.row("shop").state == "ACTIVE"


def test_unknown_freezes_the_deadline_and_a_long_one_voids_the_receipt() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += TICK
    deadline = world.row("shop").stop_after
    world.fault = "Prometheus: 503"
    world.run()
    world.now += TICK
    world.fault = ""
    world.run()
    assert deadline is not None
    assert world.row("shop").stop_after == deadline + TICK
    world.fault = "Prometheus: 503"
    world.ticks(3)
    assert world.row("shop").state == "ACTIVE"
    assert world.row("shop").receipt is None
    assert "Notice withdrawn" in text_of(world, "shop")


def test_work_in_the_grace_ends_it() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += TICK
    world.figures["shop"]["cpu"] = 0.5
    world.ticks(10)
    assert world.row("shop").state == "ACTIVE"
    assert "in use again" in text_of(world, "shop")
    assert world.stops == []


def test_work_between_the_look_and_the_stop_is_seen() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += timedelta(minutes=40)
    looks = iter((None, 0.5))

    def busy() -> None:
        if (cpu := next(looks, None)) is not None:
            world.figures["shop"]["cpu"] = cpu

    world.hooks["take"] = busy
    done = world.run()
    assert [name for name, _ in done.visits[0].guarded] == ["idle"]
    assert world.stops == []


def test_one_that_fails_does_not_keep_the_others() -> None:
    world = World(policy=replace(LIVE, most_share=1.0, most_per_owner=9))
    world.idle("good")
    world.idle("bad")
    world.until("good", "NOTIFIED")
    world.now += timedelta(minutes=40)

    def broken() -> None:
        if len(world.stops) == 2:
            world.hooks.clear()
            raise BackendUnavailableError("503")

    world.hooks["sandbox"] = broken
    done = world.run()
    assert len(done.faults) == 1
    assert sorted(world.row(name).state for name in ("good", "bad")) == ["STOPPED", "STOP_CLAIMED"]
    world.ticks(2)
    assert {world.row(name).state for name in ("good", "bad")} == {"STOPPED"}


CAPS: list[dict[str, Any]] = [{"most_stops": 2}, {"most_per_owner": 2}, {"most_share": 0.5}]


def capped(changes: dict[str, Any]) -> World:
    world = World(policy=replace(LIVE, **({"most_share": 1.0, "most_per_owner": 9} | changes)))
    for name in ("a", "b", "c"):
        world.idle(name)
    return world


@pytest.mark.parametrize("changes", CAPS)
def test_no_more_are_told_of_together_than_may_be_stopped_together(changes: dict[str, Any]) -> None:
    """So that no cap holds, and all of them are stopped, the last one a quarter of an hour later."""
    world = capped(changes)
    for _ in range(13):
        assert world.run().faults == []
        assert len({name for at, name, _ in world.stops if at == world.now}) <= 2
        world.now += TICK
    assert {name for _, name, _ in world.stops} == {"a", "b", "c"}


@pytest.mark.parametrize("changes", CAPS)
def test_more_than_a_cap_is_due_then_none_is_stopped_and_the_rest_is_told_anew(changes: dict[str, Any]) -> None:
    world = capped(changes)
    world.until("c", "NOTIFIED")
    world.now += timedelta(minutes=40)  # no run comes until all three are due
    done = world.run()
    assert [each.by for each in done.faults if isinstance(each, BlockedError)] == ["cap"]
    assert world.stops == []
    assert [world.row(name).state for name in "abc"] == ["NOTIFIED", "NOTIFIED", "IDLE"]
    assert "more sandboxes are due than may be stopped at once" in text_of(world, "c")
    world.now += TICK
    assert world.run().faults == []
    assert {name for _, name, _ in world.stops} == {"a", "b"}
    world.until("c", "STOPPED")
    assert len([name for name in world.messages if name.startswith("uid-c")]) == 2


def test_many_at_once_open_the_breaker() -> None:
    world = World()
    busy = idle_figures(LIVE) | {"cpu": 1.0}
    for number in range(12):
        world.add(sandbox(f"s{number}"), busy)
    for _ in range(12):
        world.remember(world.run())
        world.now += TICK
    for each in world.figures.values():
        each["cpu"] = 0.0
    done = world.run()
    assert "12 of 12" in done.breaker
    assert world.messages == {}


def test_a_failed_notice_is_no_receipt() -> None:
    world = World()
    world.idle("shop")

    def down() -> None:
        raise UnreachableError("gaierror", "no connection")

    world.hooks["show"] = down
    world.ticks(20)
    assert world.row("shop").state == "NOTICE_CLAIMED"
    assert world.stops == []
    world.hooks.clear()
    world.until("shop", "NOTIFIED")
    told = world.now
    world.until("shop", "STOPPED")
    assert world.now - told >= timedelta(minutes=30)


def test_a_fence_that_refuses_for_a_status_is_tried_again() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += timedelta(minutes=40)
    bumps = iter((True, False))

    def bump() -> None:
        if next(bumps, False):
            here = world.sandboxes["shop"].workloads
            world.change("shop", workloads=tuple(replace(each, version="7") for each in here))

    world.hooks["stop"] = bump
    world.run()
    assert world.row("shop").state == "STOPPED"


def test_a_change_in_the_midst_of_a_stop_is_undone() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += timedelta(minutes=40)

    def deploy() -> None:
        if len(world.stops) == 1:
            here = world.sandboxes["shop"].workloads
            changed = tuple(replace(each, version="9", generation=9) if each.name == "db" else each for each in here)
            world.change("shop", workloads=changed)

    world.hooks["written"] = deploy
    world.run()
    assert world.row("shop").state == "ACTIVE"
    assert all(each.size for each in world.sandboxes["shop"].workloads)
    assert "changed while it was being stopped" in text_of(world, "shop")


def test_the_same_name_again_is_another_sandbox() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.add(replace(sandbox("shop"), uid="uid-new"))
    world.now += timedelta(minutes=40)
    world.run()
    assert world.stops == []
    assert "uid-shop" not in world.stored


def test_nobody_named_means_a_day_and_the_channel() -> None:
    world = World()
    world.idle("shop", annotations={})
    world.until("shop", "NOTIFIED")
    assert world.row("shop").channel == "C0SANDBOXES"
    told = world.now
    world.until("shop", "STOPPED", most=400)
    assert world.now - told >= timedelta(hours=24)


def test_what_scales_it_up_again_and_again_is_left_alone() -> None:
    world = World()
    world.idle("shop")
    for _ in range(3):
        world.until("shop", "STOPPED")
        here = world.sandboxes["shop"].workloads
        again = tuple(replace(each, size=1, version=f"{each.version}0", generation=99) for each in here)
        world.change("shop", workloads=again, pods=("x-1", "x-2"))
        world.now += TICK
        world.run()
        world.now += TICK
    world.run()
    assert world.row("shop").state == "UNREAPABLE"
    assert "after 3 stops" in world.row("shop").reason


def test_a_crash_after_each_write_ends_whole() -> None:
    """Wherever a run breaks off, the next ones finish or undo: never half, never twice, never without a record."""
    for call in ("save", "saved", "show", "shown", "record", "stop", "written"):
        for place in range(1, 4):
            world = World()
            before = world.idle("shop")
            calls = 0

            def crash(place: int = place) -> None:
                nonlocal calls
                calls += 1
                if calls == place:
                    raise Crash

            world.hooks[call] = crash
            for _ in range(30):
                with suppress(Crash):
                    world.run()
                world.now += TICK
            assert world.row("shop").state == "STOPPED", (call, place, world.row("shop"))
            assert len({name for _, _, name in world.stops}) == len(world.stops), (call, place)
            undone = call == "stop" and place == 1  # nothing was changed yet: it is told anew, and waits anew
            assert len(world.receipts) == 1 + undone, (call, place)
            world.hooks.clear()
            world.press("shop", "resume")
            world.run()
            sizes = {each.name: each.size for each in world.sandboxes["shop"].workloads}
            assert sizes == {each.name: each.size for each in before.workloads}, (call, place)


def test_little_time_left_takes_nothing_new() -> None:
    world = World()
    world.idle("shop")
    world.left = 0.1
    assert world.run().postponed == 1
    assert world.stored == {}


def test_a_policy_that_changed_asks_anew() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    first = world.row("shop").notice
    world.now += TICK
    world.policy = replace(LIVE, cpu=0.02)
    world.until("shop", "STOPPED")
    assert world.row("shop").notice != first
    assert len(world.messages) == 2
    assert "Notice withdrawn" in json.dumps(world.messages[first].blocks)


def test_undone_by_the_switch_in_the_midst_of_a_stop() -> None:
    world = World()
    world.idle("shop", workloads=(workload(), workload("api")))
    world.until("shop", "NOTIFIED")
    world.now += timedelta(minutes=40)

    def once() -> None:
        if len(world.stops) == 1:
            raise BackendUnavailableError("503")

    world.hooks["stop"] = once
    world.run()
    assert world.row("shop").state == "STOP_CLAIMED"
    world.hooks.clear()
    world.switch = False
    world.run()
    assert world.row("shop").state == "ACTIVE"
    assert all(each.size for each in world.sandboxes["shop"].workloads)


def test_a_fence_that_never_gives_way_leaves_all_as_it_was() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += timedelta(minutes=40)

    def refuse() -> None:
        raise FencedError("shop")

    world.hooks["stop"] = refuse
    world.run()
    assert world.row("shop").state == "ACTIVE"
    assert world.stops == []


def test_without_sandboxes_nothing_is_asked() -> None:
    world = World()
    world.hooks["take"] = lambda: pytest.fail("Prometheus was asked")
    assert world.run().faults == []


def test_a_run_for_one_sandbox_is_no_way_around_the_caps() -> None:
    world = World(policy=replace(LIVE, most_stops=1))
    for name in ("a", "b"):
        world.idle(name)
    world.until("b", "NOTIFIED")
    world.now += timedelta(minutes=40)
    world.run("uid-a")
    assert world.stops == []
    world.press("a", "stop")
    world.run("uid-a")
    assert {name for _, name, _ in world.stops} == {"a"}


def test_an_opted_out_sandbox_that_cannot_be_read_does_not_keep_the_others() -> None:
    world = World()
    world.idle("shop")
    world.idle("gone")
    world.until("gone", "NOTIFIED")
    world.change("gone", labels={})

    def broken() -> None:
        world.hooks.clear()
        raise BackendUnavailableError("503")

    world.hooks["sandbox"] = broken
    world.now += TICK
    assert len(world.run().faults) == 1
    world.until("shop", "STOPPED")
    assert world.row("gone").state == "ACTIVE"  # its row has ended with its notice
    assert {name for _, name, _ in world.stops} == {"shop"}


@pytest.mark.parametrize(("notes", "grace"), [({"kaizen.dev/owner": "U0NEWOWNER"}, 30), ({}, 24 * 60)])
def test_another_owner_in_the_grace_is_told_and_has_a_grace_of_their_own(notes: dict[str, str], grace: int) -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    first = world.row("shop").notice
    world.now += TICK
    world.change("shop", annotations=notes)
    world.run()
    assert "Notice withdrawn" in json.dumps(world.messages[first].blocks)
    world.until("shop", "NOTIFIED")
    told = world.now
    assert world.row("shop").channel == ("D0NEWOWNER" if notes else "C0SANDBOXES")
    world.until("shop", "STOPPED", most=400)
    assert world.now - told >= timedelta(minutes=grace)


def test_an_owner_who_cannot_be_told_is_replaced_until_the_name_is_mended() -> None:
    world = World()
    world.idle("shop")
    world.unknown.add(OWNER)
    done = world.run()
    world.now += TICK
    assert done.faults == []
    assert (world.row("shop").state, world.row("shop").channel) == ("NOTIFIED", "C0SANDBOXES")
    world.ticks(12)
    assert (world.row("shop").state, len(world.messages)) == ("NOTIFIED", 1)  # a day, and no second message
    world.change("shop", annotations={"kaizen.dev/owner": "U0RIGHT00"})
    world.ticks(2)
    assert (world.row("shop").state, world.row("shop").channel) == ("NOTIFIED", "D0RIGHT00")


def test_a_name_that_is_mended_before_anything_was_delivered_counts() -> None:
    world = World()
    world.idle("shop")

    def down() -> None:
        raise UnreachableError("gaierror", "no connection")

    world.hooks["show"] = down
    world.ticks(3)
    assert world.row("shop").state == "NOTICE_CLAIMED"
    world.change("shop", annotations={"kaizen.dev/owner": "U0RIGHT00"})
    world.hooks.clear()
    world.until("shop", "NOTIFIED")
    assert world.row("shop").channel == "D0RIGHT00"


def test_a_switch_that_was_off_for_days_lets_nobody_be_stopped_by_an_old_notice() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.switch = False
    world.ticks(8)
    assert "is not stopped for now: stops are switched off" in json.dumps(
        [each.blocks for each in world.messages.values()]
    )
    world.now += timedelta(days=2)
    world.switch = True
    world.until("shop", "NOTIFIED")
    told = world.now
    world.until("shop", "STOPPED")
    assert world.now - told >= timedelta(minutes=30)
    assert len(world.messages) == 2


def test_no_run_for_hours_lets_nobody_be_stopped_by_an_old_notice() -> None:
    world = World()
    world.idle("shop")
    world.until("shop", "NOTIFIED")
    world.now += timedelta(hours=2)
    world.run()
    assert world.stops == []
    world.until("shop", "NOTIFIED")
    assert len(world.messages) == 2


@pytest.mark.parametrize("state", ["NOTIFIED", "STOPPED"])
def test_a_sandbox_that_is_deleted_leaves_no_message_that_promises_anything(state: str) -> None:
    world = World()
    world.idle("shop")
    world.until("shop", state)
    notice = world.row("shop").notice
    del world.sandboxes["shop"]

    def down() -> None:
        raise UnreachableError("gaierror", "no connection")

    world.hooks["show"] = down
    world.now += TICK
    assert len(world.run().faults) == 1
    assert world.row("shop").notice  # kept until its message says so
    world.hooks.clear()
    world.now += TICK
    assert world.run().faults == []
    assert world.stored == {}
    assert "*shop* is gone" in json.dumps(world.messages[notice].blocks)


def test_what_is_stopped_or_exempt_is_not_among_the_unknown() -> None:
    """As the alert counts: four stopped ones beside three that are measured are no fleet of which nothing is known."""
    world = World(replace(LIVE, most_stops=50, most_share=1.0, most_per_owner=50))
    for number in range(4):
        world.idle(f"s{number}")
    for number in range(3):
        world.add(sandbox(f"b{number}"), idle_figures(LIVE) | {"cpu": 1.0})
    world.add(sandbox("dark"))
    world.until("s0", "STOPPED")
    for number in range(4):
        del world.figures[f"s{number}"]
    world.idle("free", labels={**LABELS, "kaizen.dev/exempt": "true"})
    del world.figures["free"]
    world.now += timedelta(hours=3)
    found = {each.metric: each.amounts for each in gauges(world.run())}
    assert [number for _, number in found["kaizen_sandbox_unknown"]] == [1]


def test_the_report_of_a_dry_run_says_how_many_are_stopped_at_once() -> None:
    world = World(replace(LIVE, mode="dry-run"))
    for number in range(30):
        world.idle(f"s{number:02}")
    world.run()
    shown = json.dumps(message(world.run(), world.policy).blocks)
    assert "at most 5 of them at once, and 2 of one owner" in shown


def test_what_a_stop_would_delete_is_neither_told_of_nor_stopped() -> None:
    world = World()
    world.idle("shop", workloads=(replace(workload("db", 1, "StatefulSet"), deletes="its volumes"),))
    world.ticks(30)
    assert (world.messages, world.stops, world.row("shop").state) == ({}, [], "UNREAPABLE")
    assert "would delete what StatefulSet db stores" in world.row("shop").reason


def test_volumes_that_a_stop_empties_are_named_in_every_message_before_a_resume() -> None:
    world = World()
    lost = tuple(f"emptyDir cache-{number} of Deployment web" for number in range(5))
    world.idle("shop", fleeting=lost)
    for state in ("NOTIFIED", "STOPPED"):
        world.until("shop", state)
        said = text_of(world, "shop")
        assert "emptyDir cache-2 of Deployment web and 2 more" in said
        assert "Nothing is deleted" not in said
