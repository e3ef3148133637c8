"""The double's own parts: patches by the examples of their RFCs, its page, and its controls."""

import json
from typing import Any

import pytest

from local.outside.kubernetes import kinds, manifests
from local.outside.kubernetes.patches import FailedError, PatchError, merged, patched
from local.outside.kubernetes.service import PREFIX, TOKEN, KubernetesService
from local.outside.service import Reply, Request


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7386, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches(target: Any, patch: Any, result: Any) -> None:
    before = json.dumps(target)
    assert merged(target, patch) == result
    assert json.dumps(target) == before


@pytest.mark.parametrize(
    ("target", "operations", "result"),
    [  # RFC 6902, appendix A
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
        ({"foo": ["a", "b"]}, [{"op": "add", "path": "/foo/1", "value": "q"}], {"foo": ["a", "q", "b"]}),
        ({"baz": 1, "foo": 2}, [{"op": "remove", "path": "/baz"}], {"foo": 2}),
        ({"foo": ["a", "q", "b"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["a", "b"]}),
        ({"baz": "q", "foo": "b"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo", "foo": "b"}),
        ({"a": {"b": 1}, "c": {}}, [{"op": "move", "from": "/a/b", "path": "/c/d"}], {"a": {}, "c": {"d": 1}}),
        ({"foo": [1, 2, 3]}, [{"op": "move", "from": "/foo/0", "path": "/foo/2"}], {"foo": [2, 3, 1]}),
        ({"foo": [1]}, [{"op": "replace", "path": "/foo/0", "value": 5}], {"foo": [5]}),
        ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
        ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
        ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["x"]}], {"foo": ["bar", ["x"]]}),
    ],
)
def test_json_patches(target: Any, operations: Any, result: Any) -> None:
    before = json.dumps(target)
    assert patched(target, operations) == result
    assert json.dumps(target) == before


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ({"op": "test", "path": "/baz", "value": "bar"}, FailedError),
        ({"op": "add", "path": "/no/bat", "value": 1}, FailedError),
        ({"op": "remove", "path": "/no"}, FailedError),
        ({"op": "replace", "path": "/no", "value": 1}, FailedError),
        ({"op": "add", "path": "/list/7", "value": 1}, FailedError),
        ({"op": "add", "path": "baz", "value": 1}, PatchError),
        ({"op": "add", "path": "/x"}, PatchError),
        ({"op": "sing", "path": "/x"}, PatchError),
    ],
)
def test_json_patches_that_fail(operation: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        patched({"baz": "qux", "list": []}, [operation])


def asked(service: KubernetesService, method: str, path: str, body: bytes = b"", token: str = TOKEN) -> Reply:
    return service.answer(Request(method, path, "", {"authorization": f"Bearer {token}"} if token else {}, body))


def test_the_page_shows_sizes_and_marks_and_runs_nothing() -> None:
    service = KubernetesService()
    service.namespace(manifests.namespace("train", annotations={"note": "<script>alert(1)</script>"}))
    service.add(kinds.DEPLOYMENTS, "train", manifests.replicated("web", 7, annotations={"kaizen.dev/stop-id": "s1"}))
    service.add(kinds.CRON_JOBS, "train", manifests.cron_job("nightly", suspend=True))
    reply = asked(service, "GET", "/kubernetes/", token="")
    text = str(reply.body)
    assert reply.status == 200
    assert "7 pods run" in text
    assert "kaizen.dev/stop-id=s1" in text
    assert "suspended" in text
    assert "<script" not in text
    service.add(kinds.SANDBOXES, "train", manifests.sandbox("coder", labels={"kaizen.dev/reaper": "enabled"}))
    text = str(asked(service, "GET", "/kubernetes/", token="").body)
    assert "8 pods run" in text
    assert '<b>coder</b> <span class="kind">Sandbox</span>' in text
    assert ">running</td>" in text
    assert ("default-src 'none'" in dict(reply.headers)["content-security-policy"]) is True


def test_controls() -> None:
    service = KubernetesService()
    service.namespace(manifests.namespace("train"))
    order = b'{"next": ["503", "429"], "delay": 30, "compact": true}'
    assert asked(service, "POST", "/kubernetes/control", order).status == 200
    statuses = [asked(service, "GET", f"{PREFIX}/api/v1/namespaces").status for _ in range(3)]
    assert statuses == [503, 429, 200]
    for wrong in (b"[]", b"{", b'{"next": ["sing"]}', b'{"delay": "soon"}'):
        assert asked(service, "POST", "/kubernetes/control", wrong).status == 400
    service.add(kinds.DEPLOYMENTS, "train", manifests.replicated("web", 2))
    assert service.cluster.every(kinds.PODS) == []


def test_a_template_that_makes_no_pod_leaves_its_workload() -> None:
    service = KubernetesService()
    service.namespace(manifests.namespace("train"))
    given = manifests.replicated("web", 1)
    given["spec"]["template"]["metadata"]["annotations"] = {"number": 3}
    service.add(kinds.DEPLOYMENTS, "train", given)
    assert service.cluster.every(kinds.PODS) == []
    (why,) = service.cluster.stuck.values()
    assert "metadata.annotations" in why
    service.add(kinds.DEPLOYMENTS, "train", manifests.replicated("other", 1))
    assert len(service.cluster.every(kinds.PODS)) == 1


def test_nobody_gets_in_without_a_token() -> None:
    service = KubernetesService()
    assert asked(service, "GET", f"{PREFIX}/api/v1/namespaces", token="").status == 403
    assert asked(service, "GET", f"{PREFIX}/api/v1/namespaces", token="x").status == 401
    assert asked(service, "GET", f"{PREFIX}/version").status == 200
    assert service.secrets("", {"KubernetesTokenParameter": "/kube/token"}) == {"/kube/token": TOKEN}
    assert service.secrets("", {}) == {}
