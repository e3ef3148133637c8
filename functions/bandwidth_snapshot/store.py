"""Readings for some days, and one row for each day and stream for good."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bandwidth_snapshot.builds import Stretch
from bandwidth_snapshot.day import Day, Reading
from bandwidth_snapshot.detector import ALL
from kaizen.metrics.changes import Change, actions
from kaizen.metrics.counting import count
from kaizen.metrics.rows import read_rows
from kaizen.storage.items import from_item, pages, to_item, to_value
from kaizen.storage.transact import CancelledError, transact
from kaizen.times import format_instant, parse_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READINGS_KEPT = timedelta(days=9)  # a day can be closed anew while its readings are there
SETTLED_KEPT = timedelta(days=30)  # longer than a day is made up for
_ATTEMPTS = 3  # at a row that others write, too
SENT, SAVED = "phase_frame_bytes_sent_total", "bytes_saved_total"


class BandwidthStore:
    def __init__(self, client: "DynamoDBClient", table: str, metrics_table: str) -> None:
        self._client = client
        self._table = table
        self._metrics_table = metrics_table

    def counters(self, now: datetime, build: str = "") -> Reading:
        """What phase_stream has counted until now; `build` is what runs."""
        rows, _ = read_rows(self._client, self._metrics_table)
        streams: dict[str, tuple[int, int]] = {}
        for place, name in enumerate((SENT, SAVED)):
            for series in rows.get(name, {}).values():
                stream = series.labels["stream"]
                old = list(streams.get(stream, (0, 0)))
                old[place] += int(series.value)
                streams[stream] = (old[0], old[1])
        return Reading(now, streams, build)

    def keep(self, reading: Reading) -> None:
        """One reading; the same instant's again changes nothing."""
        at = format_instant(reading.at)
        item = {
            "pk": f"readings#{at[:10]}",
            "sk": at,
            "streams": {stream: list(each) for stream, each in reading.streams.items()},
            "build": reading.build,
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
                item.get("build", ""),
            )
            for item in items
        ]

    def days(self, stream: str, first: date, last: date) -> list[Day]:
        """The records of a stream, both ends included, in order."""
        return [_day(item) for item in self._days(stream, first, last)]

    def totals(self, first: date, last: date) -> tuple[list[Day], dict[date, dict[str, int]]]:
        """The records of all streams together, and by day what each stream sent that had a record; ends included."""
        days, rosters = [], {}
        for item in self._days(ALL, first, last):
            day = _day(item)
            days.append(day)
            rosters[day.date] = {name: int(each) for name, each in item.get("streams", {}).items()}
        return days, rosters

    def builds(self, day: date) -> list[Stretch]:
        """What ran on a closed day, in order; empty where nobody knows."""
        return [
            Stretch(each["build"], parse_instant(each["since"]), float(each["avg_mb_s"]))
            for item in self._days(ALL, day, day)
            for each in item.get("builds", [])
        ]

    def _days(self, stream: str, first: date, last: date) -> Iterator[dict[str, Any]]:
        return pages(
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

    def write(
        self,
        days: Sequence[Day],
        total: Day,
        source: str,
        versions: dict[str, str],
        now: datetime,
        builds: Sequence[Stretch] = (),
    ) -> int:
        """How many rows are new or say something else than before; a row that says the same is left alone.

        The total's row comes last and names the streams: who finds it finds theirs. It has the builds of the day, too;
        the last of them is that of every row.
        """
        given = versions | {"source": source, "closed_at": format_instant(now)}
        if builds:
            given["build"] = builds[-1].build
        ran = [{"build": each.build, "since": format_instant(each.since), "avg_mb_s": each.average} for each in builds]
        written = sum(self._write(day, {}, given) for day in days)
        more = {"streams": {each.stream: each.bytes for each in days}, "builds": ran}
        return written + self._write(total, more, given)

    def _write(self, day: Day, more: dict[str, Any], given: dict[str, str]) -> bool:
        """Two runs at once write the same; one that read earlier does not undo a later revision."""
        key = {"pk": f"day#{day.stream}", "sk": day.date.isoformat()}
        for attempt in range(_ATTEMPTS):
            answer = self._client.get_item(TableName=self._table, Key=to_item(key), ConsistentRead=True)
            known = from_item(answer.get("Item", {}))
            if known and _day(known) == day and all(known.get(name) == value for name, value in more.items()):
                return False
            revision = known.get("revision", 0)
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(key | _plain(day) | more | given | {"revision": revision + 1}),
                    ConditionExpression="attribute_not_exists(pk) OR revision = :known",
                    ExpressionAttributeValues={":known": to_value(revision)},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return True
        raise AssertionError

    def settled(self, day: date) -> bool:
        """Whether a whole day was judged, and told of if it was unexpected."""
        key = to_item({"pk": "settled", "sk": day.isoformat()})
        return "Item" in self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)

    def settle(self, day: date, changes: Sequence[Change], now: datetime) -> None:
        """Note that a day was judged, and count what was told of, both or neither; the second time changes nothing."""
        expires = int((now + SETTLED_KEPT).timestamp())
        marker = {
            "TableName": self._table,
            "Item": to_item({"pk": "settled", "sk": day.isoformat(), "expires_at": expires}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        try:
            transact(self._client, [{"Put": marker}, *actions(self._metrics_table, changes, now)])
        except CancelledError:
            if not self.settled(day):
                raise

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
