"""The exporter over stores in memory: the template's metrics table, the token, and API Gateway's requests."""

import base64
import gzip
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import botocore.client
from moto import mock_aws

from kaizen.metrics.changes import Change, updates
from kaizen.mttr import Window, window_attributes
from kaizen.policy import store as policy_store
from kaizen.runtime import clients, secrets
from kaizen.runtime.http import Response
from kaizen.storage.items import to_item
from metrics_exporter import handler
from tests.architecture.house import ROOT, resources
from tests.factories import NOW
from tests.unit.exporter.samples import Samples, samples

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient

TOKEN_PARAMETER, POLICY_PARAMETER, TABLE = "/kaizen/metrics/token", "/kaizen/policy", "metrics"
ENVIRONMENT = {
    "BUILD_HASH": "1c73f2a",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "METRICS_TABLE": TABLE,
    "METRICS_TOKEN_PARAMETER": TOKEN_PARAMETER,
    "POLICY_PARAMETER": POLICY_PARAMETER,
}
CONTEXT = SimpleNamespace(
    function_name="metrics_exporter",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:metrics_exporter",
    aws_request_id="request-1",
)
EVENT: dict[str, Any] = json.loads((ROOT / "events" / "metrics_exporter.json").read_text(encoding="utf-8"))
AUTHORIZATION: str = EVENT["headers"]["authorization"]
TOKEN = AUTHORIZATION.partition(" ")[2]
_CREATED = ("AttributeDefinitions", "BillingMode", "KeySchema")


def create_table(client: "DynamoDBClient") -> None:
    given: Any = resources("AWS::DynamoDB::Table")["MetricsTable"]
    client.create_table(TableName=TABLE, **{name: given[name] for name in _CREATED})


class World:
    """AWS as the exporter sees it."""

    def __init__(self) -> None:
        self.dynamodb: DynamoDBClient = boto3.client("dynamodb")
        self.ssm: SSMClient = boto3.client("ssm")
        create_table(self.dynamodb)
        self.put(TOKEN_PARAMETER, TOKEN, "SecureString")

    def put(self, parameter: str, value: str, kind: Any = "String") -> None:
        self.ssm.put_parameter(Name=parameter, Value=value, Type=kind, Overwrite=True)

    def write(self, changes: Iterable[Change] = (), windows: Iterable[Window] = ()) -> None:
        for update in updates(TABLE, changes, NOW):
            self.dynamodb.update_item(**update)
        for window in windows:
            self.dynamodb.put_item(TableName=TABLE, Item=to_item(window_attributes(window)))

    def get(self, **headers: str) -> Response:
        """The sample scrape with some headers replaced; an empty value leaves one out."""
        given = EVENT["headers"] | {name.replace("_", "-"): value for name, value in headers.items()}
        event = EVENT | {"headers": {name: value for name, value in given.items() if value}}
        response: Response = handler.lambda_handler(event, CONTEXT)
        return response


def new_process() -> None:
    """Forget what a new process does not know: settings, clients, secrets, the policy."""
    for cached in (handler.settings, handler.dynamodb, policy_store.policy_store, secrets._provider, clients.built):
        cached.cache_clear()


@contextmanager
def exporter_world() -> Iterator[World]:
    with patch.dict(os.environ, ENVIRONMENT, clear=True), mock_aws():
        new_process()
        yield World()
    new_process()


def content(response: Response) -> bytes:
    """The body as the client sees it, once its coding is undone."""
    body: bytes = base64.b64decode(response["body"]) if response["isBase64Encoded"] else response["body"].encode()
    return gzip.decompress(body) if response["headers"].get("content-encoding") == "gzip" else body


def scraped(response: Response) -> Samples:
    form = "openmetrics" if "openmetrics" in response["headers"]["content-type"] else "text"
    return samples(content(response).decode(), form)


@contextmanager
def counted_calls() -> Iterator[Counter[str]]:
    """AWS calls made inside, by operation: counted, not timed."""
    calls: Counter[str] = Counter()
    base: Any = botocore.client.BaseClient  # its one way to AWS is not in the stubs
    original = base._make_api_call

    def counting(self: Any, operation: str, request: Any) -> Any:
        calls[operation] += 1
        return original(self, operation, request)

    with patch.object(base, "_make_api_call", counting):
        yield calls
