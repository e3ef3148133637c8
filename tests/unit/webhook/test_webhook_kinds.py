"""Every kind of delivery beside issues: which facts are kept, what is refused by name, and that it all fits the bus."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from github_webhook.delivery import RequestError
from github_webhook.kinds import KINDS, Event
from github_webhook.kinds.deployments import MAX_PAYLOAD_BYTES, bounded
from github_webhook.kinds.pushes import LISTED_COMMITS, MAX_PATHS
from kaizen.events.bus import detail_text
from kaizen.events.github.deployment import GithubDeployment
from kaizen.events.github.label import GithubLabel
from kaizen.events.github.pull_request import GithubPullRequest
from kaizen.events.github.push import GithubPush
from kaizen.events.github.repository import GithubRepository
from kaizen.metrics.catalogue import CATALOGUE
from tests.unit.webhook.samples import HEADERS, NOW, of_kind, payload

OTHERS = sorted({*KINDS} - {"issues"})
BUS_LIMIT = 256 * 1024


def slim(kind: str, content: dict[str, Any]) -> Any:
    event = KINDS[kind](HEADERS, content, NOW)
    assert event is not None
    return event


def changed(kind: str, path: str, value: Any) -> dict[str, Any]:
    """A sample payload with one value changed, or removed (`...`)."""
    content = of_kind(kind)
    *parents, leaf = path.split(".")
    inside = content
    for parent in parents:
        inside = inside[parent]
    if value is ...:
        del inside[leaf]
    else:
        inside[leaf] = value
    return content


def origin() -> dict[str, Any]:
    return {
        "delivery_id": HEADERS.delivery_id,
        "hook_id": HEADERS.hook_id,
        "received_at": NOW,
        "repository_id": 7001,
        "repository": "example-org/checkout",
        "installation_id": 31,
    }


def deployment(**given: Any) -> GithubDeployment:
    values: dict[str, Any] = origin() | {
        "action": "created",
        "state": "",
        "status_id": 0,
        "status_at": None,
        "deployment_id": 9001,
        "environment": "production",
        "original_environment": "production",
        "task": "deploy:canary",
        "ref": "main",
        "sha": "5f1e0c7a9b3d4e6f8a0b1c2d3e4f5a6b7c8d9e0f",
        "payload": {"budget_minutes": 60, "percent": [5, 25, 100]},
        "description": "Canary of release 41",
        "log_url": "",
        "creator": "deploy-bot[bot]",
        "production": True,
        "transient": False,
        "created_at": datetime(2026, 3, 20, 10, tzinfo=UTC),
        "updated_at": datetime(2026, 3, 20, 10, tzinfo=UTC),
    }
    return GithubDeployment(**values | given)


EXPECTED: dict[str, Event] = {
    "deployment": deployment(),
    "deployment_status": deployment(
        state="in_progress",
        status_id=9501,
        status_at=datetime(2026, 3, 20, 10, 0, 30, tzinfo=UTC),
        environment="production-eu",
        description="5 % of the traffic",
        log_url="https://ci.example.org/runs/41/log",
        updated_at=datetime(2026, 3, 20, 10, 0, 30, tzinfo=UTC),
    ),
    "pull_request": GithubPullRequest(
        **origin(),
        action="synchronize",
        pull_request_id=8001,
        number=12,
        title="Alert later on slow checkouts",
        url="https://github.com/example-org/checkout/pull/12",
        author="octo-dev",
        state="open",
        draft=False,
        merged=False,
        base_ref="main",
        base_sha="3" * 40,
        base_repository="example-org/checkout",
        head_ref="slow-checkouts",
        head_sha="2" * 40,
        head_repository="octo-dev/checkout",
        fork=True,
        labels=("canary", "rules"),
        created_at=datetime(2026, 3, 19, 8, tzinfo=UTC),
        updated_at=datetime(2026, 3, 20, 9, 15, tzinfo=UTC),
    ),
    "push": GithubPush(
        **origin(),
        ref="refs/heads/main",
        before="3" * 40,
        after="4" * 40,
        default_branch="main",
        created=False,
        deleted=False,
        forced=False,
        pusher="octo-dev",
        changed_paths=("README.md", "rules/checkout.yml", "rules/old.yml"),
        paths_complete=True,
    ),
    "repository": GithubRepository(
        **origin(), action="renamed", old_repository="example-org/shop", default_branch="main", archived=False
    ),
    "label": GithubLabel(
        **origin(), action="edited", label_id=8801, name="component:checkout", old_name="component:shop"
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_the_facts_survive_the_bus(kind: str) -> None:
    event = slim(kind, of_kind(kind))
    assert event == EXPECTED[kind]
    assert type(event).from_detail(json.loads(detail_text(event))) == event


def test_every_kind_is_a_value_of_the_metrics_label() -> None:
    assert set(CATALOGUE["kaizen_webhook_deliveries_total"].values["event"]) == {*KINDS, "ping", "other"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_without_an_installation(kind: str) -> None:
    content = payload() if kind == "issues" else of_kind(kind)
    content.pop("installation", None)
    assert slim(kind, content).installation_id == 0
    assert slim(kind, content | {"installation": {"id": 5}}).installation_id == 5
    with pytest.raises(RequestError, match=r"installation\.id"):
        slim(kind, content | {"installation": {}})


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"push"}))
@pytest.mark.parametrize("action", ["", "exploded", "assigned "])
def test_an_action_that_nobody_uses(kind: str, action: str) -> None:
    assert KINDS[kind](HEADERS, {"action": action}, NOW) is None


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("deployment", "deployment", None),
        ("deployment", "deployment.id", "9001"),
        ("deployment", "deployment.environment", ...),
        ("deployment", "deployment.task", 5),
        ("deployment", "deployment.sha", None),
        ("deployment", "deployment.created_at", "soon"),
        ("deployment", "deployment.production_environment", "yes"),
        ("deployment_status", "deployment_status", ...),
        ("deployment_status", "deployment_status.state", None),
        ("deployment_status", "deployment_status.id", 0),
        ("deployment_status", "deployment_status.created_at", ...),
        ("pull_request", "pull_request.number", ...),
        ("pull_request", "pull_request.html_url", "javascript:x"),
        ("pull_request", "pull_request.head", None),
        ("pull_request", "pull_request.head.sha", 1),
        ("pull_request", "pull_request.base.repo", None),
        ("pull_request", "pull_request.draft", 1),
        ("pull_request", "pull_request.labels", {"name": "rules"}),
        ("push", "ref", ...),
        ("push", "after", 4),
        ("push", "forced", "no"),
        ("push", "commits", "4" * 40),
        ("push", "repository.default_branch", None),
        ("repository", "changes", ...),
        ("repository", "changes.repository.name.from", None),
        ("repository", "repository.full_name", ...),
        ("label", "label.name", ...),
        ("label", "changes.name.from", 5),
    ],
)
def test_a_faulty_field_of_a_kind_is_named(kind: str, path: str, value: Any) -> None:
    with pytest.raises(RequestError) as caught:
        slim(kind, changed(kind, path, value))
    assert (caught.value.status, caught.value.reason) == (400, "payload")
    assert path in str(caught.value)


def test_a_head_whose_repository_is_gone_was_a_forks() -> None:
    event = slim("pull_request", changed("pull_request", "pull_request.head.repo", None))
    assert (event.fork, event.head_repository) == (True, "")


def test_a_head_in_the_bases_repository_is_no_fork() -> None:
    base = of_kind("pull_request")["pull_request"]["base"]["repo"]
    assert slim("pull_request", changed("pull_request", "pull_request.head.repo", base)).fork is False


@pytest.mark.parametrize("owner", [{"user": {"login": "octo-dev"}}, {"organization": {"login": "octo-dev"}}])
def test_a_transferred_repository(owner: dict[str, Any]) -> None:
    content = of_kind("repository") | {"action": "transferred", "changes": {"owner": {"from": owner}}}
    assert slim("repository", content).old_repository == "octo-dev/checkout"


def test_an_archived_repository_keeps_its_name() -> None:
    content = of_kind("repository") | {"action": "archived"}
    assert slim("repository", content).old_repository == ""


@pytest.mark.parametrize("changes", [None, {}, {"color": {"from": "ffffff"}}])
def test_a_label_that_keeps_its_name(changes: Any) -> None:
    assert slim("label", of_kind("label") | {"changes": changes}).old_name == ""


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"a": [1, None, {"b": True}]}, {"a": [1, None, {"b": True}]}),
        ('{"a": 1}', {"a": 1}),
        ({"\ud800": "a\x00\ud800"}, {"?": "a?"}),
        ({"a": "é" * (MAX_PAYLOAD_BYTES // 2 - 5)}, {"a": "é" * (MAX_PAYLOAD_BYTES // 2 - 5)}),
        ({"a": "é" * (MAX_PAYLOAD_BYTES // 2)}, {}),
        ({"a": float("inf")}, {}),
        ([[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]], {}),
        ("[" * 100_000, {}),
        ("", {}),
        ("deploy it", {}),
        (None, {}),
        (5, {}),
        ([1], {}),
    ],
)
def test_a_deployments_own_payload_is_bounded(given: Any, kept: dict[str, Any]) -> None:
    assert bounded(given) == kept


@pytest.mark.parametrize(
    ("status", "url"),
    [
        ({"log_url": "", "target_url": "https://ci.example.org/1"}, "https://ci.example.org/1"),
        ({"log_url": "ftp://x", "target_url": None}, ""),
        ({"log_url": 5, "target_url": "javascript:x"}, ""),
    ],
)
def test_where_a_status_says_its_log_is(status: dict[str, Any], url: str) -> None:
    content = of_kind("deployment_status")
    content["deployment_status"] |= status
    assert slim("deployment_status", content).log_url == url


@pytest.mark.parametrize(
    "given",
    [
        {"created": True},
        {"forced": True},
        {"commits": [{}] * LISTED_COMMITS},
        {"commits": [{"added": [f"{number}" for number in range(MAX_PATHS + 1)]}]},
        {"commits": [{"modified": ["x" * 40_000]}]},
    ],
    ids=["created", "forced", "commits", "paths", "characters"],
)
def test_a_push_that_may_have_changed_more_says_so(given: dict[str, Any]) -> None:
    event = slim("push", of_kind("push") | given)
    assert not event.paths_complete
    assert len(event.changed_paths) <= MAX_PATHS


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("character", ["x", "🔥", "\x01", "\ud800", "é"])
def test_the_largest_event_of_a_kind_fits_the_bus(kind: str, character: str) -> None:
    long = character * 3000

    def stretched(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: stretched(each, name) for name, each in value.items()}
        if isinstance(value, list):
            wide = [stretched(each, key) for each in value]
            more = [f"{number}{long}" for number in range(600)]
            named = [{"name": name, "added": [name]} for name in more]
            return [*wide, *(named if key in ("labels", "commits") else more)]
        if not isinstance(value, str) or key == "action" or key.endswith("_at"):
            return value
        return value + long

    event = slim(kind, stretched(of_kind(kind)))
    assert len(detail_text(event).encode()) < BUS_LIMIT - 1024
    assert type(event).from_detail(json.loads(detail_text(event))) == event
