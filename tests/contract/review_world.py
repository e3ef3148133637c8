"""A handler that reviews pull requests, against the double of GitHub and AWS in memory."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from kaizen.metrics.rows import read_rows
from kaizen.policy import store as policy_store
from kaizen.runtime import clients, secrets
from local.outside.github.world import Comment, Repository
from local.outside.service import Reply, Request
from tests.architecture.house import resources
from tests.contract.github.github_world import NAME, NO_APP, World, github

AT = "2026-11-20T12:00:00Z"


class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "test"


class Desk:
    """`handler` is the function's module; `world` is GitHub's, whose repository has these files on `main`."""

    def __init__(self, handler: Any, world: World, sqs: Any, dead: str, files: dict[str, str | bytes | None]) -> None:
        self.handler, self.world, self.sqs, self.dead = handler, world, sqs, dead
        self.repository: Repository = world.repository
        self.repository.commit("main", files)

    def open(self, changes: dict[str, str | bytes | None], **more: Any) -> int:
        return self.repository.pull_request("Change", changes, **more)

    def event(self, number: int, action: str = "synchronize") -> dict[str, Any]:
        pull = self.repository.pulls.get(number)
        detail = {
            "version": 1, "delivery_id": "d", "hook_id": "1", "received_at": AT, "repository_id": 640001,
            "repository": NAME, "action": action, "pull_request_id": 1, "number": number, "title": "t",
            "url": "https://github.com/x/y/pull/1", "author": "a", "state": "open", "draft": False, "merged": False,
            "base_ref": "main", "base_sha": "", "base_repository": NAME, "head_ref": "h",
            "head_sha": pull.head_sha if pull else "", "head_repository": NAME, "fork": False, "labels": [],
            "created_at": AT, "updated_at": AT,
        }  # fmt: skip
        return self.message({"detail-type": "github.pull_request", "detail": detail})

    def message(self, body: Any) -> dict[str, Any]:
        return {"Records": [{"messageId": "m1", "body": json.dumps(body), "attributes": {}}]}

    def run(self, event: dict[str, Any]) -> bool:
        """Whether the message was taken; one that was not goes back to its queue."""
        return not self.handler.lambda_handler(event, Context())["batchItemFailures"]

    def comments(self, number: int) -> list[Comment]:
        return [each for each in self.repository.comments.values() if each.number == number]

    def counted(self, metric: str) -> dict[str, int]:
        rows, _ = read_rows(self.handler.dynamodb(), "metrics")
        return {labels[0]: int(each.value) for labels, each in rows.get(metric, {}).items()}

    def buried(self) -> list[str]:
        answer = self.sqs.receive_message(QueueUrl=self.dead, MessageAttributeNames=["fault"], MaxNumberOfMessages=10)
        return [each["MessageAttributes"]["fault"]["StringValue"] for each in answer.get("Messages", [])]

    def answering(self, path: str, act: Callable[[Request], Reply | None], times: int = 1) -> None:
        """Act the first times that GitHub is asked for a path that ends so; a reply goes out instead of its own."""
        answer = self.world.service.answer
        done: list[bool] = []

        def watched(request: Request) -> Reply:
            if request.path.endswith(path) and len(done) < times:
                done.append(True)
                return act(request) or answer(request)
            return answer(request)

        self.world.service.answer = watched  # type: ignore[method-assign]


@contextmanager
def desk_of(handler: Any, dead_letters: str, files: dict[str, str | bytes | None]) -> Iterator[Desk]:
    """`dead_letters` is the variable of the function that names its dead-letter queue."""
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
            with patch.dict(os.environ, {dead_letters: dead}):
                forget(handler)
                yield Desk(handler, world, sqs, dead, files)
                forget(handler)


def forget(handler: Any) -> None:
    """As a new process would."""
    for module in (handler, getattr(handler, "parts", None)):
        for name in ("settings", "dynamodb", "dead_letters", "github", "author", "store"):
            cached = getattr(module, name, None)
            if cached is not None:
                cached.cache_clear()
    clients.built.cache_clear()
    secrets._provider.cache_clear()
    policy_store.policy_store.cache_clear()
