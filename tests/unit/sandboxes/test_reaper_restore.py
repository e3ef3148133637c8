"""What is brought back is what was stopped, whatever was lost or changed meanwhile; the message says what is not."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox_reaper.backend import BackendDeniedError
from tests.unit.sandboxes.sandbox_world import TICK, World, sandbox, workload

SIZES = {"web": 2, "db": 1}


def stopped() -> World:
    world = World()
    world.idle("shop")
    world.until("shop", "STOPPED")
    world.now += TICK
    return world


def sizes(world: World) -> dict[str, int]:
    return {each.name: each.size for each in world.sandboxes["shop"].workloads}


def told(world: World) -> str:
    return json.dumps(world.messages[world.row("shop").notice].blocks, ensure_ascii=False)


def unmark(world: World) -> None:
    """As a `kubectl apply` of a manifest without our annotations does, or a restore of a backup."""
    here = world.sandboxes["shop"].workloads
    lost = tuple(replace(each, stop="", original=None, version=f"{each.version}0") for each in here)
    world.change("shop", workloads=lost)


def forget(world: World) -> None:
    world.records.clear()


@pytest.mark.parametrize("lost", [unmark, forget])
def test_marks_or_record_lost_then_the_other_brings_all_back(lost: object) -> None:
    world = stopped()
    lost(world)  # type: ignore[operator]
    world.run()
    assert world.row("shop").state == "STOPPED"
    world.press("shop", "resume")
    assert world.run().faults == []
    assert sizes(world) == SIZES
    assert world.row("shop").state == "ACTIVE"
    assert "back as it was before the stop" in told(world)


def test_nothing_known_any_more_is_said_and_does_not_last() -> None:
    world = stopped()
    unmark(world)
    forget(world)
    world.press("shop", "resume")
    assert world.run().faults == []
    assert (world.row("shop").state, sizes(world)) == ("ACTIVE", {"web": 0, "db": 0})
    assert "nothing is known of its sizes any more" in told(world)
    assert "back as it was before the stop" not in told(world)


def test_what_is_gone_or_of_another_size_is_named() -> None:
    world = stopped()
    web, _ = world.sandboxes["shop"].workloads
    world.change("shop", workloads=(web,))
    world.press("shop", "resume")
    world.run()
    assert sizes(world) == {"web": 2}
    assert "StatefulSet db is gone" in told(world)
    assert "not all as it was" in told(world)


def test_the_mark_of_another_stop_is_not_ours_to_take_away() -> None:
    world = stopped()
    web, db = world.sandboxes["shop"].workloads
    world.change("shop", workloads=(replace(web, stop="another-stop"), db))
    world.press("shop", "resume")
    assert world.run().faults == []
    assert sizes(world) == {"web": 0, "db": 1}
    assert "Deployment web has 0 of 2 replicas" in told(world)


@pytest.mark.parametrize("again", ["a new one", "the same names anew"])
def test_whatever_runs_in_a_stopped_sandbox_ends_the_stop(again: str) -> None:
    world = stopped()
    here = world.sandboxes["shop"].workloads
    made = (
        (*here, workload("api", 3))
        if again == "a new one"
        else tuple(replace(each, uid=f"{each.uid}-new", size=3, stop="", original=None) for each in here)
    )
    world.change("shop", workloads=made, pods=("new-1",), changed_at=world.now)
    world.run()
    assert world.row("shop").state == "ACTIVE"
    assert "runs again" in told(world)
    world.now += TICK
    world.run()
    assert all(sizes(world).values())  # the rest is not left behind without a button


def test_the_rest_of_a_stop_that_was_undone_in_part_comes_back_without_its_mark_too() -> None:
    world = stopped()
    unmark(world)
    web, db = world.sandboxes["shop"].workloads
    world.change("shop", workloads=(replace(web, size=5), db), pods=("new-1",))
    world.run()
    world.now += TICK
    world.run()
    assert sizes(world) == {"web": 5, "db": 1}
    assert world.row("shop").owed == ""


def test_what_was_at_zero_before_stays_there() -> None:
    world = World()
    world.idle("shop", workloads=(*sandbox("shop").workloads, workload("old", 0)))
    world.until("shop", "STOPPED")
    unmark(world)
    world.press("shop", "resume")
    world.run()
    assert sizes(world) == SIZES | {"old": 0}
    assert "back as it was before the stop" in told(world)


def test_what_stores_comes_back_first() -> None:
    world = stopped()
    world.press("shop", "resume")
    world.run()
    assert [name for _, _, name in world.stops] == ["web", "db"]
    assert world.resumes == ["db", "web"]


def test_what_somebody_scaled_up_keeps_that_size_though_it_bears_our_mark() -> None:
    world = stopped()
    web, db = world.sandboxes["shop"].workloads
    world.change("shop", workloads=(replace(web, size=5), db))
    world.press("shop", "resume")
    world.run()
    assert sizes(world) == {"web": 5, "db": 1}
    assert "Deployment web has 5 of 2 replicas" in told(world)


def test_a_workload_that_was_made_anew_under_its_name_is_another_one() -> None:
    world = stopped()
    web, db = world.sandboxes["shop"].workloads
    world.change("shop", workloads=(replace(web, uid="uid-other", stop="", original=None), db))
    world.press("shop", "resume")
    world.run()
    assert sizes(world) == {"web": 0, "db": 1}
    assert "Deployment web is gone" in told(world)


def test_one_workload_that_is_refused_keeps_no_other_waiting_and_is_named() -> None:
    world = World()
    world.idle("shop", workloads=(workload(), workload("db", 1, "StatefulSet"), workload("nightly", 1, "CronJob")))
    world.until("shop", "STOPPED")
    world.refused["db"] = BackendDeniedError("403: an admission webhook says no")
    world.press("shop", "resume")
    shows: list[str] = []
    world.hooks["shown"] = lambda: shows.append(told(world))
    for _ in range(4):
        world.now += TICK
        assert [str(each) for each in world.run().faults] == ["StatefulSet db: 403: an admission webhook says no"]
    assert sizes(world) == {"web": 2, "db": 0, "nightly": 1}
    assert world.row("shop").state == "RESUMED"
    assert "is not wholly brought back" in told(world)
    assert "StatefulSet db: 403: an admission webhook says no" in told(world)
    assert len(shows) == 2  # "is being brought back", and this, once
    world.refused.clear()
    world.now += TICK
    assert world.run().faults == []
    assert sizes(world)["db"] == 1
    assert "back as it was before the stop" in told(world)


def scale(world: World, name: str, size: int) -> None:
    """As `kubectl scale` does: our marks stay."""
    here = world.sandboxes["shop"].workloads
    after = tuple(
        replace(each, size=size, generation=each.generation + 1, version=f"{each.version}0")
        if each.name == name
        else each
        for each in here
    )
    world.change("shop", workloads=after, changed_at=world.now)


@pytest.mark.parametrize("mode", ["live", "dry-run"])
def test_what_its_owner_scaled_down_days_later_stays_down(mode: str) -> None:
    world = stopped()
    scale(world, "web", 2)
    world.ticks(2)
    assert sizes(world) == SIZES  # the rest is given back
    world.now += timedelta(days=3)
    world.policy = replace(world.policy, mode=mode)  # type: ignore[arg-type]
    scale(world, "web", 0)
    given = list(world.resumes)
    world.ticks(3)
    assert (sizes(world), world.resumes) == ({"web": 0, "db": 1}, given)


def test_a_dry_run_starts_nothing_by_a_mark() -> None:
    world = stopped()
    world.stored["uid-shop"] = replace(world.row("shop"), state="ACTIVE", outcome="", shown="")
    world.policy = replace(world.policy, mode="dry-run")
    world.run()
    assert sizes(world) == {"web": 0, "db": 0}
