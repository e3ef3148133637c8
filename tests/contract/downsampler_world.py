"""The downsampler over AWS in memory: bucket, queues, tables and parameters as the template makes them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from kaizen import policy_store, secrets
from kaizen.metrics.rows import read_rows
from kaizen.phase import keys
from kaizen.phase.arrival import Arrival
from kaizen.phase.coding import compress
from kaizen.phase.streams import Stream, read_stream
from kaizen.policy_store import DEFAULT_FILE
from phase_downsampler import handler
from tests.architecture.house import resources
from tests.unit.downsampler.world import NAME, NOW, Producer, theta

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

BUCKET, TABLE, METRICS, POLICY_PARAMETER = "phase-bucket", "PhaseTable", "MetricsTable", "/kaizen/policy"
OTHER = "second"  # a stream beside NAME
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "PHASE_TABLE": TABLE,
    "PHASE_BUCKET": BUCKET,
    "METRICS_TABLE": METRICS,
    "POLICY_PARAMETER": POLICY_PARAMETER,
}
SMALL = "levels = 2\nfactor = 2\nchunk_columns = 64\n"
_TABLE_PARTS = ("AttributeDefinitions", "BillingMode", "KeySchema")
_QUEUE_PARTS = ("FifoQueue", "DeduplicationScope", "FifoThroughputLimit")


@dataclass
class Context:
    """Lambda's; `milliseconds` are left at each question, the last number from then on."""

    milliseconds: Sequence[int] = (60_000,)
    asked: int = -1
    function_name: str = "PhaseDownsampler"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:PhaseDownsampler"
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        self.asked += 1
        return self.milliseconds[min(self.asked, len(self.milliseconds) - 1)]


def message(body: str, group: str = NAME, number: int = 0) -> dict[str, Any]:
    """A message as Lambda gets it from a FIFO queue."""
    return {
        "messageId": f"message-{number}",
        "receiptHandle": "AQEB",
        "body": body,
        "attributes": {
            "MessageGroupId": group,
            "MessageDeduplicationId": f"{group}-{number}",
            "SequenceNumber": str(18849496460467696128 + number),
            "ApproximateReceiveCount": "1",
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }


def batch(*arrivals: Arrival | str) -> dict[str, Any]:
    """An event of these arrivals, or of bodies that are none, which are of the group NAME."""
    return {
        "Records": [
            message(each, NAME, number) if isinstance(each, str) else message(each.body(), each.stream, number)
            for number, each in enumerate(arrivals)
        ]
    }


class World:
    """AWS as the function sees it."""

    def __init__(self) -> None:
        self.s3: S3Client = boto3.client("s3")
        self.sqs: SQSClient = boto3.client("sqs")
        self.ssm: SSMClient = boto3.client("ssm")
        self.dynamodb: DynamoDBClient = boto3.client("dynamodb")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        queues: Any = resources("AWS::SQS::Queue")
        given = queues["PhaseDeadLetterQueue"]
        attributes = {name: str(given[name]).replace("True", "true") for name in _QUEUE_PARTS if name in given}
        created = self.sqs.create_queue(QueueName="phase-dead.fifo", Attributes=attributes)  # type: ignore[arg-type]
        self.dead_letters = created["QueueUrl"]
        tables: Any = resources("AWS::DynamoDB::Table")
        for name in (TABLE, METRICS):
            self.dynamodb.create_table(TableName=name, **{part: tables[name][part] for part in _TABLE_PARTS})
        self.put_policy(SMALL)

    def put_policy(self, stream: str, names: Sequence[str] = (NAME, OTHER)) -> None:
        """The default policy with other streams."""
        text = DEFAULT_FILE.read_text(encoding="utf-8").partition("[[streams]]")[0]
        text += "".join(f'[[streams]]\nid = "{name}"\n{stream}\n' for name in names)
        self.ssm.put_parameter(Name=POLICY_PARAMETER, Value=text, Type="SecureString", Overwrite=True)

    def post(self, producer: Producer, first: int, last: int) -> Arrival:
        """What phase_ingest leaves of a body."""
        arrival = producer.arrival(first, last)
        self.s3.put_object(Bucket=BUCKET, Key=keys.rows(producer.stream, producer.epoch), Body=producer.config())
        self.s3.put_object(Bucket=BUCKET, Key=arrival.key, Body=compress("zstd", producer.messages(first, last)))
        return arrival

    def call(self, event: Mapping[str, Any], context: Context | None = None) -> list[str]:
        """The ids of the messages that failed."""
        with patch.object(handler, "utc_now", lambda: NOW):
            answer = handler.lambda_handler(dict(event), context or Context())
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def take(self, *arrivals: Arrival | str) -> list[str]:
        return self.call(batch(*arrivals))

    def stream(self, name: str = NAME) -> Stream:
        found = read_stream(self.dynamodb, TABLE, name)
        assert found is not None
        return found

    def objects(self, *prefixes: str) -> dict[str, bytes]:
        """Key -> bytes of every object under these prefixes."""
        found: dict[str, bytes] = {}
        for prefix in prefixes:
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
                for each in page.get("Contents", []):
                    found[each["Key"]] = self.s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
        return found

    def buried(self) -> list[Any]:
        """What lies in the dead-letter queue."""
        answer = self.sqs.receive_message(
            QueueUrl=self.dead_letters,
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            VisibilityTimeout=0,
        )
        return list(answer.get("Messages", []))

    def metric(self, name: str) -> dict[tuple[str, ...], float]:
        rows, _ = read_rows(self.dynamodb, METRICS)
        return {labels: series.value for labels, series in rows.get(name, {}).items()}


def producer(name: str = NAME, frames: int = 300, rows: int = 5, **given: Any) -> Producer:
    return Producer.of(theta(frames, rows), stream=name, dt_us=100_000, **given)


def new_process() -> None:
    """Forget what a new process does not know."""
    for cached in (handler.settings, handler.store, handler.downsampler):
        cached.cache_clear()
    policy_store.policy_store.cache_clear()
    secrets._provider.cache_clear()


@contextmanager
def downsampler_world() -> Iterator[World]:
    with patch.dict(os.environ, ENVIRONMENT, clear=True), mock_aws():
        made = World()
        os.environ["PHASE_DEAD_LETTER_QUEUE_URL"] = made.dead_letters
        new_process()
        yield made
    new_process()
