"""What the reaper relies on in a Kubernetes API server. It holds for the double, and for a real one:

    KUBE_CONTRACT_URL=https://… KUBE_CONTRACT_TOKEN=… KUBE_CONTRACT_CA=ca.pem pytest tests/contract/sandboxes

The token may do anything in namespaces of its own making; each test makes one, `kaizen-contract-…`, and deletes it.
CronJobs that are suspended stand for workloads where a controller's writes would come between.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.outside.kubernetes import manifests
from tests.contract.sandboxes.kubernetes_world import JSON_PATCH, MERGE, Server, server

ROUNDS = 20


@pytest.fixture(name="kube", scope="module")
def _kube() -> Iterator[Server]:
    with server() as found:
        yield found


@pytest.fixture(name="space")
def _space(kube: Server) -> Iterator[str]:
    with kube.namespace() as name:
        yield name


def cron_jobs(space: str, name: str = "") -> str:
    return f"/apis/batch/v1/namespaces/{space}/cronjobs" + (f"/{name}" if name else "")


def made(kube: Server, space: str, name: str = "nightly", **meta: Any) -> str:
    """The path of a new CronJob."""
    kube.good("POST", cron_jobs(space), manifests.cron_job(name, suspend=True, **meta))
    return cron_jobs(space, name)


def noted(version: str, value: str) -> dict[str, object]:
    return {"metadata": {"resourceVersion": version, "annotations": {"kaizen.dev/note": value}}}


def test_a_stale_version_is_a_conflict(kube: Server, space: str) -> None:
    path = made(kube, space)
    old = kube.good("GET", path).version
    new = kube.merge(path, noted(old, "one"))
    assert (new.status, new.version != old) == (200, True)
    stale = kube.merge(path, noted(old, "two"))
    assert (stale.status, stale.content["kind"], stale.content["reason"]) == (409, "Status", "Conflict")
    assert (stale.content["details"]["name"], stale.content["details"]["kind"]) == ("nightly", "cronjobs")
    assert kube.good("GET", path).content["metadata"]["annotations"]["kaizen.dev/note"] == "one"
    replaced = kube.good("GET", path).content | {}
    replaced["metadata"] = replaced["metadata"] | {"resourceVersion": old}
    assert kube.call("PUT", path, replaced).status == 409


def test_versions_move_with_every_write_and_generations_with_wishes(kube: Server, space: str) -> None:
    path = made(kube, space)
    first = kube.good("GET", path)
    noted_ = kube.merge(path, {"metadata": {"annotations": {"kaizen.dev/note": "one"}}})
    status = kube.merge(f"{path}/status", {"status": {"lastScheduleTime": "2026-01-01T00:00:00Z"}})
    same = kube.merge(path, {"metadata": {"annotations": {"kaizen.dev/note": "one"}}})
    wish = kube.merge(path, {"spec": {"suspend": False, "schedule": "0 0 1 1 *"}})
    assert len({first.version, noted_.version, status.version, wish.version}) == 4
    assert same.version == status.version  # nothing changed
    generations = [each.content["metadata"]["generation"] for each in (first, noted_, status, same, wish)]
    assert generations == [1, 1, 1, 1, 2]
    assert status.content["status"]["lastScheduleTime"] == "2026-01-01T00:00:00Z"


def test_a_status_write_makes_an_older_version_stale(kube: Server, space: str) -> None:
    path = made(kube, space)
    read = kube.good("GET", path).version
    assert kube.merge(f"{path}/status", {"status": {"lastScheduleTime": "2026-01-01T00:00:00Z"}}).status == 200
    assert kube.merge(path, noted(read, "one")).status == 409


def test_the_status_and_the_rest_are_written_apart(kube: Server, space: str) -> None:
    path = made(kube, space)
    given = {"spec": {"schedule": "0 0 2 1 *"}, "status": {"lastScheduleTime": "2026-01-01T00:00:00Z"}}
    assert kube.merge(path, given).content["status"] == {}
    given["spec"]["schedule"] = "0 0 3 1 *"
    after = kube.merge(f"{path}/status", given).content
    assert (after["spec"]["schedule"], after["metadata"]["generation"]) == ("0 0 2 1 *", 2)


def test_merge_patches_take_away_what_is_null(kube: Server, space: str) -> None:
    path = made(kube, space, annotations={"a/one": "1", "a/two": "2"})
    after = kube.merge(path, {"metadata": {"annotations": {"a/one": None, "a/three": "3"}}})
    assert after.content["metadata"]["annotations"] == {"a/two": "2", "a/three": "3"}
    assert after.content["spec"]["suspend"] is True


def test_a_failed_test_of_a_json_patch_is_422_and_changes_nothing(kube: Server, space: str) -> None:
    path = made(kube, space)
    before = kube.good("GET", path).version
    test = {"op": "test", "path": "/spec/suspend", "value": False}
    change = {"op": "replace", "path": "/spec/schedule", "value": "0 0 2 1 *"}
    refused = kube.call("PATCH", path, [change, test], JSON_PATCH)
    assert (refused.status, refused.content["kind"], refused.content["reason"]) == (422, "Status", "Invalid")
    assert kube.good("GET", path).version == before
    done = kube.call("PATCH", path, [test | {"value": True}, change], JSON_PATCH)
    assert (done.status, done.content["spec"]["schedule"]) == (200, "0 0 2 1 *")


def test_a_dry_run_is_checked_and_not_kept(kube: Server, space: str) -> None:
    path = made(kube, space)
    before = kube.good("GET", path)
    dry = kube.merge(f"{path}?dryRun=All", {"spec": {"suspend": False, "schedule": "0 0 1 1 *"}})
    assert (dry.status, dry.content["spec"]["suspend"]) == (200, False)
    assert kube.good("GET", path).content == before.content
    assert kube.merge(f"{path}?dryRun=All", noted("1", "stale")).status == 409
    assert kube.merge(f"{path}?dryRun=All", {"spec": {"suspend": "maybe"}}).status == 422
    assert kube.merge(f"{path}?dryRun=Some", {}).status == 422
    assert kube.call("POST", f"{cron_jobs(space)}?dryRun=All", manifests.cron_job("other")).status == 201
    assert kube.call("GET", cron_jobs(space, "other")).status == 404
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
def test_label_selectors(kube: Server, space: str, selector: str, names: str) -> None:
    made(kube, space, "a1", labels={"app": "a", "tier": "web"})
    made(kube, space, "a2", labels={"app": "a"})
    made(kube, space, "b1", labels={"app": "b", "tier": "db"})
    made(kube, space, "bare")
    text = selector.replace(" ", "%20").replace("=", "%3D").replace(",", "%2C").replace("!", "%21")
    found = kube.good("GET", f"{cron_jobs(space)}?labelSelector={text}").content
    assert found["kind"] == "CronJobList"
    assert [each["metadata"]["name"] for each in found["items"]] == names.split()


def test_selectors_that_are_none(kube: Server, space: str) -> None:
    assert kube.call("GET", f"{cron_jobs(space)}?labelSelector=a%3D%3D%3Db").status == 400
    assert kube.call("GET", f"/api/v1/namespaces/{space}/pods?fieldSelector=spec.nothing%3D1").status == 400
    running = "status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed"
    assert kube.call("GET", f"/api/v1/namespaces/{space}/pods?fieldSelector={running}").status == 200


def test_pages_are_of_one_state(kube: Server, space: str) -> None:
    for name in "abcde":
        made(kube, space, name)
    page = kube.good("GET", f"{cron_jobs(space)}?limit=2")
    version, names = page.version, [each["metadata"]["name"] for each in page.content["items"]]
    assert (names, page.content["metadata"]["remainingItemCount"]) == (["a", "b"], 3)
    made(kube, space, "dd")
    kube.good("DELETE", cron_jobs(space, "e"))
    while follow := page.content["metadata"].get("continue"):
        page = kube.good("GET", f"{cron_jobs(space)}?limit=2&continue={follow}")
        assert page.version == version
        names += [each["metadata"]["name"] for each in page.content["items"]]
    assert names == list("abcde")
    assert kube.call("GET", f"{cron_jobs(space)}?limit=2&continue=nonsense").status == 400


def test_one_of_eight_wins(kube: Server, space: str) -> None:
    path = made(kube, space)
    with ThreadPoolExecutor(8) as pool:
        for round_ in range(ROUNDS):
            version = kube.good("GET", path).version

            def write(number: int, version: str = version, round_: int = round_) -> int:
                return kube.merge(path, noted(version, f"{round_}-{number}")).status

            assert sorted(pool.map(write, range(8))) == [200] + [409] * 7


def test_rights(kube: Server, space: str) -> None:
    account = {"metadata": {"name": "nobody"}}
    kube.good("POST", f"/api/v1/namespaces/{space}/serviceaccounts", account)
    wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    given = kube.good("POST", f"/api/v1/namespaces/{space}/serviceaccounts/nobody/token", wanted)
    nobody = kube.as_other(given.content["status"]["token"])
    path = made(kube, space)
    for refused in (
        nobody.call("GET", "/apis/apps/v1/deployments?limit=1"),
        nobody.call("GET", path),
        nobody.merge(path, {"spec": {"suspend": False}}),
        nobody.call("GET", "/apis/keda.sh/v1alpha1/scaledobjects"),
    ):
        assert (refused.status, refused.content["kind"], refused.content["reason"]) == (403, "Status", "Forbidden")
        assert f"system:serviceaccount:{space}:nobody" in refused.content["message"]


def test_a_bad_token(kube: Server) -> None:
    refused = kube.as_other("no-token-at-all").call("GET", "/api/v1/namespaces?limit=1")
    assert (refused.status, refused.content["kind"], refused.content["reason"]) == (401, "Status", "Unauthorized")


def test_what_is_not_there(kube: Server, space: str) -> None:
    missing = kube.call("GET", cron_jobs(space, "missing"))
    assert (missing.status, missing.content["reason"]) == (404, "NotFound")
    assert missing.content["details"] == {"name": "missing", "group": "batch", "kind": "cronjobs"}
    missing = kube.merge(cron_jobs(space, "missing"), {"spec": {"suspend": True}})
    assert (missing.status, missing.content["details"]["kind"]) == (404, "cronjobs")
    missing = kube.call("GET", f"/api/v1/namespaces/{space}-not")
    assert missing.content["details"] == {"name": f"{space}-not", "kind": "namespaces"}
    unknown = kube.call("GET", "/apis/kaizen.dev.example/v1/nothings")
    assert unknown.status == 404
    assert "kind" not in unknown.content  # text, and no Status
    empty = kube.good("GET", f"/apis/apps/v1/namespaces/{space}-not/deployments").content
    assert empty["items"] in ([], None)  # a list in a namespace that is not there is empty, and no error


def test_what_is_refused(kube: Server, space: str) -> None:
    path = made(kube, space)
    again = kube.call("POST", cron_jobs(space), manifests.cron_job("nightly"))
    assert (again.status, again.content["reason"]) == (409, "AlreadyExists")
    assert kube.call("POST", cron_jobs(f"{space}-not"), manifests.cron_job("nightly")).status == 404
    assert kube.call("PATCH", cron_jobs(space), {}, MERGE).status == 405
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
