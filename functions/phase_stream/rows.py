"""The row of each counted response: one plain put, read once or twice by the fold, gone after a day.

    pk  responses#<minute, UTC>#<stream>        sk  <viewer>#<milliseconds since 1970>#<request id>

So a viewer's rows of a minute lie together and in order, and different viewers never meet in an item. The time is
taken right before the put, and a response whose put takes longer than PUT_SECONDS is not sent. Hence no row of a
response that was sent comes CLOSED_SECONDS or more after its time: up to there all rows are there, and none changes.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from kaizen.storage.items import pages, to_item
from phase_stream.savings import Measured

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PUT_SECONDS = 8  # longer than the door's DynamoDB client tries
CLOSED_SECONDS = 10  # with room for clocks that differ
KEPT_SECONDS = 86_400
MINUTE = 60_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Row:
    """A response to a viewer; `millis` since 1970."""

    viewer: str
    millis: int
    response: Measured

    @classmethod
    def from_attributes(cls, given: dict[str, Any]) -> Self:
        viewer, millis, _ = given["sk"].split("#", 2)
        return cls(viewer, int(millis), Measured.from_attributes(given))


def millis(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def item(stream: str, viewer: str, request_id: str, at: int, response: Measured) -> dict[str, Any]:
    """Below 1 KB, so that it takes one write unit."""
    key = {"pk": _partition(stream, at), "sk": f"{viewer}#{at:013d}#{request_id}"}
    return to_item(key | response.attributes() | {"expires_at": at // 1000 + KEPT_SECONDS})


def between(client: "DynamoDBClient", table: str, stream: str, after: int, to: int) -> Iterator[Row]:
    """All rows later than `after`, up to `to`, each viewer's together and in order; a page per minute in memory."""
    found = [
        pages(
            client,
            "query",
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": partition}),
            ConsistentRead=True,
        )
        for partition in _partitions(stream, after, to)
    ]
    for given in heapq.merge(*found, key=lambda each: each["sk"]):
        row = Row.from_attributes(given)
        if after < row.millis <= to:
            yield row


def of_viewer(client: "DynamoDBClient", table: str, stream: str, viewer: str, after: int, to: int) -> Iterator[Row]:
    """The rows of one viewer, in order."""
    for partition in _partitions(stream, after, to):
        values = {":pk": partition, ":viewer": f"{viewer}#"}
        for given in pages(
            client,
            "query",
            TableName=table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :viewer)",
            ExpressionAttributeValues=to_item(values),
            ConsistentRead=True,
        ):
            row = Row.from_attributes(given)
            if after < row.millis <= to:
                yield row


def _partition(stream: str, at: int) -> str:
    return f"responses#{instant(at):%Y-%m-%dT%H:%MZ}#{stream}"


def _partitions(stream: str, after: int, to: int) -> list[str]:
    """Of the minutes that have a millisecond in (after, to]."""
    return [_partition(stream, at * MINUTE) for at in range((after + 1) // MINUTE, to // MINUTE + 1)]
