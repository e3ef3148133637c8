"""Readings for some days, and one row for each day and stream for good."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bandwidth_snapshot.day import Day, Reading
from kaizen.metrics.changes import Change
from kaizen.metrics.counting import count
from kaizen.metrics.rows import read_rows
from kaizen.storage.items import from_item, pages, to_item, to_value
from kaizen.times import format_instant, parse_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READINGS_KEPT = timedelta(days=9)  # a day can be closed anew while its readings are there
SENT, SAVED = "phase_frame_bytes_sent_total", "bytes_saved_total"


class BandwidthStore:
    def __init__(self, client: "DynamoDBClient", table: str, metrics_table: str) -> None:
        self._client = client
        self._table = table
        self._metrics_table = metrics_table

    def counters(self, now: datetime) -> Reading:
        """What phase_stream has counted until now."""
        rows, _ = read_rows(self._client, self._metrics_table)
        streams: dict[str, tuple[int, int]] = {}
        for place, name in enumerate((SENT, SAVED)):
            for series in rows.get(name, {}).values():
                stream = series.labels["stream"]
                old = list(streams.get(stream, (0, 0)))
                old[place] += int(series.value)
                streams[stream] = (old[0], old[1])
        return Reading(now, streams)

    def keep(self, reading: Reading) -> None:
        """One reading; the same instant's again changes nothing."""
        at = format_instant(reading.at)
        item = {
            "pk": f"readings#{at[:10]}",
            "sk": at,
            "streams": {stream: list(each) for stream, each in reading.streams.items()},
            "expires_at": int((reading.at + READINGS_KEPT).timestamp()),
        }
        self._client.put_item(TableName=self._table, Item=to_item(item))

    def readings(self, day: date) -> list[Reading]:
        """Those of a day and of the hour before and after it, whose bins may end in it."""
        found = [self._readings_of(day + timedelta(days=offset)) for offset in (-1, 0, 1)]
        return [each for group in found for each in group]

    def _readings_of(self, day: date) -> list[Reading]:
        items = self._query(f"readings#{day.isoformat()}")
        return [
            Reading(
                parse_instant(item["sk"]),
                {stream: (int(each[0]), int(each[1])) for stream, each in item["streams"].items()},
            )
            for item in items
        ]

    def days(self, stream: str, first: date, last: date) -> list[Day]:
        """The records of a stream, both ends included, in order."""
        items = pages(
            self._client,
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": to_value(f"day#{stream}"),
                ":first": to_value(first.isoformat()),
                ":last": to_value(last.isoformat()),
            },
            ConsistentRead=True,
        )
        return [_day(item) for item in items]

    def write(self, days: Iterable[Day], source: str, versions: dict[str, str], now: datetime) -> int:
        """How many rows are new or say something else than before; a row that says the same is left alone."""
        return sum(self._write(day, source, versions, now) for day in days)

    def _write(self, day: Day, source: str, versions: dict[str, str], now: datetime) -> bool:
        key = {"pk": f"day#{day.stream}", "sk": day.date.isoformat()}
        answer = self._client.get_item(TableName=self._table, Key=to_item(key), ConsistentRead=True)
        known = from_item(answer.get("Item", {}))
        if known and _day(known) == day:
            return False
        item = key | _plain(day) | versions
        item |= {"source": source, "closed_at": format_instant(now), "revision": known.get("revision", 0) + 1}
        # Two runs at once write the same; one that read earlier does not undo a later revision.
        self._client.put_item(
            TableName=self._table,
            Item=to_item(item),
            ConditionExpression="attribute_not_exists(pk) OR revision = :known",
            ExpressionAttributeValues={":known": to_value(known.get("revision", 0))},
        )
        return True

    def count(self, changes: Sequence[Change], now: datetime) -> None:
        count(self._client, self._metrics_table, changes, now)

    def _query(self, pk: str) -> Iterator[dict[str, Any]]:
        return pages(
            self._client,
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": to_value(pk)},
            ConsistentRead=True,
        )


def _plain(day: Day) -> dict[str, Any]:
    """Rates to the byte per second: what is read back must equal what was written."""
    return {
        "bytes": day.bytes,
        "avg_mb_s": round(day.average, 6),
        "p95_mb_s": round(day.p95, 6),
        "max_mb_s": round(day.maximum, 6),
        "complete": round(day.complete, 4),
        "saved_bytes": day.saved,
        "resets": day.resets,
    }


def rounded(day: Day) -> Day:
    """A day as the table keeps it."""
    return _day({"pk": f"day#{day.stream}", "sk": day.date.isoformat()} | _plain(day))


def _day(item: dict[str, Any]) -> Day:
    return Day(
        stream=str(item["pk"]).removeprefix("day#"),
        date=date.fromisoformat(item["sk"]),
        bytes=int(item["bytes"]),
        average=float(item["avg_mb_s"]),
        p95=float(item["p95_mb_s"]),
        maximum=float(item["max_mb_s"]),
        complete=float(item["complete"]),
        saved=int(item["saved_bytes"]),
        resets=int(item["resets"]),
    )
