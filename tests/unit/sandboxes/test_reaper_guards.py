"""Every guard stands alone: for each there is a stop that only it prevents, and without it that stop is made."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox_reaper import guards
from sandbox_reaper.guards import GUARDS, Case, before_writing, refusals
from sandbox_reaper.restore import pods_of, record_of, rollout_of
from sandbox_reaper.state import Owner, Receipt, Row
from sandbox_reaper.usage import Usage
from tests.unit.sandboxes.sandbox_world import LABELS, LIVE, OWNER, T0, World, idle_figures, sandbox, workload

HERE = sandbox("shop")
ROW_OWNER = Owner(OWNER, OWNER, "annotation")
AT = T0 - timedelta(minutes=31)
ROW = Row(
    HERE.uid, "shop", "NOTIFIED", since=T0, first_reading=AT, owner=ROW_OWNER,
    receipt=Receipt("D0OWNER1", "1.0", AT), stop_after=T0, config="c", rollout=rollout_of(HERE), pods=pods_of(HERE),
)  # fmt: skip
GOOD = Case(
    now=T0,
    row=ROW,
    sandbox=HERE,
    usage=Usage("idle", "idle", "", idle_figures(LIVE)),
    kept=False,
    busy=None,
    read_at=T0 - timedelta(seconds=10),
    policy=LIVE,
    owner=ROW_OWNER,
    switch=True,
    whole=True,
    config="c",
    rollout=rollout_of(HERE),
    pods=pods_of(HERE),
    canary=1.0,
    cap="",
    breaker="",
    record=record_of(HERE, "stop-1", T0),
)


def row(**changed: Any) -> Case:
    return replace(GOOD, row=replace(ROW, **changed))


def seen(**changed: Any) -> Case:
    return replace(GOOD, sandbox=replace(HERE, **changed))


SPOILED: dict[str, Case] = {
    "switch": replace(GOOD, switch=False),
    "mode": replace(GOOD, policy=replace(LIVE, mode="dry-run")),
    "there": replace(GOOD, row=replace(ROW, uid="uid-old"), record=replace(GOOD.record, uid="uid-old"))
    if GOOD.record
    else GOOD,
    "opt_in": seen(labels={}),
    "denied": row(name="prod-shop"),
    "exempt": seen(annotations={"kaizen.dev/exempt-until": "soon"}),
    "snoozed": row(until=T0 + timedelta(hours=1)),
    "busy": replace(GOOD, busy=T0 + timedelta(seconds=1)),
    "restorable": seen(controllers=("HorizontalPodAutoscaler web",)),
    "inventory": replace(GOOD, whole=False),
    "policy": replace(GOOD, config="d"),
    "owner": replace(GOOD, owner=Owner("U0NEWOWNER", "", "")),
    "idle": replace(GOOD, usage=replace(GOOD.usage, value="unknown")),
    "coverage": replace(
        GOOD, usage=replace(GOOD.usage, figures={**GOOD.usage.figures, "disk_samples": 200.0})
    ),
    "canary": replace(GOOD, canary=0.0),
    "recheck": replace(GOOD, read_at=T0 - timedelta(seconds=61)),
    "readings": row(first_reading=T0 - timedelta(minutes=4)),
    "receipt": row(receipt=Receipt("D0OWNER1", "1.0", T0 - timedelta(minutes=29))),
    "deadline": row(stop_after=T0 + timedelta(seconds=1)),
    "rollout": replace(GOOD, rollout="another"),
    "pods": replace(GOOD, pods="others"),
    "cap": replace(GOOD, cap="6 stops are due"),
    "breaker": replace(GOOD, breaker="12 of 12 are idle at once"),
    "record": replace(GOOD, record=None),
    "fence": seen(workloads=(workload("web", 3), HERE.workloads[1])),
}  # fmt: skip


def test_every_guard_has_a_stop_that_it_prevents() -> None:
    assert set(SPOILED) == {guard.__name__ for guard in GUARDS}
    assert refusals(GOOD) == []


@pytest.mark.parametrize("name", [guard.__name__ for guard in GUARDS])
def test_a_guard_that_is_taken_away_lets_a_wrong_stop_through(name: str) -> None:
    assert [found for found, _ in refusals(SPOILED[name])] == [name]
    assert refusals(SPOILED[name], [guard for guard in GUARDS if guard.__name__ != name]) == []


@pytest.mark.parametrize(
    ("case", "guard"),
    [
        (replace(GOOD, kept=True), "snoozed"),
        (row(receipt=None), "receipt"),
        (row(receipt=Receipt("D0", "", AT)), "receipt"),
        (row(receipt=None, asked=True), "receipt"),
        (replace(row(owner=Owner("C0", "", "", known=False)), owner=Owner("C0", "", "", known=False)), "receipt"),
        (replace(GOOD, owner=replace(ROW_OWNER, known=False)), "owner"),
        (row(stop_after=None), "deadline"),
        (row(first_reading=None), "readings"),
        (replace(GOOD, read_at=T0 + timedelta(seconds=1)), "recheck"),
        (seen(annotations={"kaizen.dev/exempt": "yes"}), "exempt"),
        (seen(labels={**LABELS, "kaizen.dev/exempt": ""}, bare=("Pod x",)), "restorable"),
        (row(name="kube-system"), "denied"),
        (row(name="default"), "denied"),
    ],
)
def test_the_edges_of_guards(case: Case, guard: str) -> None:
    assert [found for found, _ in refusals(case)] == [guard]


def test_who_asks_for_the_stop_needs_no_grace_and_nothing_else_is_waived() -> None:
    young = {"asked": True, "receipt": Receipt("D0", "1.0", T0), "stop_after": T0 + timedelta(hours=1)}
    assert refusals(row(**young)) == []
    for name, case in SPOILED.items():
        if name not in ("receipt", "deadline"):
            asked = replace(case, row=replace(case.row, asked=True))
            assert [found for found, _ in refusals(asked)] == [name]


def test_before_the_record_is_written_all_others_are_asked() -> None:
    assert before_writing(SPOILED["record"]) == []
    assert [found for found, _ in before_writing(SPOILED["pods"])] == ["pods"]


def relabel(world: World) -> None:
    world.change("shop", labels={})


def exempt(world: World) -> None:
    world.change("shop", annotations={"kaizen.dev/owner": OWNER, "kaizen.dev/exempt": "true"})


def disown(world: World) -> None:
    world.change("shop", annotations={})


def scale_by_itself(world: World) -> None:
    world.change("shop", controllers=("KEDA ScaledObject web",))


def roll_out(world: World) -> None:
    changed = tuple(replace(each, rollout="rollout-2") for each in world.sandboxes["shop"].workloads)
    world.change("shop", workloads=changed)


def new_pods(world: World) -> None:
    world.change("shop", pods=("shop-8", "shop-9"))


def work(world: World) -> None:
    world.figures["shop"]["transmit"] = 5000.0


def beat(world: World) -> None:
    world.beat("shop", world.now + timedelta(minutes=5))


def keep(world: World) -> None:
    world.press("shop", "keep", 4)


def end_the_canary(world: World) -> None:
    world.canary = 0.0


LATE: dict[str, tuple[Callable[[World], None], tuple[str, ...]]] = {
    "opt_in": (relabel, ("opt_in",)),
    "exempt": (exempt, ("exempt",)),
    "owner": (disown, ("owner",)),
    "restorable": (scale_by_itself, ("restorable",)),
    "rollout": (roll_out, ("rollout",)),
    "pods": (new_pods, ("pods",)),
    "work": (work, ("idle",)),
    "beat": (beat, ("idle", "busy", "coverage")),  # no figures are asked for then
    "keep": (keep, ("snoozed",)),
    "canary": (end_the_canary, ("idle", "canary")),
}


@pytest.mark.parametrize("change", LATE)
def test_what_changes_after_the_look_is_seen_by_its_guard_alone(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in whole runs: with the guard nothing is stopped, without it a wrong stop is made."""
    act, names = LATE[change]
    for removed in ((), names):
        left = tuple(guard for guard in GUARDS if guard.__name__ not in removed)
        monkeypatch.setattr(guards, "GUARDS", left)
        monkeypatch.setattr(guards, "refusals", lambda case, given=left: refusals(case, given))
        world = World()
        world.idle("shop")
        world.until("shop", "NOTIFIED")
        world.now += timedelta(minutes=40)
        looks = iter((False, True))
        world.hooks["take"] = lambda looks=looks, world=world: act(world) if next(looks, False) else None  # type: ignore[misc]
        world.run()
        assert bool(world.stops) is bool(removed)
