"""Git and Grafana compared, run after run: what is told, once, and what is known while one of them does not answer."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard_snapshot.drift import Item
from dashboard_snapshot.snapshot import PartialRunError
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from local.outside.github.world import Repository
from tests.contract.dashboard_snapshot.snapshot_world import World, aws
from tests.unit.dashboard_diff.dashboard_samples import dashboard, panel

NAME = "example-org/boards"
POLICY = DashboardSnapshotPolicy(repository=NAME, path="boards", drift_after=timedelta(hours=2))


def file(uid: str, expr: str = "", **more: Any) -> str:
    """As people keep it: other numbers and another order of keys than Grafana's."""
    given = dashboard(panel("Orders", expr), uid=uid, title=uid.capitalize()) | {"id": None, "version": 7} | more
    return json.dumps(dict(reversed(list(given.items()))), indent=2)


@pytest.fixture
def world() -> Iterator[World]:
    with aws() as (s3, dynamodb):
        made = World(s3, dynamodb, policy=POLICY)
        contents = {"boards/checkout.json": file("checkout"), "boards/deep/search.json": file("search"), "x.json": "{}"}
        made.git.world.repository(NAME, contents)
        yield made


def repository(world: World) -> Repository:
    return world.git.world.repositories[NAME]


def deploy(world: World, number: int, *states: str) -> None:
    repository(world).deployment(number, repository(world).branches["main"])
    for state in states:
        repository(world).deployment_status(number, state)


def items(world: World) -> dict[str, Item]:
    drift = world.last().drift
    assert drift is not None
    return {each.uid: each for each in drift.items if each.kind != "unmanaged"}


def kinds(world: World) -> dict[str, str]:
    return {uid: each.kind for uid, each in items(world).items()}


def drift_note(world: World) -> str:
    """The newest one."""
    return world.told[[each for each in world.posts if each.startswith("drift/")][-1]].text


def test_what_is_the_same_is_nothing_to_tell_and_costs_one_manifest(world: World) -> None:
    deploy(world, 1, "success")
    first = world.run()
    assert kinds(world) == {}
    assert first.drift is not None
    assert (first.drift.base, first.drift.base_from) == (first.drift.head, "deployment")
    before = world.stored()
    world.run()
    assert [each for each in world.stored() if each not in before] == world.stored("runs/")[-1:]
    assert (world.told, world.events) == ({}, [])
    assert world.counted("drifted")[("edited",)] == 0
    assert world.counted("drifted")[("unmanaged",)] > 0


def test_an_edit_is_told_when_it_is_old_enough_and_the_note_ends_with_it(world: World) -> None:
    deploy(world, 1, "success")
    world.run()
    world.save("checkout", author="ben", expr="rate(orders_total[10m])")
    world.run()
    assert kinds(world) == {"checkout": "edited"}
    assert [(each.uid, each.kind, each.author) for each in world.events] == [("checkout", "edited", "ben")]
    assert world.events[0].path == "boards/checkout.json"
    assert "drift" not in "".join(world.posts)
    world.run()
    note = drift_note(world)
    assert "*1 dashboard* differs from *example-org/boards/boards*" in note
    assert "edited in the UI by *ben*" in note
    assert "window 5m → 10m" in note
    world.save("search", author="ana", expr="up")
    world.run()
    world.run()
    assert "*2 dashboards* differ" in drift_note(world)
    assert len([each for each in world.posts if each.startswith("drift/")]) == 1
    assert len(world.events) == 2  # each once
    for uid in ("checkout", "search"):
        world.save(uid)
    world.run()
    assert "agree again" in drift_note(world)
    world.save("checkout", author="ben", expr="up")
    world.run()
    world.run()
    assert len([each for each in world.posts if each.startswith("drift/")]) == 2  # a new one for a new drift


def test_what_is_in_git_and_not_deployed_is_no_edit(world: World) -> None:
    deploy(world, 1, "success", "inactive")
    deploy(world, 2, "failure")
    changed = {"boards/checkout.json": file("checkout", "up"), "boards/new.json": file("new")}
    repository(world).commit("main", changed)
    world.run()
    assert kinds(world) == {"checkout": "not_deployed", "new": "not_deployed"}
    world.save("checkout", author="ben", expr="down")
    world.run()
    assert kinds(world) == {"checkout": "conflict", "new": "not_deployed"}
    deploy(world, 3, "success")
    world.run()
    assert kinds(world) == {"checkout": "edited", "new": "missing"}


def test_without_a_deployment_there_is_the_tag_and_without_a_tag_two_sides(world: World) -> None:
    world.policy = replace(POLICY, deployed_tag="live", drift_after=timedelta())
    old = repository(world).branches["main"]
    repository(world).commit("main", {"boards/checkout.json": file("checkout", "up")})
    world.run()
    assert kinds(world) == {"checkout": "edited"}
    assert "no deployment is known" in drift_note(world)
    repository(world).tags["live"] = old
    found = world.run().drift
    assert found is not None
    assert (found.base, found.base_from, kinds(world)) == (old, "tag", {"checkout": "not_deployed"})


def test_a_lost_permission_is_not_missing_and_a_deletion_is(world: World) -> None:
    deploy(world, 1, "success")
    world.run()
    unmanaged = world.counted("drifted")[("unmanaged",)]
    world.world.rights.hidden |= {
        "checkout",
        next(uid for uid, each in world.world.dashboards.items() if each.external),
    }
    with pytest.raises(PartialRunError):
        world.run()
    assert kinds(world) == {}
    assert world.counted("drifted")[("unmanaged",)] == unmanaged
    world.world.remove("search")
    with pytest.raises(PartialRunError):
        world.run()
    assert kinds(world) == {"search": "missing"}


def test_what_the_token_never_saw_is_not_missing_but_not_compared(world: World) -> None:
    """It is deployed, and Grafana does not list it: a folder without the right to it looks like a deletion."""
    world.policy = replace(POLICY, drift_after=timedelta())
    deploy(world, 1, "success")
    world.world.rights.hidden.add("pay")
    drift = world.run().drift
    assert drift is not None
    assert (kinds(world), world.events, world.told) == ({}, [], {})
    assert drift.problems == (
        "boards/checkout.json: Grafana does not list checkout, and does not say that it is gone",
    )  # fmt: skip
    assert world.counted("drifted")[("missing",)] == 0
    world.world.rights.hidden.clear()
    world.world.remove("checkout")
    world.run()
    assert kinds(world) == {"checkout": "missing"}
    world.run()
    assert kinds(world) == {"checkout": "missing"}


def test_what_was_accepted_as_deleted_stays_missing_for_a_token_that_is_not_told(world: World) -> None:
    deploy(world, 1, "success")
    world.run()
    world.world.rights.everywhere = False
    world.world.remove("checkout")
    world.run(accept=True)
    world.run()
    assert kinds(world) == {"checkout": "missing"}


def test_while_github_does_not_answer_what_was_known_stands(world: World) -> None:
    deploy(world, 1, "success")
    world.run()
    world.save("checkout", author="ben", expr="up")
    before = world.run().drift
    repository(world).private = True
    world.git.world.repositories[NAME], held = (
        Repository("example-org/other", False, world.git.world),
        repository(world),
    )
    after = world.run().drift
    assert after is not None
    assert before is not None
    assert (after.items, after.judged_at) == (before.items, before.judged_at)
    world.git.world.repositories[NAME] = held
    later = world.run().drift
    assert later is not None
    assert later.judged_at > before.judged_at


def test_what_the_bus_or_slack_did_not_take_is_told_by_the_next_run(world: World) -> None:
    world.policy = replace(POLICY, drift_after=timedelta())
    deploy(world, 1, "success")
    world.run()
    world.save("checkout", author="ben", expr="up")
    world.bus_down = world.slack_down = True
    with pytest.raises(ConnectionError):
        world.run()
    assert (world.events, world.told) == ([], {})
    world.bus_down = world.slack_down = False
    world.run()
    assert len(world.events) == 1
    assert any(each.startswith("drift/") for each in world.posts)


def test_what_nobody_was_told_of_is_not_said_to_be_over(world: World) -> None:
    deploy(world, 1, "success")
    world.run()
    world.save("checkout", author="ben", expr="up")
    world.run()
    world.slack_down = True
    with pytest.raises(ConnectionError):
        world.run()
    world.slack_down = False
    world.save("checkout")
    world.run()
    assert not [each for each in world.posts if each.startswith("drift/")]


def test_files_that_cannot_be_compared_are_named(world: World) -> None:
    twice = {"boards/copy.json": file("search"), "boards/none.json": file(""), "boards/broken.json": "{"}
    repository(world).commit("main", twice)
    drift = world.run().drift
    assert drift is not None
    assert drift.problems == (
        "boards/deep/search.json: boards/copy.json has the same uid search", "boards/none.json: it has no uid",
    )  # fmt: skip


def test_a_first_look_that_has_no_time_goes_on_with_the_next_run(world: World) -> None:
    snapshot = world.snapshot()
    manifest = world.run()
    left = iter([True, False])
    judge = replace(snapshot.drifting, in_time=lambda: next(left, False))
    started = judge.judged(manifest, None, world.now)
    assert started is not None
    assert (started.judged_at, started.items) == ("", ())
    again = replace(snapshot.drifting, in_time=iter([True]).__next__).judged(manifest, started, world.now)
    assert again is not None
    assert again.judged_at
