"""AWS in memory for the functions of the phase pipeline: what the template makes, by the names that they are given."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from os import environ
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from kaizen.metrics.rows import read_rows
from kaizen.policy import store as policy_store
from kaizen.runtime import clients, secrets
from tests.architecture.house import resources

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

BUCKET, TABLE, METRICS, POLICY_PARAMETER = "phase-bucket", "PhaseTable", "MetricsTable", "/kaizen/policy"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "PHASE_TABLE": TABLE,
    "PHASE_BUCKET": BUCKET,
    "METRICS_TABLE": METRICS,
    "POLICY_PARAMETER": POLICY_PARAMETER,
}
_TABLE_PARTS = ("AttributeDefinitions", "BillingMode", "KeySchema")
_QUEUE_PARTS = ("FifoQueue", "DeduplicationScope", "FifoThroughputLimit")


class PhaseAws:
    """The bucket, and those of the template's tables that are named."""

    def __init__(self, tables: Iterable[str] = (TABLE, METRICS)) -> None:
        self.s3: S3Client = boto3.client("s3")
        self.sqs: SQSClient = boto3.client("sqs")
        self.ssm: SSMClient = boto3.client("ssm")
        self.dynamodb: DynamoDBClient = boto3.client("dynamodb")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        given: Any = resources("AWS::DynamoDB::Table")
        for name in tables:
            self.dynamodb.create_table(TableName=name, **{part: given[name][part] for part in _TABLE_PARTS})

    def queue(self, logical: str) -> str:
        """The address of one of the template's FIFO queues, made now."""
        given: Any = resources("AWS::SQS::Queue")[logical]
        attributes = {name: str(given[name]).replace("True", "true") for name in _QUEUE_PARTS if name in given}
        return self.sqs.create_queue(QueueName=f"{logical}.fifo", Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]

    def objects(self, *prefixes: str) -> dict[str, bytes]:
        """Key -> bytes of every object below the prefixes; all without any."""
        found: dict[str, bytes] = {}
        for prefix in prefixes or ("",):
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
                for each in page.get("Contents", []):
                    found[each["Key"]] = self.s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
        return found

    def metric(self, name: str) -> dict[tuple[str, ...], float]:
        """Label values -> value."""
        rows, _ = read_rows(self.dynamodb, METRICS)
        return {labels: series.value for labels, series in rows.get(name, {}).items()}


def forget(*cached: Any) -> None:
    """What a new process does not know, a handler's `cached` functions among it."""
    for each in (*cached, policy_store.policy_store, secrets._provider, clients.built):
        each.cache_clear()


@contextmanager
def mocked(environment: Mapping[str, str], *cached: Any) -> Iterator[None]:
    """AWS in memory for a process that begins and ends here."""
    new_process = partial(forget, *cached)
    with patch.dict(environ, environment, clear=True), mock_aws():
        new_process()
        yield
    new_process()
