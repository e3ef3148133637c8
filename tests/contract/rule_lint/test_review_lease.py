"""The lease on a pull request, on DynamoDB (moto's): one run at a time, and nobody's request is lost."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from kaizen.reviews.lease import Claim, Pull, Reviews
from kaizen.storage.items import from_item
from tests.architecture.house import resources

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEASE = timedelta(seconds=150)
PULL = Pull(640100, 7)
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with patch.dict(os.environ, ENVIRONMENT), mock_aws():
        client: Any = boto3.client("dynamodb")
        table = resources("AWS::DynamoDB::Table")["ReviewsTable"]
        parts = {name: table[name] for name in ("AttributeDefinitions", "BillingMode", "KeySchema")}
        client.create_table(TableName="reviews", **parts)
        yield client


def run(client: Any, owner: str, feature: str = "rule_lint") -> Reviews:
    return Reviews(client, "reviews", feature, owner, LEASE)


def test_the_second_leaves_word_and_the_first_looks_again(dynamodb: Any) -> None:
    first, second = run(dynamodb, "one"), run(dynamodb, "two")
    claim = first.claim(PULL, NOW)
    assert claim == Claim(1)
    assert second.claim(PULL, NOW) is None
    again = first.done(PULL, claim, "a" * 40, NOW)
    assert again == Claim(2)
    assert first.done(PULL, again, "b" * 40, NOW) is None
    assert second.claim(PULL, NOW) == Claim(3, "b" * 40)


def test_a_lease_that_is_over_belongs_to_nobody(dynamodb: Any) -> None:
    first, second = run(dynamodb, "one"), run(dynamodb, "two")
    claim = first.claim(PULL, NOW)
    assert claim is not None
    assert second.claim(PULL, NOW + LEASE) == Claim(2)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        first.done(PULL, claim, "a" * 40, NOW)
    first.release(PULL)
    assert run(dynamodb, "three").claim(PULL, NOW) is None


def test_what_is_let_go_can_be_taken_at_once(dynamodb: Any) -> None:
    first = run(dynamodb, "one")
    first.claim(PULL, NOW)
    first.release(PULL)
    assert run(dynamodb, "two").claim(PULL, NOW) == Claim(2)


def test_pull_requests_and_features_do_not_meet(dynamodb: Any) -> None:
    assert run(dynamodb, "one").claim(PULL, NOW)
    assert run(dynamodb, "two").claim(Pull(640100, 8), NOW)
    assert run(dynamodb, "two").claim(Pull(640101, 7), NOW)
    assert run(dynamodb, "two", "dashboard_diff").claim(PULL, NOW)
    keys = {from_item(each)["pk"] for each in dynamodb.scan(TableName="reviews")["Items"]}
    assert keys == {"rule_lint#640100", "rule_lint#640101", "dashboard_diff#640100"}
