"""Sandboxes of agent-sandbox over HTTP on the double: alone, within a namespace that is, and where none are."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kaizen.runtime.log import logger
from local.outside.kubernetes import kinds, manifests
from local.outside.kubernetes.checks import Object
from local.outside.service import Reply, Request
from sandbox_reaper.backend import BackendError, FencedError, GoneError, Sandbox, Workload
from sandbox_reaper.guards import opt_in
from sandbox_reaper.kubernetes import client as client_module
from sandbox_reaper.kubernetes import reader as reader_module
from sandbox_reaper.kubernetes.workloads import ORIGINAL, STOP_ID
from sandbox_reaper.protection import exempt, opted_in, unreapable
from sandbox_reaper.restore import record_of
from tests.contract.sandboxes.kubernetes_world import NOW, SIGN, VALUE, World, world

OPTED_IN = {SIGN: VALUE}
ARGO = "argocd.argoproj.io/instance"


@pytest.fixture(name="kube")
def _kube() -> Iterator[World]:
    with world() as found:
        found.service.namespace(manifests.namespace("agents"))
        yield found


def add(kube: World, name: str = "coder", space: str = "agents", pods: Object | None = None, **meta: Any) -> Object:
    meta = {"labels": OPTED_IN} | meta
    return kube.service.add(kinds.SANDBOXES, space, manifests.sandbox(name, pods, **meta))


def read(kube: World, name: str = "agents/coder") -> Sandbox:
    found = kube.reader.sandbox(name)
    assert found is not None
    return found


def one(kube: World) -> tuple[Sandbox, Workload]:
    add(kube, annotations={"note": "mine"})
    found = read(kube)
    return found, found.workloads[0]


def stored(kube: World, name: str = "coder") -> Object:
    with kube.service.cluster.lock:
        return kube.service.cluster.get(kinds.SANDBOXES, "agents", name)


def listed(kube: World) -> list[str]:
    return [each.name for each in kube.reader.inventory().sandboxes]


def test_one_with_what_belongs_to_it_alone(kube: World) -> None:
    pods = manifests.pod_spec("1500m", "1Gi", volumes=[{"name": "scratch", "emptyDir": {}}])
    made = add(kube, pods=pods, annotations={"kaizen.dev/owner": "U0OWNER1"})
    add(kube, "quiet", labels={})
    kube.service.add(kinds.DEPLOYMENTS, "agents", manifests.replicated("web", 3))
    kube.service.add(kinds.PODS, "agents", manifests.pod("debug"))
    kube.pass_time(timedelta(hours=1))
    (found,) = kube.reader.inventory().sandboxes
    assert (found.uid, found.name, found.namespace) == (made["metadata"]["uid"], "agents/coder", "agents")
    assert (found.created_at, found.changed_at) == (NOW, NOW)
    assert (found.labels, found.annotations) == (OPTED_IN, {"kaizen.dev/owner": "U0OWNER1"})
    (workload,) = found.workloads
    assert (workload.kind, workload.name, workload.size, workload.uid) == ("Sandbox", "coder", 1, found.uid)
    assert (len(found.pods), found.measured) == (1, ("agents/coder",))
    assert (found.cores, found.memory) == (1.5, 2**30)
    assert found.fleeting == ("emptyDir scratch of Sandbox coder",)
    assert (found.controllers, found.bare, unreapable(found)) == ((), (), "")
    assert read(kube) == found
    other = read(kube, "agents/quiet")
    assert not opted_in(other)
    assert kube.reader.sandbox("agents/nobody") is None
    assert kube.reader.sandbox("nowhere/coder") is None


def test_all_pages_are_read(kube: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        add(kube, f"a{number}")
    monkeypatch.setattr(client_module, "PAGE", 3)
    assert listed(kube) == [f"agents/a{number}" for number in range(7)]


def test_a_cluster_without_agent_sandbox_has_none(kube: World, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(logger, "info", lambda text, **_: said.append(text))
    reader_module._say_without_agents.cache_clear()
    kube.space("shop")
    kube.service.cluster.kinds.discard(kinds.SANDBOXES)
    for _ in range(3):
        assert listed(kube) == ["shop"]
    assert kube.reader.sandbox("agents/coder") is None
    assert said == ["the cluster has no agent-sandbox, or an older one"]


def test_a_404_where_it_is_served_is_an_error(kube: World) -> None:
    """Of a proxy, say: what was stopped must not be forgotten by it."""
    add(kube)
    kube.service.trouble("", "404")
    with pytest.raises(BackendError, match="answered 404"):
        kube.reader.inventory()
    kube.service.trouble("404")
    with pytest.raises(BackendError, match="answered 404"):
        kube.reader.sandbox("agents/coder")
    assert listed(kube) == ["agents/coder"]


def test_a_stop_suspends_it_and_a_resume_leaves_no_trace(kube: World) -> None:
    sandbox, workload = one(kube)
    before = stored(kube)
    kube.writer.rehearse(sandbox, workload, "s1")
    assert stored(kube) == before
    kube.heard.clear()
    after = kube.writer.stop(sandbox, workload, "s1")
    (sent,) = [json.loads(each.body) for each in kube.heard if each.method == "PATCH"]
    notes = {STOP_ID: "s1", ORIGINAL: "1"}
    assert sent == {
        "metadata": {"resourceVersion": workload.version, "annotations": notes},
        "spec": {"operatingMode": "Suspended"},
    }
    assert (after.size, after.stop, after.original) == (0, "s1", 1)
    stopped = read(kube)
    assert (stopped.pods, stopped.changed_at, unreapable(stopped)) == ((), NOW, "nothing in it runs")
    with pytest.raises(FencedError, match="s1"):
        kube.writer.resume(sandbox, stopped.workloads[0], 1, "s2")
    kube.writer.resume(sandbox, stopped.workloads[0], 1, "s1")
    assert stored(kube)["spec"] == before["spec"]
    assert stored(kube)["metadata"]["annotations"] == {"note": "mine"}
    assert len(read(kube).pods) == 1


@pytest.mark.parametrize(
    ("path", "change"),
    [("", {"spec": {"shutdownTime": "2091-01-01T00:00:00Z"}}), ("/status", {"status": {"nodeName": "node-2"}})],
)
def test_what_changed_since_it_was_read_is_left_alone(kube: World, path: str, change: Object) -> None:
    sandbox, workload = one(kube)
    kube.client.patch(f"/apis/agents.x-k8s.io/v1beta1/namespaces/agents/sandboxes/coder{path}", change)
    with pytest.raises(FencedError):
        kube.writer.stop(sandbox, workload, "s1")
    assert stored(kube)["spec"]["operatingMode"] == "Running"
    assert stored(kube)["metadata"]["annotations"] == {"note": "mine"}


def test_what_is_gone_or_made_anew_is_not_stopped(kube: World) -> None:
    sandbox, workload = one(kube)
    with kube.service.cluster.lock:
        kube.service.cluster.delete(kinds.SANDBOXES, "agents", "coder")
    with pytest.raises(GoneError):
        kube.writer.stop(sandbox, workload, "s1")
    add(kube)
    with pytest.raises(FencedError):
        kube.writer.stop(sandbox, workload, "s1")
    assert read(kube).uid != sandbox.uid


def test_one_that_is_made_anew_while_it_is_read(kube: World) -> None:
    one(kube)
    answered = kube.service.answer

    def answer(request: Request) -> Reply:
        if request.path.endswith("/pods"):
            with kube.service.cluster.lock:
                kube.service.cluster.delete(kinds.SANDBOXES, "agents", "coder")
            add(kube)
        return answered(request)

    kube.service.answer = answer  # type: ignore[method-assign]
    with pytest.raises(BackendError, match="was replaced"):
        kube.reader.sandbox("agents/coder")


def scaler(kind: str) -> Object:
    target = {"apiVersion": "agents.x-k8s.io/v1beta1", "kind": kind, "name": "coder"}
    return {"metadata": {"name": f"for-{kind.lower()}"}, "spec": {"scaleTargetRef": target}}


def test_whoever_owns_its_mode_is_named(kube: World) -> None:
    claim = {"kind": "SandboxClaim", "name": "task-7", "uid": "u1", "controller": True}
    add(kube, "claimed", ownerReferences=[claim])
    add(kube, "shipped", labels=OPTED_IN | {ARGO: "fleet"})
    add(kube, "flux", annotations={"argocd.argoproj.io/tracking-id": "lab:agents/x"})
    add(kube)
    found = {each.name: unreapable(each) for each in kube.reader.inventory().sandboxes}
    assert found == {
        "agents/claimed": "SandboxClaim task-7 would scale it up again",
        "agents/coder": "",
        "agents/flux": "Argo CD lab would scale it up again",
        "agents/shipped": "Argo CD fleet would scale it up again",
    }
    kube.service.add(kinds.AUTOSCALERS, "agents", scaler("Deployment"))
    assert read(kube).controllers == ()
    kube.service.add(kinds.AUTOSCALERS, "agents", scaler("Sandbox"))
    kube.service.add(kinds.SCALED_OBJECTS, "agents", scaler("Sandbox"))
    assert read(kube).controllers == ("HorizontalPodAutoscaler for-sandbox", "KEDA ScaledObject for-sandbox")


def test_what_is_in_a_namespace_that_is_opted_in_belongs_to_it(kube: World) -> None:
    """Told of once and stopped once, with the namespace: its own label does not count in there."""
    kube.space("shop")
    kube.service.add(kinds.DEPLOYMENTS, "shop", manifests.replicated("web", 2))
    add(kube, space="shop")
    add(kube, "unmarked", "shop", labels={})
    (found,) = kube.reader.inventory().sandboxes
    assert (found.name, found.whole, len(found.measured), unreapable(found)) == ("shop", True, len(found.pods), "")
    assert [(each.kind, each.name) for each in record_of(found, "s1", NOW).items] == [
        ("Sandbox", "coder"),
        ("Sandbox", "unmarked"),
        ("Deployment", "web"),
    ]
    assert len(found.pods) == 4
    assert read(kube, "shop") == found
    assert not opted_in(read(kube, "shop/coder"))
    for each in found.workloads:
        kube.writer.stop(found, each, "s1")
    stopped = read(kube, "shop")
    assert [each.size for each in stopped.workloads] == [0, 0, 0]
    assert stopped.pods == ()
    for each in stopped.workloads:
        assert each.original is not None
        kube.writer.resume(stopped, each, each.original, "s1")
    assert len(read(kube, "shop").pods) == 4


def test_a_namespace_that_is_opted_in_meanwhile_ends_a_stop_of_its_own(kube: World) -> None:
    add(kube)
    assert opted_in(read(kube))
    kube.client.patch("/api/v1/namespaces/agents", {"metadata": {"labels": OPTED_IN}})
    found = read(kube)
    assert not opted_in(found)
    assert listed(kube) == ["agents"]
    case: Any = type("Case", (), {"sandbox": found})
    assert opt_in(case) == "it is not opted in any more"


def test_one_that_is_exempt_exempts_its_namespace(kube: World) -> None:
    kube.space("shop", {"kaizen.dev/exempt-until": "2027-01-31"})
    add(kube, "a", "shop", annotations={"kaizen.dev/exempt-until": "2026-12-31", "kaizen.dev/exempt": "false"})
    assert exempt(read(kube, "shop"), NOW) == "exempt until 2027-01-31 23:59 UTC"
    add(kube, "b", "shop", labels={"kaizen.dev/exempt": "yes"})
    assert exempt(read(kube, "shop"), NOW) == "exempt for good"


@pytest.mark.parametrize("space", ["default", "kube-system", "production"])
def test_names_that_are_protected_protect_what_is_in_them(kube: World, space: str) -> None:
    kube.service.namespace(manifests.namespace(space))
    add(kube, space=space)
    assert unreapable(read(kube, f"{space}/coder")) == "its name is protected"


def test_a_mode_that_is_not_known_is_an_error(kube: World) -> None:
    add(kube)
    answered = kube.service.answer

    def answer(request: Request) -> Reply:
        reply = answered(request)
        return Reply(
            reply.status, str(reply.body).replace('"Running", "shutdown', '"Frozen", "shutdown'), reply.headers
        )

    kube.service.answer = answer  # type: ignore[method-assign]
    with pytest.raises(BackendError, match="operatingMode"):
        kube.reader.inventory()
