"""Sandboxes as the reader sees them, over HTTP on the double; whatever is not a whole answer is an error."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.outside.kubernetes import kinds, manifests
from local.outside.kubernetes.rights import rules
from local.outside.kubernetes.service import PREFIX
from local.outside.service import Reply, Request
from sandbox_reaper.backend import BackendDeniedError, BackendError, BackendUnavailableError, Sandbox
from sandbox_reaper.kubernetes import client as client_module
from sandbox_reaper.kubernetes.reader import KubernetesReader
from tests.contract.sandboxes.kubernetes_world import NOW, VALUE, World, world

LISTS = [
    "/api/v1/namespaces",
    "/apis/agents.x-k8s.io/v1beta1/sandboxes",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/statefulsets",
    "/apis/batch/v1/cronjobs",
    "/apis/agents.x-k8s.io/v1beta1/sandboxes",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
    "/apis/keda.sh/v1alpha1/scaledobjects",
    "/apis/batch/v1/jobs",
    "/api/v1/pods",
]


@pytest.fixture(name="kube")
def _kube() -> Iterator[World]:
    with world() as found:
        yield found


def only(kube: World) -> Sandbox:
    (found,) = kube.reader.inventory().sandboxes
    return found


def fleet(kube: World, count: int = 3) -> None:
    for number in range(count):
        kube.space(f"space-{number}")
        kube.service.add(kinds.DEPLOYMENTS, f"space-{number}", manifests.replicated("web", 2))


def test_a_sandbox_with_what_it_holds(kube: World) -> None:
    uid = kube.space("train", {"team": "ml"}, owner="octo-dev")
    kube.service.namespace(manifests.namespace("not-opted-in"))
    kube.service.add(kinds.DEPLOYMENTS, "not-opted-in", manifests.replicated("web", 9))
    gpu = {"requests": {"cpu": "1500m", "memory": "1Gi", "nvidia.com/gpu": "2"}}
    pods = {
        "containers": [{"name": "main", "resources": gpu}],
        "volumes": [{"name": "scratch", "emptyDir": {}}, {"name": "kept", "persistentVolumeClaim": {"claimName": "x"}}],
        "hostNetwork": True,
    }
    kube.service.add(kinds.DEPLOYMENTS, "train", manifests.replicated("trainer", 2, pods))
    kube.service.add(kinds.STATEFUL_SETS, "train", manifests.replicated("db", 1))
    kube.service.add(kinds.CRON_JOBS, "train", manifests.cron_job("nightly"))
    kube.service.add(kinds.CRON_JOBS, "train", manifests.cron_job("paused", suspend=True))
    kube.pass_time(timedelta(minutes=7))
    inventory = kube.reader.inventory()
    assert inventory.at == NOW + timedelta(minutes=7)
    (found,) = inventory.sandboxes
    assert (found.uid, found.name, found.created_at, found.changed_at) == (uid, "train", NOW, NOW)
    assert (found.labels["team"], found.annotations) == ("ml", {"owner": "octo-dev"})
    assert [(each.kind, each.name, each.size) for each in found.workloads] == [
        ("CronJob", "nightly", 1),
        ("CronJob", "paused", 0),
        ("Deployment", "trainer", 2),
        ("StatefulSet", "db", 1),
    ]
    assert len(found.pods) == 3
    assert (found.cores, found.memory, found.gpus) == (3.25, 2 * 2**30 + 256 * 2**20, 4)
    assert found.fleeting == ("emptyDir scratch of Deployment trainer",)
    assert len(found.host_network) == 2
    assert (found.controllers, found.bare) == ((), ())
    assert kube.reader.sandbox("train") == found


def test_the_number_of_lists_does_not_grow_with_the_fleet(kube: World) -> None:
    for count in (0, 1, 40):
        fleet_before = len(kube.reader.inventory().sandboxes)
        for number in range(fleet_before, count):
            kube.space(f"s{number}")
            kube.service.add(kinds.DEPLOYMENTS, f"s{number}", manifests.replicated("web", 1))
        kube.lists()
        assert len(kube.reader.inventory().sandboxes) == count
        assert kube.lists() == LISTS


def test_pages_are_read_to_the_end(kube: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet(kube, 7)
    monkeypatch.setattr(client_module, "PAGE", 3)
    found = kube.reader.inventory().sandboxes
    assert [each.name for each in found] == [f"space-{number}" for number in range(7)]
    assert [len(each.pods) for each in found] == [2] * 7
    assert len(kube.lists()) > len(LISTS)


class Between:
    """The double, with something that happens before a request is answered."""

    def __init__(self, kube: World) -> None:
        self.kube, self.answered, self.events = kube, kube.service.answer, 0

    def forget_state_at_page(self, times: int) -> None:
        def answer(request: Request) -> Reply:
            if "continue=" in request.query and self.events < times:
                self.events += 1
                self.kube.service.cluster.compact()
            return self.answered(request)

        self.kube.service.answer = answer  # type: ignore[method-assign]


def test_a_list_whose_state_is_gone_is_read_anew_once(kube: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet(kube, 7)
    monkeypatch.setattr(client_module, "PAGE", 3)
    Between(kube).forget_state_at_page(1)
    assert len(kube.reader.inventory().sandboxes) == 7
    Between(kube).forget_state_at_page(2)
    with pytest.raises(BackendUnavailableError, match="moves faster"):
        kube.reader.inventory()


def altered(kube: World, where: str, change: Any) -> None:
    """Answers to a list are changed by `change(content)` on their way."""
    answered = kube.service.answer

    def answer(request: Request) -> Reply:
        reply = answered(request)
        if not request.path.endswith(where) or reply.status != 200:
            return reply
        return Reply(200, json.dumps(change(json.loads(reply.body))), reply.headers)

    kube.service.answer = answer  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content | {"metadata": content["metadata"] | {"continue": "same"}},  # a page that moves
        lambda content: content | {"metadata": {}},
        lambda content: content | {"items": "none"},
        lambda content: {key: value for key, value in content.items() if key != "items"},
        lambda content: {"kind": "Status", "status": "Success", "metadata": {}},
        lambda content: content | {"items": [{"metadata": {"namespace": "space-0"}}]},
        lambda content: [],
        lambda content: {},
    ],
)
@pytest.mark.parametrize("where", ["/namespaces", "/deployments", "/pods"])
def test_odd_answers_are_no_empty_fleet(kube: World, where: str, change: Any) -> None:
    fleet(kube)
    altered(kube, where, change)
    with pytest.raises(BackendError):
        kube.reader.inventory()


@pytest.mark.parametrize("path", range(len(LISTS)))
@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        ("401", BackendDeniedError),
        ("403", BackendDeniedError),
        ("429", BackendUnavailableError),
        ("500", BackendUnavailableError),
        ("503", BackendUnavailableError),
        ("html", BackendUnavailableError),
        ("cut", BackendError),
        ("410", BackendUnavailableError),
    ],
)
def test_each_trouble_at_each_list_is_an_error(kube: World, path: int, trouble: str, kind: type[BackendError]) -> None:
    fleet(kube)
    kube.service.trouble(*[""] * path, *[trouble] * 4)
    with pytest.raises(kind) as raised:
        kube.reader.inventory()
    assert kube.token_text not in str(raised.value)
    kube.service.calm()
    assert len(kube.reader.inventory().sandboxes) == 3


def test_no_answer_in_time_is_an_error(kube: World) -> None:
    kube.service.trouble(*["timeout"] * 3)
    with pytest.raises(BackendUnavailableError):
        kube.reader.inventory()
    assert len(kube.lists()) == 3


def test_a_path_that_is_not_there_is_no_empty_list(kube: World) -> None:
    """But for KEDA, which a cluster may not have."""
    fleet(kube)
    kube.service.cluster.kinds.discard(kinds.SCALED_OBJECTS)
    assert len(kube.reader.inventory().sandboxes) == 3
    kube.service.cluster.kinds.discard(kinds.AUTOSCALERS)
    with pytest.raises(BackendError, match="404"):
        kube.reader.inventory()


def test_reading_is_tried_again_and_waits_as_asked(kube: World) -> None:
    fleet(kube)
    kube.service.trouble("429", "503")
    assert len(kube.reader.inventory().sandboxes) == 3
    assert kube.waits == [1.0, 1.5]
    kube.service.trouble("html")
    kube.reader.inventory()
    assert kube.waits[2:] == [0.5]


def test_a_refused_token_is_made_anew_once(kube: World) -> None:
    fleet(kube)
    kube.service.trouble("401")
    assert len(kube.reader.inventory().sandboxes) == 3
    assert kube.refreshed == 1
    kube.token_text = "revoked"
    with pytest.raises(BackendDeniedError, match="401") as raised:
        kube.reader.inventory()
    assert "revoked" not in str(raised.value)


def test_a_right_that_is_missing_is_an_error(kube: World) -> None:
    """Also for KEDA: a server that may not say whether it has it has not said no."""
    fleet(kube)
    kube.token_text = "other"
    kinds_ = [
        "deployments",
        "statefulsets",
        "cronjobs",
        "sandboxes",
        "horizontalpodautoscalers",
        "jobs",
        "pods",
        "namespaces",
    ]
    kube.service.cluster.user(
        "other", "reader", rules([{"apiGroups": ["*"], "resources": kinds_, "verbs": ["get", "list"]}])
    )
    with pytest.raises(BackendDeniedError, match="scaledobjects"):
        kube.reader.inventory()


def test_one_sandbox(kube: World) -> None:
    fleet(kube)
    kube.service.namespace(manifests.namespace("plain"))
    found = kube.reader.sandbox("plain")
    assert found is not None
    assert (found.name, found.workloads) == ("plain", ())
    kube.service.namespace(manifests.namespace("ending"))
    kube.service.cluster.terminate("ending")
    assert kube.reader.sandbox("ending") is None
    assert kube.reader.sandbox("nothing") is None
    kube.service.trouble("404")  # of a proxy, say: it is not the API server that says so
    with pytest.raises(BackendError, match="404"):
        kube.reader.sandbox("space-1")


def test_a_name_that_is_used_again_while_it_is_read(kube: World) -> None:
    fleet(kube)
    answered = kube.service.answer

    def answer(request: Request) -> Reply:
        if request.path.endswith("/pods"):
            with kube.service.cluster.lock:
                kube.service.cluster.delete(kinds.NAMESPACES, "", "space-1")
            kube.space("space-1")
        return answered(request)

    kube.service.answer = answer  # type: ignore[method-assign]
    with pytest.raises(BackendError, match="was replaced"):
        kube.reader.sandbox("space-1")


def test_whoever_scales_it_up_again_is_named(kube: World) -> None:
    kube.space("a")
    add = kube.service.add
    add(
        kinds.DEPLOYMENTS,
        "a",
        manifests.replicated("web", annotations={"argocd.argoproj.io/tracking-id": "shop:apps/x"}),
    )
    add(kinds.DEPLOYMENTS, "a", manifests.replicated("api", labels={"argocd.argoproj.io/instance": "shop-api"}))
    add(kinds.STATEFUL_SETS, "a", manifests.replicated("db", labels={"helm.toolkit.fluxcd.io/name": "db"}))
    add(kinds.CRON_JOBS, "a", manifests.cron_job("n", labels={"kustomize.toolkit.fluxcd.io/name": "jobs"}))
    add(kinds.AUTOSCALERS, "a", manifests.autoscaler("web", "web"))
    scaled = add(
        kinds.SCALED_OBJECTS, "a", {"metadata": {"name": "queue"}, "spec": {"scaleTargetRef": {"name": "api"}}}
    )
    owner = {"kind": "ScaledObject", "name": "queue", "uid": scaled["metadata"]["uid"], "controller": True}
    hpa = manifests.autoscaler("keda-hpa-queue", "api")
    add(kinds.AUTOSCALERS, "a", hpa | {"metadata": hpa["metadata"] | {"ownerReferences": [owner]}})
    foreign = {"kind": "DaemonSet", "name": "logs", "uid": "u1", "controller": True}
    add(kinds.PODS, "a", manifests.pod("logs-x", ownerReferences=[foreign]))
    add(kinds.REPLICA_SETS, "a", manifests.replicated("alone"))
    add(kinds.JOBS, "a", manifests.job("step", ownerReferences=[foreign | {"kind": "Workflow", "name": "flow"}]))
    found = only(kube)
    assert found.controllers == (
        "Argo CD shop",
        "Argo CD shop-api",
        "DaemonSet logs",
        "Flux HelmRelease db",
        "Flux Kustomization jobs",
        "HorizontalPodAutoscaler keda-hpa-queue",
        "HorizontalPodAutoscaler web",
        "KEDA ScaledObject queue",
        "ReplicaSet alone",
        "Workflow flow",
    )
    assert found.bare == ()


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        (kinds.DEPLOYMENTS, manifests.replicated),
        (kinds.STATEFUL_SETS, manifests.replicated),
        (kinds.CRON_JOBS, manifests.cron_job),
    ],
)
def test_an_operator_would_scale_up_what_it_controls(kube: World, kind: Any, made: Any) -> None:
    kube.space("a")
    owner = {"kind": "Kafka", "name": "orders", "uid": "u1", "controller": True}
    kube.service.add(kind, "a", made("broker", ownerReferences=[owner]))
    assert only(kube).controllers == ("Kafka orders",)
    kube.service.add(kind, "a", made("other", ownerReferences=[owner | {"controller": False, "name": "mere"}]))
    assert only(kube).controllers == ("Kafka orders",)


@pytest.mark.parametrize(
    ("manager", "words"),
    [
        ("argocd-controller", ("Argo CD",)),
        ("argocd-application-controller", ("Argo CD",)),
        ("kustomize-controller", ("Flux Kustomization",)),
        ("helm-controller", ("Flux HelmRelease",)),
        ("flux", ("Flux",)),
        ("kubectl", ()),
        ("helm", ()),  # a person's or a pipeline's: nothing writes again by itself
    ],
)
def test_gitops_is_seen_by_who_writes(kube: World, manager: str, words: tuple[str, ...]) -> None:
    """Argo CD's default label says nothing, as charts set it, too; server-side Flux sets none."""
    kube.space("a")
    given = manifests.replicated("web", 2, labels={"app.kubernetes.io/instance": "shop"})
    kube.service.add(kinds.DEPLOYMENTS, "a", given, manager=manager)
    assert only(kube).controllers == words


def test_a_404_for_keda_is_none_only_where_the_cluster_says_so(kube: World) -> None:
    """A proxy's 404 would hide what scales a sandbox up again."""
    kube.space("a")
    answered = kube.service.answer
    groups: dict[str, Any] = {"groups": []}

    def answer(request: Request) -> Reply:
        if request.path.endswith("/apis"):
            return Reply(200, json.dumps({"kind": "APIGroupList"} | groups), (("content-type", "application/json"),))
        return Reply(404, "404 page not found") if "keda.sh" in request.path else answered(request)

    kube.service.answer = answer  # type: ignore[method-assign]
    assert only(kube).controllers == ()
    groups["groups"] = [{"name": "keda.sh", "versions": [{"version": "v1alpha1"}]}]
    with pytest.raises(BackendError, match=r"keda\.sh/v1alpha1, and answered 404"):
        kube.reader.inventory()


def test_bare_pods_and_jobs_are_named(kube: World) -> None:
    kube.space("a")
    nightly = kube.service.add(kinds.CRON_JOBS, "a", manifests.cron_job("nightly"))
    owner = {"kind": "CronJob", "name": "nightly", "uid": nightly["metadata"]["uid"], "controller": True}
    kube.service.add(kinds.JOBS, "a", manifests.job("nightly-1", ownerReferences=[owner]))
    kube.service.add(kinds.JOBS, "a", manifests.job("import"))
    kube.service.add(kinds.PODS, "a", manifests.pod("debug"))
    kube.service.add(kinds.PODS, "a", manifests.pod("done"))
    for kind, name, status in (
        (kinds.PODS, "done", {"phase": "Succeeded"}),
        (kinds.JOBS, "import", {"conditions": [{"type": "Suspended", "status": "False"}]}),
    ):
        kube.client.patch(
            f"/api{'s/batch' if kind is kinds.JOBS else ''}/v1/namespaces/a/{kind.plural}/{name}/status",
            {"status": status},
        )
    found = only(kube)
    assert found.bare == ("Job import", "Pod debug")
    assert found.controllers == ()
    assert len(found.pods) == 3  # of both jobs, and the one that is for debugging
    finished = {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    kube.client.patch("/apis/batch/v1/namespaces/a/jobs/import/status", finished)
    pod = next(
        each for each in kube.service.cluster.every(kinds.PODS) if each["metadata"]["name"].startswith("import-")
    )
    kube.client.patch(f"/api/v1/namespaces/a/pods/{pod['metadata']['name']}/status", {"status": {"phase": "Succeeded"}})
    assert only(kube).bare == ("Pod debug",)


def test_a_deploy_counts_and_our_own_writes_and_kubernetes_do_not(kube: World) -> None:
    kube.space("a")
    kube.service.add(kinds.DEPLOYMENTS, "a", manifests.replicated("web", 3))
    kube.pass_time(timedelta(hours=1))
    first = only(kube)
    (web,) = first.workloads
    kube.writer.stop(first, web, "s1")
    stopped = only(kube)
    assert (stopped.changed_at, stopped.workloads[0].rollout) == (NOW, web.rollout)
    image = {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}
    with kube.service.cluster.lock:
        given = kube.service.cluster.get(kinds.DEPLOYMENTS, "a", "web")
        template = given["spec"]["template"]
        labelled = template["metadata"] | image["template"]["metadata"]
        spec = given["spec"] | {"template": template | {"metadata": labelled}}
        kube.service.cluster.update(kinds.DEPLOYMENTS, "a", "web", given | {"spec": spec}, "kubectl-rollout")
    after = only(kube)
    assert after.changed_at == NOW + timedelta(hours=1)
    assert after.workloads[0].rollout != web.rollout


def test_a_selector_that_takes_everything_is_refused(kube: World) -> None:
    with pytest.raises(ValueError, match="every namespace"):
        KubernetesReader(kube.client, " ")
    kube.space("a", {"tier": "lab"})
    kube.service.namespace(manifests.namespace("b", {"tier": "lab"}))
    assert [each.name for each in KubernetesReader(kube.client, "tier=lab").inventory().sandboxes] == ["a", "b"]
    assert VALUE == "enabled"


def test_a_namespace_that_ends_is_no_sandbox(kube: World) -> None:
    fleet(kube)
    kube.service.cluster.terminate("space-1")
    assert [each.name for each in kube.reader.inventory().sandboxes] == ["space-0", "space-2"]


def test_a_reader_has_nothing_that_writes(kube: World) -> None:
    fleet(kube)
    public = {name for name in dir(KubernetesReader) if not name.startswith("_")}
    assert public == {"inventory", "sandbox"}
    kube.heard.clear()
    kube.reader.inventory()
    kube.reader.sandbox("space-1")
    assert {each.method for each in kube.heard} == {"GET"}
    assert all(each.path.startswith(PREFIX) for each in kube.heard)
