"""The door of the producers over AWS in memory: bucket, queue, tables and parameters as the template makes them."""

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from kaizen import policy_store, secrets
from kaizen.dynamo import to_item
from kaizen.http import Response
from kaizen.metrics.rows import read_rows
from kaizen.phase.arrival import Arrival
from kaizen.phase.streams import META, Epoch, Segment, Stream, partition
from phase_ingest import handler
from tests.architecture.house import ROOT, resources
from tests.factories import NOW
from tests.unit.ingest.posts import MEDIA_TYPE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

BUCKET, TABLE, METRICS = "phase-bucket", "PhaseTable", "MetricsTable"
TOKEN_PARAMETER, POLICY_PARAMETER = "/kaizen/phase/producer-token", "/kaizen/policy"
EVENT: dict[str, Any] = json.loads((ROOT / "events" / "phase_ingest.json").read_text(encoding="utf-8"))
TOKEN: str = EVENT["headers"]["authorization"].partition(" ")[2]
STREAM: str = EVENT["queryStringParameters"]["stream"]
CONTEXT = SimpleNamespace(
    function_name="phase_ingest",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:phase_ingest",
    aws_request_id="request-1",
)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "PHASE_TABLE": TABLE,
    "PHASE_BUCKET": BUCKET,
    "METRICS_TABLE": METRICS,
    "POLICY_PARAMETER": POLICY_PARAMETER,
    "PRODUCER_TOKEN_PARAMETER": TOKEN_PARAMETER,
    "PHASE_HELP_URL": "",
}
_TABLE_PARTS = ("AttributeDefinitions", "BillingMode", "KeySchema")
_QUEUE_PARTS = ("FifoQueue", "DeduplicationScope", "FifoThroughputLimit")


def event_of(
    body: bytes, name: str = "frames", query: dict[str, str] | None = None, **headers: str | None
) -> dict[str, Any]:
    """A post as the gateway passes it on; headers by their names with `_`, None leaves one out."""
    given: dict[str, str | None] = {"authorization": f"Bearer {TOKEN}", "content-type": MEDIA_TYPE}
    given |= {key.replace("_", "-"): value for key, value in headers.items()}
    context = EVENT["requestContext"] | {"http": EVENT["requestContext"]["http"] | {"path": f"/phase/{name}"}}
    return {
        "version": "2.0",
        "routeKey": f"POST /phase/{name}",
        "rawPath": f"/phase/{name}",
        "headers": {key: value for key, value in given.items() if value is not None},
        "queryStringParameters": {"stream": STREAM} if query is None else query,
        "requestContext": context,
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def in_epoch(epoch: int) -> Stream:
    """A stream that has had frames of an epoch."""
    current = Epoch(epoch, 0, 9, 0, 1000, 4, 4, "all", 16, 6, 4, 256)
    return Stream(STREAM, 1, current, 64, 9000, (Segment(0, 9, 0),), ())


class World:
    """AWS as the function sees it."""

    def __init__(self) -> None:
        self.s3: S3Client = boto3.client("s3")
        self.sqs: SQSClient = boto3.client("sqs")
        self.ssm: SSMClient = boto3.client("ssm")
        self.dynamodb: DynamoDBClient = boto3.client("dynamodb")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        queue: Any = resources("AWS::SQS::Queue")["PhaseQueue"]
        attributes = {name: str(queue[name]).replace("True", "true") for name in _QUEUE_PARTS}
        self.queue_url = self.sqs.create_queue(QueueName="phase.fifo", Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]
        tables: Any = resources("AWS::DynamoDB::Table")
        for name in (TABLE, METRICS):
            self.dynamodb.create_table(TableName=name, **{part: tables[name][part] for part in _TABLE_PARTS})
        self.ssm.put_parameter(Name=TOKEN_PARAMETER, Value=TOKEN, Type="SecureString")

    def call(self, event: dict[str, Any], now: datetime = NOW) -> Response:
        with patch.object(handler, "utc_now", lambda: now):
            response: Response = handler.lambda_handler(event, CONTEXT)
        return response

    def post(self, body: bytes, name: str = "frames", query: dict[str, str] | None = None, **headers: Any) -> Response:
        return self.call(event_of(body, name, query, **headers))

    def put_stream(self, stream: Stream) -> None:
        item = {"pk": partition(stream.stream), "sk": META} | stream.attributes()
        self.dynamodb.put_item(TableName=TABLE, Item=to_item(item))

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """Key -> bytes of every object."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return {each["Key"]: self.s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in found}

    def messages(self) -> list[dict[str, Any]]:
        """What waits in the queue, taken out of it, of all streams."""
        found: list[Any] = []
        while True:
            answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, AttributeNames=["All"])
            batch = answer.get("Messages", [])
            if not batch:
                return found
            for message in batch:
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
            found += batch

    def arrivals(self) -> list[Arrival]:
        return [Arrival.read(message["Body"]) for message in self.messages()]

    def metric(self, name: str) -> dict[tuple[str, ...], float]:
        rows, _ = read_rows(self.dynamodb, METRICS)
        return {labels: series.value for labels, series in rows.get(name, {}).items()}


def content(response: Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response["body"])
    return found


def new_process() -> None:
    """Forget what a new process does not know."""
    for cached in (handler.settings, handler.store, handler.known, handler.server):
        cached.cache_clear()
    policy_store.policy_store.cache_clear()
    secrets._provider.cache_clear()


@contextmanager
def ingest_world() -> Iterator[World]:
    with patch.dict(os.environ, ENVIRONMENT, clear=True), mock_aws():
        made = World()
        os.environ["PHASE_QUEUE_URL"] = made.queue_url
        new_process()
        yield made
    new_process()
