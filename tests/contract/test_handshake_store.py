"""The handshake over the real tables (moto's DynamoDB, made from the template)."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from kaizen.metrics.rows import read_rows
from kaizen.runtime import clients
from schema_handshake import handler
from tests.architecture.house import resources
from tests.unit.handshake.samples import CONTEXT, get, post, stored, stream

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLES = {"PhaseTable": "phase", "MetricsTable": "metrics"}
CREATED = ("AttributeDefinitions", "BillingMode", "KeySchema")
ENVIRONMENT = {
    "BUILD_HASH": "1c73f2a",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "PHASE_TABLE": "phase",
    "METRICS_TABLE": "metrics",
    "POLICY_PARAMETER": "/kaizen/policy",
    "PHASE_HELP_URL": "",
}


def forget() -> None:
    for cached in (handler.settings, handler.dynamodb, handler.server, clients.built):
        cached.cache_clear()


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator["DynamoDBClient"]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    forget()
    with mock_aws():
        client = boto3.client("dynamodb")
        for resource, name in TABLES.items():
            given: Any = resources("AWS::DynamoDB::Table")[resource]
            client.create_table(TableName=name, **{key: given[key] for key in CREATED})
        client.put_item(TableName="phase", Item=stored(stream("kuramoto", 4_294_967_295)))
        yield client
    forget()


def verdicts(client: "DynamoDBClient") -> dict[str, Any]:
    """Verdict -> handshakes, as the exporter reads them."""
    rows, _ = read_rows(client, "metrics")
    return {values[0]: series.value for values, series in rows["phase_handshakes_total"].items()}


def test_epochs_are_read_and_verdicts_counted(dynamodb: "DynamoDBClient") -> None:
    first = handler.lambda_handler(get({"client": "1.0.0", "stream": "kuramoto"}), CONTEXT)
    other = handler.lambda_handler(post({"client": "0.1.0", "stream": "unheard-of"}), CONTEXT)
    assert json.loads(first["body"])["stream_epoch"] == 4_294_967_295
    assert json.loads(other["body"])["stream_epoch"] is None
    assert json.loads(other["body"])["upgrade"]["url"] is None
    handler.lambda_handler(get({"client": "1.0.0"}) | {"requestContext": {"requestId": "another shard"}}, CONTEXT)
    assert verdicts(dynamodb) == {"compatible": 2, "client_too_old": 1}


def test_tables_that_are_not_there(dynamodb: "DynamoDBClient") -> None:
    dynamodb.delete_table(TableName="metrics")
    assert handler.lambda_handler(get({"client": "1.0.0", "stream": "kuramoto"}), CONTEXT)["statusCode"] == 200
    dynamodb.delete_table(TableName="phase")
    assert handler.lambda_handler(get({"client": "1.0.0", "stream": "kuramoto"}), CONTEXT)["statusCode"] == 503
