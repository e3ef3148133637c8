"""Stops and resumes over HTTP on the double: fenced, exact, and never twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.outside.kubernetes import kinds, manifests
from local.outside.kubernetes.checks import Object
from sandbox_reaper.backend import (
    ORDER,
    BackendDeniedError,
    BackendError,
    BackendUnavailableError,
    FencedError,
    GoneError,
    Sandbox,
    Workload,
)
from sandbox_reaper.kubernetes.workloads import ORIGINAL, STOP_ID
from tests.contract.sandboxes.kubernetes_world import World, world
from tests.effort import examples

KINDS = (kinds.DEPLOYMENTS, kinds.STATEFUL_SETS, kinds.CRON_JOBS)


@pytest.fixture(name="kube")
def _kube() -> Iterator[World]:
    with world() as found:
        found.space("a")
        yield found


def read(kube: World, name: str = "a") -> Sandbox:
    found = kube.reader.sandbox(name)
    assert found is not None
    return found


def web(kube: World, size: int = 3, **annotations: str) -> tuple[Sandbox, Workload]:
    kube.service.add(kinds.DEPLOYMENTS, "a", manifests.replicated("web", size, annotations=annotations))
    found = read(kube)
    return found, found.workloads[0]


def stored(kube: World, kind: kinds.Kind = kinds.DEPLOYMENTS, name: str = "web") -> Object:
    with kube.service.cluster.lock:
        return kube.service.cluster.get(kind, "a", name)


def written(kube: World) -> int:
    return sum(each.method == "PATCH" for each in kube.heard)


def test_a_stop_keeps_what_was_before_in_the_same_write(kube: World) -> None:
    sandbox, workload = web(kube, 3, other="kept")
    after = kube.writer.stop(sandbox, workload, "s1")
    assert (after.size, after.stop, after.original, after.uid) == (0, "s1", 3, workload.uid)
    assert after.generation == workload.generation + 1
    assert stored(kube)["metadata"]["annotations"] == {"other": "kept", STOP_ID: "s1", ORIGINAL: "3"}
    assert written(kube) == 1
    assert read(kube).pods == ()


def test_pods_may_be_late(kube: World) -> None:
    sandbox, workload = web(kube)
    kube.service.cluster.delay = timedelta(seconds=30)
    kube.writer.stop(sandbox, workload, "s1")
    assert len(read(kube).pods) == 3
    kube.pass_time(timedelta(seconds=30))
    assert len(read(kube).pods) == 0


def test_what_changed_since_it_was_read_is_left_alone(kube: World) -> None:
    sandbox, workload = web(kube)
    kube.service.scale(kinds.DEPLOYMENTS, "a", "web", 4)
    for write in (
        lambda: kube.writer.stop(sandbox, workload, "s1"),
        lambda: kube.writer.rehearse(sandbox, workload, "s1"),
    ):
        with pytest.raises(FencedError):
            write()
    assert stored(kube)["spec"]["replicas"] == 4
    assert not stored(kube)["metadata"]["annotations"]


def test_a_rehearsal_is_not_kept(kube: World) -> None:
    sandbox, workload = web(kube)
    before = stored(kube)
    kube.writer.rehearse(sandbox, workload, "s1")
    assert stored(kube) == before
    assert [each.query for each in kube.heard if each.method == "PATCH"] == [
        "fieldManager=kaizen-sandbox-reaper&dryRun=All"
    ]


def test_a_second_stop_keeps_the_size_that_ran_before_it(kube: World) -> None:
    """Scaled by hand in between: that is what somebody wanted, and what the newer stop gives back."""
    sandbox, workload = web(kube, 3)
    kube.writer.stop(sandbox, workload, "s1")
    kube.service.scale(kinds.DEPLOYMENTS, "a", "web", 2)
    (again,) = read(kube).workloads
    assert (again.size, again.stop, again.original) == (2, "s1", 3)
    after = kube.writer.stop(sandbox, again, "s2")
    assert (after.size, after.stop, after.original) == (0, "s2", 2)
    kube.writer.resume(sandbox, read(kube).workloads[0], 2, "s2")
    assert stored(kube)["spec"]["replicas"] == 2


def test_a_stop_that_is_done_again_changes_nothing(kube: World) -> None:
    """A run that crashed after its write finds its own id, and finishes."""
    sandbox, workload = web(kube, 3)
    kube.writer.stop(sandbox, workload, "s1")
    (again,) = read(kube).workloads
    assert kube.writer.stop(sandbox, again, "s1") == again
    with pytest.raises(FencedError, match="another stop: s1"):
        kube.writer.stop(sandbox, again, "s2")


@pytest.mark.parametrize("original", ["", "many", "-1", "3.5", "99999999999999999999"])
def test_an_original_that_is_no_size_is_never_overwritten(kube: World, original: str) -> None:
    sandbox, workload = web(kube, 3, **{ORIGINAL: original})
    assert (workload.stop, workload.original) == ("unreadable", None)
    with pytest.raises(FencedError):
        kube.writer.stop(sandbox, workload, "s1")
    assert stored(kube)["metadata"]["annotations"] == {ORIGINAL: original}
    assert written(kube) == 0


def test_only_the_stop_itself_is_resumed(kube: World) -> None:
    sandbox, workload = web(kube, 3)
    with pytest.raises(FencedError, match="nobody"):
        kube.writer.resume(sandbox, workload, 3, "s1")
    kube.writer.stop(sandbox, workload, "s1")
    (stopped,) = read(kube).workloads
    with pytest.raises(FencedError, match="s1"):
        kube.writer.resume(sandbox, stopped, 3, "s2")
    with pytest.raises(FencedError):
        kube.writer.resume(sandbox, stopped, 3, "s2")
    kube.writer.resume(sandbox, stopped, 3, "s1")
    with pytest.raises(FencedError):
        kube.writer.resume(sandbox, stopped, 3, "s1")  # of a version that is gone


@pytest.mark.parametrize("what", ["workload", "namespace"])
def test_what_is_gone_is_said_to_be(kube: World, what: str) -> None:
    sandbox, workload = web(kube)
    with kube.service.cluster.lock:
        if what == "namespace":
            kube.service.cluster.delete(kinds.NAMESPACES, "", "a")
        else:
            kube.service.cluster.delete(kinds.DEPLOYMENTS, "a", "web")
    with pytest.raises(GoneError):
        kube.writer.stop(sandbox, workload, "s1")


def test_a_workload_of_the_same_name_is_another_one(kube: World) -> None:
    sandbox, workload = web(kube)
    with kube.service.cluster.lock:
        kube.service.cluster.delete(kinds.DEPLOYMENTS, "a", "web")
    kube.service.add(kinds.DEPLOYMENTS, "a", manifests.replicated("web", 5))
    with pytest.raises(FencedError):
        kube.writer.stop(sandbox, workload, "s1")
    assert stored(kube)["spec"]["replicas"] == 5


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        ("403", BackendDeniedError),
        ("404", BackendError),  # of a proxy: nothing is gone
        ("429", BackendUnavailableError),
        ("500", BackendUnavailableError),
        ("504", BackendUnavailableError),
        ("html", BackendUnavailableError),
        ("cut", BackendError),
        ("timeout", BackendUnavailableError),
    ],
)
def test_a_write_is_never_tried_twice(kube: World, trouble: str, kind: type[BackendError]) -> None:
    sandbox, workload = web(kube)
    kube.service.trouble(trouble)
    with pytest.raises(kind):
        kube.writer.stop(sandbox, workload, "s1")
    assert written(kube) == 1
    assert kube.waits == []


def test_one_of_eight_stops_wins(kube: World) -> None:
    sandbox, workload = web(kube, 3)

    def stop(number: int) -> str:
        try:
            return kube.writer.stop(sandbox, workload, f"s{number}").stop
        except FencedError:
            return ""

    with ThreadPoolExecutor(8) as pool:
        winners = [each for each in pool.map(stop, range(8)) if each]
    assert len(winners) == 1
    assert stored(kube)["metadata"]["annotations"] == {STOP_ID: winners[0], ORIGINAL: "3"}


def test_ids_and_sizes_that_are_none(kube: World) -> None:
    sandbox, workload = web(kube)
    with pytest.raises(ValueError, match="has an id"):
        kube.writer.stop(sandbox, workload, "")
    with pytest.raises(ValueError, match="at least 0"):
        kube.writer.resume(sandbox, workload, -1, "s1")


_WORKLOADS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 4), st.sampled_from([{}, {"note": "mine"}])),
    min_size=1,
    max_size=5,
)


def wishes(kube: World, space: str) -> dict[tuple[str, str], tuple[object, object]]:
    """What people want of everything in a namespace: specs and annotations."""
    with kube.service.cluster.lock:
        return {
            (kind.name, each["metadata"]["name"]): (each["spec"], each["metadata"].get("annotations", {}))
            for kind in KINDS
            for each in kube.service.cluster.every(kind, space)
        }


def test_a_stop_and_a_resume_leave_no_trace() -> None:
    """Whatever there is, in the order of stops and back, with a run that crashes in between and starts again."""
    with world() as kube:
        count = iter(range(100_000))

        @given(_WORKLOADS, st.integers(0, 5))
        def holds(content: list[tuple[kinds.Kind, int, dict[str, str]]], crash: int) -> None:
            space = f"space-{next(count)}"
            kube.space(space)
            for number, (kind, size, notes) in enumerate(content):
                meta: dict[str, Any] = {"annotations": notes}
                made = (
                    manifests.cron_job(f"w{number}", suspend=size == 0, **meta)
                    if kind is kinds.CRON_JOBS
                    else manifests.replicated(f"w{number}", size, **meta)
                )
                kube.service.add(kind, space, made)
            before, pods = wishes(kube, space), len(read(kube, space).pods)
            sizes = {each.uid: each.size for each in read(kube, space).workloads}
            for tried in (crash, None):
                sandbox = read(kube, space)
                in_order = sorted(sandbox.workloads, key=lambda each: ORDER.index(each.kind))
                for each in in_order[:tried]:
                    kube.writer.stop(sandbox, each, "s1")
            stopped = read(kube, space)
            assert stopped.pods == ()
            assert {each.uid: each.original for each in stopped.workloads} == sizes
            for each in sorted(stopped.workloads, key=lambda each: -ORDER.index(each.kind)):
                kube.writer.resume(stopped, each, sizes[each.uid], "s1")
            assert wishes(kube, space) == before
            assert len(read(kube, space).pods) == pods

        settings(max_examples=examples(40))(holds)()
