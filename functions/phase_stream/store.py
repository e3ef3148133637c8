"""Where frames, what is known of them and what was counted lie: DynamoDB and S3, and nothing else of AWS."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kaizen.metrics.changes import Change
from kaizen.metrics.changes import actions as metric_actions
from kaizen.phase import keys, streams
from kaizen.phase.streams import Epoch, Segment, Stream
from kaizen.storage.items import from_item, to_item
from kaizen.storage.transact import CancelledError, transact
from kaizen.times import format_instant
from phase_stream.audit import MOST_LISTED, Audit
from phase_stream.lru import Recent
from phase_stream.request import Report
from phase_stream.ring import Stored, Window, plain, read_segment
from phase_stream.savings import Tally

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

KEPT_BYTES = 256 << 20  # of decoded objects per process, of the function's 1769 MB
PARALLEL = 16  # objects of a cold ring, read at once: a producer may post every frame by itself
ADDRESS_SECONDS = 900
_DAY = timedelta(days=1)
_AUDITS = "audit"
_ATTEMPTS = 8
_PAUSE_SECONDS = 0.02


class ExpiredError(Exception):
    """An object is no longer in the bucket."""


class NotCountedError(Exception):
    """Others counted on the same rows every time. A retry cures it."""


class TakenError(Exception):
    """The audit has the report of another."""


@dataclass(frozen=True, slots=True)
class Places:
    """Names of tables and of the bucket."""

    phase_table: str
    savings_table: str
    metrics_table: str
    bucket: str


class PhaseStore:
    """Objects are immutable: each is fetched and decoded once, while there is room for it.

    Methods raise ClientError and BotoCoreError when AWS does not answer, PhaseFormatError for an object that is not
    what it should be.
    """

    def __init__(
        self, dynamodb: "DynamoDBClient", s3: "S3Client", places: Places, sleep: Callable[[float], None]
    ) -> None:
        self._dynamodb = dynamodb
        self._s3 = s3
        self._places = places
        self._sleep = sleep
        self._segments: Recent[str, Stored] = Recent(KEPT_BYTES)
        self._configs: Recent[str, bytes] = Recent(KEPT_BYTES // 8)

    def stream(self, name: str) -> Stream | None:
        """As it is now: by an older state, a client that is up to date would seem ahead of it."""
        return streams.read_stream(self._dynamodb, self._places.phase_table, name, consistent=True)

    def streams(self, names: Iterable[str]) -> list[Stream]:
        return streams.read_streams(self._dynamodb, self._places.phase_table, names)

    def epochs(self, name: str) -> Sequence[Epoch]:
        return streams.read_epochs(self._dynamodb, self._places.phase_table, name)

    def epoch(self, name: str, number: int) -> Epoch | None:
        key = streams.key(name, streams.epoch_sort(number))
        answer = self._dynamodb.get_item(TableName=self._places.phase_table, Key=key)
        return Epoch.from_attributes(from_item(answer["Item"])) if "Item" in answer else None

    def window(self, stream: Stream, segments: Sequence[Segment]) -> Window:
        """Segments with their frames. Raises ExpiredError."""
        found = {each: self._segments.get(_ring_key(stream, each)) for each in segments}
        missing = [each for each, stored in found.items() if stored is None]
        if len(missing) == 1:
            found[missing[0]] = self._segment(stream, missing[0])
        elif missing:
            with ThreadPoolExecutor(min(PARALLEL, len(missing))) as threads:
                found |= dict(zip(missing, threads.map(lambda each: self._segment(stream, each), missing), strict=True))
        for each in missing:
            stored = found[each]
            assert stored is not None
            self._segments.put(_ring_key(stream, each), stored, stored.size)
        return Window([(each, stored) for each, stored in found.items() if stored is not None], stream.epoch.dt_us)

    def config(self, name: str, epoch: int) -> bytes:
        """The CONFIG message of an epoch. Raises ExpiredError."""
        key = keys.config(name, epoch)
        message = self._configs.get(key)
        if message is None:
            message = plain(self._object(key))
            self._configs.put(key, message, len(message))
        return message

    def chunk_address(self, name: str, epoch: int, level: int, chunk: int, coding: str) -> str:
        """Where anyone can fetch a chunk for ADDRESS_SECONDS. Raises ExpiredError."""
        bucket, key = self._places.bucket, keys.chunk(name, epoch, level, chunk, coding)
        try:
            self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise ExpiredError(key) from error
            raise
        params = {"Bucket": bucket, "Key": key}
        return self._s3.generate_presigned_url("get_object", Params=params, ExpiresIn=ADDRESS_SECONDS)

    def count(
        self, request_id: str, stream: str, counted: Tally, changes: Sequence[Change], audit: str | None, now: datetime
    ) -> bool:
        """Count a response once, whole or not at all; False if it was counted before. Raises NotCountedError.

        If AWS fails without an answer, it may have been counted although it is not sent: rather that than sent and
        not counted.
        """
        guard = {"pk": f"response#{request_id}", "sk": "response", "expires_at": _after_a_day(now)}
        actions: list[dict[str, Any]] = [
            {
                "Put": {
                    "TableName": self._places.savings_table,
                    "Item": to_item(guard),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
        ]
        if audit is not None:
            actions.append({"Update": self._audited(audit, stream, counted, now)})
        actions += metric_actions(self._places.metrics_table, changes, now)
        try:
            transact(self._dynamodb, actions, attempts=_ATTEMPTS, pause=_PAUSE_SECONDS, sleep=self._sleep)
        except CancelledError as error:
            if error.refused(0):  # the guard
                return False
            if error.transient:
                raise NotCountedError(f"{_ATTEMPTS} conflicts") from error
            raise
        return True

    def report(self, report: Report, now: datetime) -> Audit | None:
        """Put the browser's count beside the server's; None if the server has counted nothing under that audit.

        An audit belongs to who reported first: later reports need its key. Without one the first report stands, and
        only its repetition is taken. Raises TakenError.
        """
        values: dict[str, Any] = {
            ":bytes": report.received,
            ":responses": report.responses,
            ":now": format_instant(now),
            ":second": int(now.timestamp()),
        }
        update = "SET browser_bytes = :bytes, browser_responses = :responses, updated_at = :now"
        mine = "attribute_not_exists(report_key) AND browser_bytes = :bytes AND browser_responses = :responses"
        if report.key is not None:
            update, mine = f"{update}, report_key = :key", "report_key = :key"
            values[":key"] = sha256(report.key.encode()).hexdigest()
        try:
            answer = self._dynamodb.update_item(
                TableName=self._places.savings_table,
                Key=_audit_key(report.audit, report.stream),
                UpdateExpression=update,
                ConditionExpression=f"expires_at > :second AND (attribute_not_exists(browser_bytes) OR ({mine}))",
                ExpressionAttributeValues=to_item(values),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            there: Any = error.response.get("Item")
            if there and from_item(there)["expires_at"] > values[":second"]:
                raise TakenError(report.audit) from error
            return None
        return Audit.from_attributes(from_item(answer["Attributes"]))

    def audits(self, now: datetime, after: str) -> tuple[list[Audit], str | None]:
        """Those that have not expired among the next MOST_LISTED items, and where to go on; None at the end.

        In the order of their ids. The table forgets late: a page may be empty although others follow.
        """
        given: dict[str, Any] = {"ExclusiveStartKey": to_item({"pk": _AUDITS, "sk": after})} if after else {}
        answer = self._dynamodb.query(
            TableName=self._places.savings_table,
            KeyConditionExpression="pk = :pk",
            FilterExpression="expires_at > :second",
            ExpressionAttributeValues=to_item({":pk": _AUDITS, ":second": int(now.timestamp())}),
            Limit=MOST_LISTED,
            **given,
        )
        last: Any = answer.get("LastEvaluatedKey")
        found = [Audit.from_attributes(from_item(item)) for item in answer["Items"]]
        return found, from_item(last)["sk"] if last else None

    def _segment(self, stream: Stream, segment: Segment) -> Stored:
        return read_segment(self._object(_ring_key(stream, segment)), stream.epoch, segment)

    def _object(self, key: str) -> bytes:
        try:
            return self._s3.get_object(Bucket=self._places.bucket, Key=key)["Body"].read()
        except self._s3.exceptions.NoSuchKey as error:
            raise ExpiredError(key) from error

    def _audited(self, audit: str, stream: str, counted: Tally, now: datetime) -> dict[str, Any]:
        names = {"#audit": "audit", "#stream": "stream"}
        values = {
            ":audit": audit,
            ":stream": stream,
            ":now": format_instant(now),
            ":expires": _after_a_day(now),
            ":bytes": counted.sent,
            ":one": 1,
            ":saved": counted.saved,
        }
        return {
            "TableName": self._places.savings_table,
            "Key": _audit_key(audit, stream),
            "UpdateExpression": (
                "SET #audit = :audit, #stream = :stream, started_at = if_not_exists(started_at, :now), "
                "updated_at = :now, expires_at = :expires "
                "ADD server_bytes :bytes, server_responses :one, server_saved_bytes :saved"
            ),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item(values),
        }


def _ring_key(stream: Stream, segment: Segment) -> str:
    return keys.ring(stream.stream, stream.epoch.epoch, segment.first_seq, segment.last_seq)


def _audit_key(audit: str, stream: str) -> dict[str, Any]:
    return to_item({"pk": _AUDITS, "sk": f"{audit}#{stream}"})


def _after_a_day(now: datetime) -> int:
    return int((now + _DAY).timestamp())
