"""What the reaper relies on in a Kubernetes API server. It holds for the double, and for a real one:

    KUBE_CONTRACT_URL=https://… KUBE_CONTRACT_TOKEN=… KUBE_CONTRACT_CA=ca.pem pytest tests/contract/sandboxes

The token may do anything in namespaces of its own making; each test makes one, `kaizen-contract-…`, and deletes it.
CronJobs that are suspended stand for workloads where a controller's writes would come between. Each test is made for
agent-sandbox's Sandboxes, too, of whose definition a real server needs version v1beta1, without their controller.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from local.outside.kubernetes import manifests
from local.outside.kubernetes.checks import Object
from tests.contract.sandboxes.kubernetes_world import JSON_PATCH, MERGE, Server, server

ROUNDS = 20
STAMP = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Form:
    """What a kind is made of: its switch with its two positions, a field of its wishes, and one of its status."""

    group: str
    plural: str
    list_kind: str
    manifest: Callable[..., Object]
    switch: str
    off: object
    on: object
    wish: str
    wishes: tuple[str, str, str]
    status: str

    def path(self, space: str, name: str = "") -> str:
        return f"/apis/{self.group}/namespaces/{space}/{self.plural}" + (f"/{name}" if name else "")

    def made(self, kube: Server, space: str, name: str = "nightly", **meta: Any) -> str:
        """The path of a new one that is suspended."""
        kube.good("POST", self.path(space), self.manifest(name, suspended=True, **meta))
        return self.path(space, name)


def _cron_job(name: str, *, suspended: bool, **meta: Any) -> Object:
    return manifests.cron_job(name, suspend=suspended, **meta)


CRON_JOB = Form(
    "batch/v1", "cronjobs", "CronJobList", _cron_job,
    "suspend", True, False, "schedule", ("0 0 1 1 *", "0 0 2 1 *", "0 0 3 1 *"), "lastScheduleTime",
)  # fmt: skip
AGENT = Form(
    "agents.x-k8s.io/v1beta1", "sandboxes", "SandboxList", manifests.sandbox, "operatingMode", "Suspended", "Running",
    "shutdownTime", ("2091-01-01T00:00:00Z", "2092-01-01T00:00:00Z", "2093-01-01T00:00:00Z"), "nodeName",
)  # fmt: skip


@pytest.fixture(name="form", params=[CRON_JOB, AGENT], ids=["CronJob", "Sandbox"])
def _form(request: pytest.FixtureRequest) -> Form:
    form: Form = request.param
    return form


@pytest.fixture(name="kube", scope="module")
def _kube() -> Iterator[Server]:
    with server() as found:
        yield found


@pytest.fixture(name="space")
def _space(kube: Server) -> Iterator[str]:
    with kube.namespace() as name:
        yield name


def noted(version: str, value: str) -> dict[str, object]:
    return {"metadata": {"resourceVersion": version, "annotations": {"kaizen.dev/note": value}}}


def test_a_stale_version_is_a_conflict(kube: Server, form: Form, space: str) -> None:
    path = form.made(kube, space)
    old = kube.good("GET", path).version
    new = kube.merge(path, noted(old, "one"))
    assert (new.status, new.version != old) == (200, True)
    stale = kube.merge(path, noted(old, "two"))
    assert (stale.status, stale.content["kind"], stale.content["reason"]) == (409, "Status", "Conflict")
    assert (stale.content["details"]["name"], stale.content["details"]["kind"]) == ("nightly", form.plural)
    assert kube.good("GET", path).content["metadata"]["annotations"]["kaizen.dev/note"] == "one"
    replaced = kube.good("GET", path).content | {}
    replaced["metadata"] = replaced["metadata"] | {"resourceVersion": old}
    assert kube.call("PUT", path, replaced).status == 409


def test_versions_move_with_every_write_and_generations_with_wishes(kube: Server, form: Form, space: str) -> None:
    path = form.made(kube, space)
    first = kube.good("GET", path)
    noted_ = kube.merge(path, {"metadata": {"annotations": {"kaizen.dev/note": "one"}}})
    status = kube.merge(f"{path}/status", {"status": {form.status: STAMP}})
    same = kube.merge(path, {"metadata": {"annotations": {"kaizen.dev/note": "one"}}})
    wish = kube.merge(path, {"spec": {form.switch: form.on, form.wish: form.wishes[0]}})
    assert len({first.version, noted_.version, status.version, wish.version}) == 4
    assert same.version == status.version  # nothing changed
    generations = [each.content["metadata"]["generation"] for each in (first, noted_, status, same, wish)]
    assert generations == [1, 1, 1, 1, 2]
    assert status.content["status"][form.status] == STAMP


def test_a_status_write_makes_an_older_version_stale(kube: Server, form: Form, space: str) -> None:
    path = form.made(kube, space)
    read = kube.good("GET", path).version
    assert kube.merge(f"{path}/status", {"status": {form.status: STAMP}}).status == 200
    assert kube.merge(path, noted(read, "one")).status == 409


def test_the_status_and_the_rest_are_written_apart(kube: Server, form: Form, space: str) -> None:
    path = form.made(kube, space)
    given = {"spec": {form.wish: form.wishes[1]}, "status": {form.status: STAMP}}
    assert form.status not in kube.merge(path, given).content["status"]
    given["spec"][form.wish] = form.wishes[2]
    after = kube.merge(f"{path}/status", given).content
    assert (after["spec"][form.wish], after["metadata"]["generation"]) == (form.wishes[1], 2)


def test_merge_patches_take_away_what_is_null(kube: Server, form: Form, space: str) -> None:
    path = form.made(kube, space, annotations={"a/one": "1", "a/two": "2"})
    after = kube.merge(path, {"metadata": {"annotations": {"a/one": None, "a/three": "3"}}})
    assert after.content["metadata"]["annotations"] == {"a/two": "2", "a/three": "3"}
    assert after.content["spec"][form.switch] == form.off


def test_a_failed_test_of_a_json_patch_is_422_and_changes_nothing(kube: Server, form: Form, space: str) -> None:
    path = form.made(kube, space)
    before = kube.good("GET", path).version
    test = {"op": "test", "path": f"/spec/{form.switch}", "value": form.on}
    change = {"op": "add", "path": f"/spec/{form.wish}", "value": form.wishes[1]}
    refused = kube.call("PATCH", path, [change, test], JSON_PATCH)
    assert (refused.status, refused.content["kind"], refused.content["reason"]) == (422, "Status", "Invalid")
    assert kube.good("GET", path).version == before
    done = kube.call("PATCH", path, [test | {"value": form.off}, change], JSON_PATCH)
    assert (done.status, done.content["spec"][form.wish]) == (200, form.wishes[1])


def test_a_dry_run_is_checked_and_not_kept(kube: Server, form: Form, space: str) -> None:
    path = form.made(kube, space)
    before = kube.good("GET", path)
    dry = kube.merge(f"{path}?dryRun=All", {"spec": {form.switch: form.on, form.wish: form.wishes[0]}})
    assert (dry.status, dry.content["spec"][form.switch]) == (200, form.on)
    assert kube.good("GET", path).content == before.content
    assert kube.merge(f"{path}?dryRun=All", noted("1", "stale")).status == 409
    assert kube.merge(f"{path}?dryRun=All", {"spec": {form.switch: "maybe"}}).status == 422
    assert kube.merge(f"{path}?dryRun=Some", {}).status == 422
    assert kube.call("POST", f"{form.path(space)}?dryRun=All", form.manifest("other", suspended=True)).status == 201
    assert kube.call("GET", form.path(space, "other")).status == 404
    kube.good("DELETE", f"{path}?dryRun=All")
    kube.good("GET", path)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("app=a", "a1 a2"),
        ("app==a,tier=web", "a1"),
        ("app!=a", "b1 bare"),
        ("app in (a, b)", "a1 a2 b1"),
        ("app notin (a)", "b1 bare"),
        ("tier", "a1 b1"),
        ("!tier", "a2 bare"),
        ("app in (a,b),tier", "a1 b1"),
        ("app=nothing", ""),
        ("", "a1 a2 b1 bare"),
    ],
)
def test_label_selectors(kube: Server, form: Form, space: str, selector: str, names: str) -> None:
    form.made(kube, space, "a1", labels={"app": "a", "tier": "web"})
    form.made(kube, space, "a2", labels={"app": "a"})
    form.made(kube, space, "b1", labels={"app": "b", "tier": "db"})
    form.made(kube, space, "bare")
    text = selector.replace(" ", "%20").replace("=", "%3D").replace(",", "%2C").replace("!", "%21")
    found = kube.good("GET", f"{form.path(space)}?labelSelector={text}").content
    assert found["kind"] == form.list_kind
    assert [each["metadata"]["name"] for each in found["items"]] == names.split()


def test_selectors_that_are_none(kube: Server, form: Form, space: str) -> None:
    assert kube.call("GET", f"{form.path(space)}?labelSelector=a%3D%3D%3Db").status == 400
    assert kube.call("GET", f"/api/v1/namespaces/{space}/pods?fieldSelector=spec.nothing%3D1").status == 400
    running = "status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed"
    assert kube.call("GET", f"/api/v1/namespaces/{space}/pods?fieldSelector={running}").status == 200


def test_pages_are_of_one_state(kube: Server, form: Form, space: str) -> None:
    for name in "abcde":
        form.made(kube, space, name)
    page = kube.good("GET", f"{form.path(space)}?limit=2")
    version, names = page.version, [each["metadata"]["name"] for each in page.content["items"]]
    assert (names, page.content["metadata"]["remainingItemCount"]) == (["a", "b"], 3)
    form.made(kube, space, "dd")
    kube.good("DELETE", form.path(space, "e"))
    while follow := page.content["metadata"].get("continue"):
        page = kube.good("GET", f"{form.path(space)}?limit=2&continue={follow}")
        assert page.version == version
        names += [each["metadata"]["name"] for each in page.content["items"]]
    assert names == list("abcde")
    assert kube.call("GET", f"{form.path(space)}?limit=2&continue=nonsense").status == 400


def test_one_of_eight_wins(kube: Server, form: Form, space: str) -> None:
    path = form.made(kube, space)
    with ThreadPoolExecutor(8) as pool:
        for round_ in range(ROUNDS):
            version = kube.good("GET", path).version

            def write(number: int, version: str = version, round_: int = round_) -> int:
                return kube.merge(path, noted(version, f"{round_}-{number}")).status

            assert sorted(pool.map(write, range(8))) == [200] + [409] * 7


def test_rights(kube: Server, form: Form, space: str) -> None:
    account = {"metadata": {"name": "nobody"}}
    kube.good("POST", f"/api/v1/namespaces/{space}/serviceaccounts", account)
    wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    given = kube.good("POST", f"/api/v1/namespaces/{space}/serviceaccounts/nobody/token", wanted)
    nobody = kube.as_other(given.content["status"]["token"])
    path = form.made(kube, space)
    for refused in (
        nobody.call("GET", "/apis/apps/v1/deployments?limit=1"),
        nobody.call("GET", path),
        nobody.merge(path, {"spec": {form.switch: form.on}}),
        nobody.call("GET", "/apis/keda.sh/v1alpha1/scaledobjects"),
    ):
        assert (refused.status, refused.content["kind"], refused.content["reason"]) == (403, "Status", "Forbidden")
        assert f"system:serviceaccount:{space}:nobody" in refused.content["message"]


def test_a_bad_token(kube: Server) -> None:
    refused = kube.as_other("no-token-at-all").call("GET", "/api/v1/namespaces?limit=1")
    assert (refused.status, refused.content["kind"], refused.content["reason"]) == (401, "Status", "Unauthorized")


def test_what_is_not_there(kube: Server, form: Form, space: str) -> None:
    missing = kube.call("GET", form.path(space, "missing"))
    assert (missing.status, missing.content["reason"]) == (404, "NotFound")
    assert missing.content["details"] == {"name": "missing", "group": form.group.partition("/")[0], "kind": form.plural}
    missing = kube.merge(form.path(space, "missing"), {"spec": {form.switch: form.off}})
    assert (missing.status, missing.content["details"]["kind"]) == (404, form.plural)
    missing = kube.call("GET", f"/api/v1/namespaces/{space}-not")
    assert missing.content["details"] == {"name": f"{space}-not", "kind": "namespaces"}
    unknown = kube.call("GET", "/apis/kaizen.dev.example/v1/nothings")
    assert unknown.status == 404
    assert "kind" not in unknown.content  # text, and no Status
    empty = kube.good("GET", f"/apis/apps/v1/namespaces/{space}-not/deployments").content
    assert empty["items"] in ([], None)  # a list in a namespace that is not there is empty, and no error


def test_what_is_refused(kube: Server, form: Form, space: str) -> None:
    path = form.made(kube, space)
    again = kube.call("POST", form.path(space), form.manifest("nightly", suspended=True))
    assert (again.status, again.content["reason"]) == (409, "AlreadyExists")
    assert kube.call("POST", form.path(f"{space}-not"), form.manifest("nightly", suspended=True)).status == 404
    assert kube.call("PATCH", form.path(space), {}, MERGE).status == 405
    assert kube.call("PATCH", path, {}, "text/plain").status == 415
    assert kube.call("PATCH", path, [], MERGE).status == 400
    assert kube.call("PATCH", path, {"not": "a list"}, JSON_PATCH).status == 400
    assert kube.merge(path, {"metadata": {"labels": {"app": "no good value!"}}}).status == 422
    assert kube.merge(path, {"metadata": {"annotations": {"kaizen.dev/number": 3}}}).status == 422
    deployments = f"/apis/apps/v1/namespaces/{space}/deployments"
    kube.good("POST", deployments, manifests.replicated("web", 0))
    for wrong in (-1, "three", 1.5):
        assert kube.merge(f"{deployments}/web", {"spec": {"replicas": wrong}}).status == 422
    other = {"spec": {"selector": {"matchLabels": {"app": "other"}}}}
    assert kube.merge(f"{deployments}/web", other).status == 422


def test_the_server_says_what_time_it_is(kube: Server) -> None:
    assert kube.good("GET", "/api/v1/namespaces?limit=1").headers["date"].endswith(" GMT")


def test_what_the_definition_of_sandboxes_refuses(kube: Server, space: str) -> None:
    """Own resources are held to their schema: 422 for whatever it does not take, also when they are made."""
    made = manifests.sandbox("agent", suspended=True)
    spec = made["spec"]
    faults: list[Object] = [
        {"spec": spec | {"operatingMode": "Paused"}},
        {"spec": spec | {"operatingMode": 3}},
        {"spec": spec | {"shutdownPolicy": "Shred"}},
        {"spec": {"operatingMode": "Running"}},
        {"spec": {"podTemplate": {"spec": {}}}},
        {"spec": []},
    ]
    for wrong in faults:
        refused = kube.call("POST", AGENT.path(space), made | wrong)
        assert (refused.status, refused.content["reason"]) == (422, "Invalid")
    untyped = {name: value for name, value in made.items() if name != "kind"}
    assert kube.call("POST", AGENT.path(space), untyped).status == 400
    more = made | {"spec": {"podTemplate": spec["podTemplate"], "replicas": 3}}
    content = kube.good("POST", AGENT.path(space), more).content
    assert (content["spec"]["operatingMode"], content["spec"]["shutdownPolicy"]) == ("Running", "Retain")
    assert "replicas" not in content["spec"]  # a field that it does not know is left out without a word
    claims = {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "home"}, "spec": {}}]}}
    assert kube.merge(AGENT.path(space, "agent"), claims).status == 422
    assert kube.merge(AGENT.path(space, "agent"), {"spec": {"operatingMode": None}}).status == 200


def test_the_list_of_groups(kube: Server) -> None:
    """Which says that a definition is not there, where a 404 could be anybody's."""
    groups = kube.good("GET", "/apis").content
    assert groups["kind"] == "APIGroupList"
    named = {each["name"]: [one["version"] for one in each["versions"]] for each in groups["groups"]}
    assert "v1" in named["batch"]
    assert "v1beta1" in named["agents.x-k8s.io"]
    assert kube.as_other("no-token-at-all").call("GET", "/apis").status == 401
