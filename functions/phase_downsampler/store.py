"""Streams in the table, objects in the bucket, and the queue for what no retry cures."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kaizen.metrics.changes import Change
from kaizen.metrics.changes import actions as metric_actions
from kaizen.metrics.counting import count
from kaizen.phase.schema import SCHEMA
from kaizen.phase.streams import META, Epoch, Stream, epoch_sort, partition, read_stream
from kaizen.phase.wire import MEDIA_TYPE
from kaizen.storage.items import to_item
from kaizen.storage.transact import CancelledError, transact
from phase_downsampler.downsampling import Conflict
from phase_downsampler.objects import Object

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# Of objects read at once: a chunk may lie in hundreds of small ones. No more than the client keeps connections.
READERS = 10
_CACHE_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class PhaseStore:
    dynamodb: "DynamoDBClient"
    s3: "S3Client"
    sqs: "SQSClient"
    table: str
    metrics_table: str
    bucket: str
    dead_letter_queue_url: str
    _readers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(READERS))

    def load(self, stream: str) -> Stream | None:
        return read_stream(self.dynamodb, self.table, stream, consistent=True)

    def get(self, wanted: Sequence[str]) -> list[bytes | None]:
        return [self._get(key) for key in wanted] if len(wanted) < 2 else list(self._readers.map(self._get, wanted))

    def put(self, objects: Iterable[Object]) -> None:
        for each in objects:
            given: dict[str, Any] = {"ContentType": MEDIA_TYPE, "Metadata": {"phase-schema": str(SCHEMA)}}
            if each.coding is not None:
                given["ContentEncoding"] = each.coding
            if each.kept is not None:
                given["Tagging"] = f"kept={each.kept}"
            if each.immutable:
                given["CacheControl"] = _CACHE_FOR_EVER
            self.s3.put_object(Bucket=self.bucket, Key=each.key, Body=each.data, **given)

    def commit(
        self, old: Stream | None, new: Stream, ended: Epoch | None, changes: Sequence[Change], now: datetime
    ) -> None:
        """Write all of it or nothing. Raises Conflict, and ClientError for anything else."""
        actions: list[dict[str, Any]] = [{"Put": self._put_stream(old, new)}]
        for epoch in (new.epoch, ended):
            if epoch is not None:
                item = {"pk": partition(new.stream), "sk": epoch_sort(epoch.epoch)} | _attributes(epoch)
                actions.append({"Put": {"TableName": self.table, "Item": to_item(item)}})
        actions += metric_actions(self.metrics_table, changes, now)
        try:
            transact(self.dynamodb, actions)
        except CancelledError as error:
            if error.overtaken:
                raise Conflict(", ".join(sorted(error.reasons))) from error
            raise

    def count(self, changes: Sequence[Change], now: datetime) -> None:
        """Count outside any transaction: for what changes nothing else."""
        count(self.dynamodb, self.metrics_table, changes, now)

    def bury(self, message: Mapping[str, Any], fault: str) -> None:
        """Put a message of the queue into the dead-letter queue as it is, with the fault beside it."""
        given = message["attributes"]
        self.sqs.send_message(
            QueueUrl=self.dead_letter_queue_url,
            MessageBody=message["body"],
            MessageGroupId=given["MessageGroupId"],
            MessageDeduplicationId=given["MessageDeduplicationId"],
            MessageAttributes={"fault": {"DataType": "String", "StringValue": fault[:1000]}},
        )

    def _get(self, key: str) -> bytes | None:
        try:
            return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None

    def _put_stream(self, old: Stream | None, new: Stream) -> dict[str, Any]:
        item = {"pk": partition(new.stream), "sk": META} | new.attributes()
        put: dict[str, Any] = {"TableName": self.table, "Item": to_item(item)}
        if old is None:
            return put | {"ConditionExpression": "attribute_not_exists(pk)"}
        return put | {
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": to_item({":version": old.version}),
        }


def _attributes(epoch: Epoch) -> dict[str, Any]:
    return {name: getattr(epoch, name) for name in Epoch.__slots__}
