"""The function against the double of GitHub and AWS in memory: one comment, whatever happens on the way to it."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from dashboard_diff import handler
from dashboard_diff.comment import MARKER
from kaizen.metrics.rows import read_rows
from kaizen.policy import store as policy_store
from kaizen.runtime import clients, secrets
from local.outside.github.world import Comment, Identity, Repository
from local.outside.service import Reply, Request
from tests.architecture.house import resources
from tests.contract.github.github_world import NAME, NO_APP, World, github
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, edited, panel

FILE, OTHER = "grafana/dashboards/checkout.json", "docs/dashboards/shop.json"
BASE = dashboard(panel("Orders"))
CHANGED = edited(BASE, "panels.0.targets.0.expr", "rate(orders_total[10m])")
AT = "2026-11-20T12:00:00Z"


class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "test"


def content(given: Json) -> str:
    return json.dumps(given, indent=2)


class Desk:
    """`world` is GitHub's, with a repository that has a dashboard."""

    def __init__(self, world: World, sqs: Any, dead: str) -> None:
        self.world, self.sqs, self.dead = world, sqs, dead
        self.repository: Repository = world.repository
        self.repository.commit("main", {FILE: content(BASE), "src/main.py": "pass\n"})

    def open(self, changes: dict[str, str | bytes | None], **more: Any) -> int:
        return self.repository.pull_request("Change", changes, **more)

    def event(self, number: int, action: str = "synchronize") -> dict[str, Any]:
        detail = {
            "version": 1, "delivery_id": "d", "hook_id": "1", "received_at": AT, "repository_id": 640001,
            "repository": NAME, "action": action, "pull_request_id": 1, "number": number, "title": "t",
            "url": "https://github.com/x/y/pull/1", "author": "a", "state": "open", "draft": False, "merged": False,
            "base_ref": "main", "base_sha": "", "base_repository": NAME, "head_ref": "h", "head_sha": "",
            "head_repository": NAME, "fork": False, "labels": [], "created_at": AT, "updated_at": AT,
        }  # fmt: skip
        return self.message({"detail-type": "github.pull_request", "detail": detail})

    def message(self, body: Any) -> dict[str, Any]:
        return {"Records": [{"messageId": "m1", "body": json.dumps(body), "attributes": {}}]}

    def run(self, event: dict[str, Any]) -> bool:
        """Whether the message was taken; one that was not goes back to its queue."""
        return not handler.lambda_handler(event, Context())["batchItemFailures"]

    def comments(self, number: int) -> list[Comment]:
        return [each for each in self.repository.comments.values() if each.number == number]

    def counted(self) -> dict[str, int]:
        rows, _ = read_rows(handler.dynamodb(), "metrics")
        found = rows.get("kaizen_dashboard_diff_reviews_total", {})
        return {labels[0]: int(each.value) for labels, each in found.items()}

    def buried(self) -> list[str]:
        answer = self.sqs.receive_message(QueueUrl=self.dead, MessageAttributeNames=["fault"], MaxNumberOfMessages=10)
        return [each["MessageAttributes"]["fault"]["StringValue"] for each in answer.get("Messages", [])]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with github() as world, mock_aws():
        given = {
            "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "REVIEWS_TABLE": "reviews", "METRICS_TABLE": "metrics", "POLICY_PARAMETER": "/kaizen/policy",
            "GITHUB_API_URL": world.api, "GITHUB_TOKEN_PARAMETER": "/kaizen/github/token", **NO_APP,
        }  # fmt: skip
        with patch.dict(os.environ, given):
            sqs = boto3.client("sqs")
            dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
            client: Any = boto3.client("dynamodb")
            for name, logical in (("reviews", "ReviewsTable"), ("metrics", "MetricsTable")):
                table = resources("AWS::DynamoDB::Table")[logical]
                parts = {part: table[part] for part in ("AttributeDefinitions", "BillingMode", "KeySchema")}
                client.create_table(TableName=name, **parts)
            boto3.client("ssm").put_parameter(Name="/kaizen/github/token", Value=world.token, Type="SecureString")
            with patch.dict(os.environ, {"DASHBOARD_DIFF_DEAD_LETTER_QUEUE_URL": dead}):
                forget()
                yield Desk(world, sqs, dead)
                forget()


def forget() -> None:
    for cached in (handler.settings, handler.dynamodb, handler.dead_letters, handler.github, handler.author):
        cached.cache_clear()
    clients.built.cache_clear()
    secrets._provider.cache_clear()
    policy_store.policy_store.cache_clear()


def answering(desk: Desk, path: str, act: Callable[[Request], Reply | None], times: int = 1) -> None:
    """Act the first times that GitHub is asked for a path that ends so; a reply goes out instead of its own."""
    answer = desk.world.service.answer
    done: list[bool] = []

    def watched(request: Request) -> Reply:
        if request.path.endswith(path) and len(done) < times:
            done.append(True)
            return act(request) or answer(request)
        return answer(request)

    desk.world.service.answer = watched  # type: ignore[method-assign]


def test_what_changes_is_said_in_one_comment(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    assert desk.run(desk.event(number, "opened"))
    (comment,) = desk.comments(number)
    assert comment.body.startswith(MARKER)
    assert "window `5m` → `10m`" in comment.body
    assert desk.repository.pulls[number].head_sha[:7] in comment.body
    assert desk.run(desk.event(number))
    assert len(desk.comments(number)) == 1
    assert desk.counted() == {"created": 1, "unchanged": 1}


def test_a_push_that_takes_it_back_says_no_changes(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    desk.run(desk.event(number))
    for given in (content(edited(BASE, "version", 5)), content(BASE)):  # the last one leaves no dashboard changed
        desk.repository.push(number, {FILE: given})
        desk.run(desk.event(number))
        (comment,) = desk.comments(number)
        assert "**No changes" in comment.body
    assert desk.counted() == {"created": 1, "updated": 2}


def test_other_pull_requests_cost_two_requests(desk: Desk) -> None:
    number = desk.open({"src/main.py": "pass # more\n", "dashboards/x.json": "{}"})
    desk.run(desk.event(number))
    assert desk.comments(number) == []
    assert desk.counted() == {"unwatched": 1}
    assert len(desk.world.heard) == 2


def test_every_changed_file_whatever_became_of_it(desk: Desk) -> None:
    large = edited(BASE, "description", "x" * 1_200_000)
    desk.repository.commit("main", {OTHER: content(large), "docs/dashboards/old.json": content(BASE)})
    number = desk.open({
        FILE: None, "grafana/dashboards/renamed.json": content(CHANGED),
        OTHER: content(edited(large, "panels.0.title", "Sales")), "docs/dashboards/old.json": None,
        "docs/dashboards/broken.json": "{", "docs/dashboards/new.json": content(dashboard(panel("New"), uid="new")),
    }, renames={"grafana/dashboards/renamed.json": FILE})  # fmt: skip
    assert desk.run(desk.event(number))
    body = desk.comments(number)[0].body
    assert f"`grafana/dashboards/renamed.json` (was `{FILE}`)" in body
    assert "window `5m` → `10m`" in body
    assert "renamed from `Orders`" in body
    assert "the dashboard is removed" in body
    assert "Not a dashboard: now, it is not JSON" in body
    assert "🆕 dashboard **`Checkout`** added" in body
    assert any("/git/blobs/" in line for line in desk.world.lines())


def test_the_base_is_where_both_come_from(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    desk.repository.commit("main", {FILE: content(edited(BASE, "title", "On main"))})
    desk.repository.pulls[number] = replace(desk.repository.pulls[number], base_sha=desk.repository.branches["main"])
    desk.run(desk.event(number))
    assert "On main" not in desk.comments(number)[0].body


def test_forks_are_served_and_pasted_markers_are_not_ours(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)}, fork="mallory/checkout")
    now = desk.world.now
    desk.repository.comments[999] = Comment(999, number, Identity("mallory"), f"{MARKER} mine", now, now)
    desk.run(desk.event(number))
    assert desk.repository.comments[999].body == f"{MARKER} mine"
    assert len(desk.comments(number)) == 2


def test_a_head_that_moves_meanwhile_is_compared_again(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    newer = content(edited(BASE, "panels.0.title", "Sales"))

    def push(request: Request) -> None:
        desk.repository.push(number, {FILE: newer})

    answering(desk, f"/contents/{FILE}", push)
    desk.run(desk.event(number))
    (comment,) = desk.comments(number)
    assert "renamed from `Orders`" in comment.body
    assert desk.repository.pulls[number].head_sha[:7] in comment.body
    assert desk.counted() == {"created": 1}


def test_who_comes_second_leaves_it_to_the_first(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})

    def second(request: Request) -> None:
        assert desk.run(desk.event(number))

    answering(desk, f"/contents/{FILE}", second)
    desk.run(desk.event(number))
    assert len(desk.comments(number)) == 1
    assert desk.counted() == {"left": 1, "unchanged": 1}


@pytest.mark.parametrize(("status", "times"), [(429, 1), (500, 2), (502, 2)])  # 5xx are asked for once more at once
def test_what_may_pass_goes_back_to_the_queue(desk: Desk, status: int, times: int) -> None:
    number = desk.open({FILE: content(CHANGED)})
    answering(desk, f"/contents/{FILE}", lambda request: Reply(status, b'{"message": "no"}'), times)
    assert not desk.run(desk.event(number))
    assert desk.comments(number) == []
    assert desk.run(desk.event(number))
    assert len(desk.comments(number)) == 1


@pytest.mark.parametrize("status", [403, 404, 422])
def test_what_no_retry_cures_is_a_dead_letter_at_once(desk: Desk, status: int) -> None:
    number = desk.open({FILE: content(CHANGED)})
    answering(desk, f"/contents/{FILE}", lambda request: Reply(status, b'{"message": "no"}'))
    assert desk.run(desk.event(number))
    assert desk.comments(number) == []
    assert desk.buried() == [f"GitHub answered {status}: no"]
    assert desk.counted() == {"failed": 1}


def test_a_truncated_answer_is_tried_again(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    answering(desk, f"/contents/{FILE}", lambda request: Reply(200, b'{"type": "file", "sha": "'))
    assert not desk.run(desk.event(number))


def test_what_is_not_ours(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    assert desk.run(desk.event(number, "labeled"))
    desk.repository.pulls[number].state = "closed"
    assert desk.run(desk.event(number))
    assert desk.run(desk.message({"detail-type": "github.push", "detail": {}}))
    assert desk.counted() == {"ignored": 1, "closed": 1, "failed": 1}
    assert desk.comments(number) == []


def test_without_a_token_it_is_off(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    boto3.client("ssm").delete_parameter(Name="/kaizen/github/token")
    assert desk.run(desk.event(number))
    assert desk.counted() == {"off": 1}
