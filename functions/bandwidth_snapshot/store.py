"""Readings for some days, the rows of each day for good, and what was told of rises."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from bandwidth_snapshot.builds import Stretch
from bandwidth_snapshot.day import Day, Reading
from bandwidth_snapshot.log import Entry, loses
from bandwidth_snapshot.names import ALL, kept
from bandwidth_snapshot.said import Said
from kaizen.metrics.changes import Change, actions
from kaizen.metrics.counting import count
from kaizen.metrics.rows import read_rows
from kaizen.storage.items import from_item, pages, to_item, to_value
from kaizen.storage.transact import CancelledError, transact
from kaizen.times import format_instant, parse_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READINGS_KEPT = timedelta(days=9)  # a day can be closed anew while its readings are there
SAID_KEPT = timedelta(days=120)  # longer than a rise is looked back at
_ATTEMPTS = 3  # at rows that others write, too
SENT, SAVED = "phase_frame_bytes_sent_total", "bytes_saved_total"
Written = Literal["written", "same", "kept"]


class OvertakenError(Exception):
    """Another run has changed what was read. Transient: try again."""


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
                stream = kept(series.labels["stream"])
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
        """Those of a day and of the days beside it, whose bins may reach into it."""
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

    def entries(self, first: date, last: date) -> list[Entry]:
        """Closed days in order, both ends included, each with what its streams sent."""
        return [_entry(item) for item in self._days(ALL, first, last)]

    def _days(self, stream: str, first: date, last: date) -> Iterator[dict[str, Any]]:
        return self._query(f"day#{stream}", "sk BETWEEN :first AND :last", first=str(first), last=str(last))

    def write(
        self, entry: Entry, days: Sequence[Day], source: str, versions: Mapping[str, str], now: datetime
    ) -> Written:
        """All rows of a day, or none: never a reading of which a stream has less than what is kept.

        That is decided by the total's row and holds until the rows are written, whoever writes beside. `versions` say
        what ran; the build is that of the last stretch, where one is known.
        """
        given = {**versions, "source": source, "closed_at": format_instant(now)}
        if entry.builds:
            given["build"] = entry.builds[-1].build
        content = _content(entry, days)
        key = {"pk": f"day#{ALL}", "sk": entry.date.isoformat()}
        for attempt in range(_ATTEMPTS):
            item = from_item(
                self._client.get_item(TableName=self._table, Key=to_item(key), ConsistentRead=True).get("Item", {})
            )
            if item.get("content") == content["content"]:
                return "same"
            if item and any(loses(_entry(item), entry)):
                return "kept"
            revision = item.get("revision", 0)
            given["revision"] = revision + 1
            rows = [key | _plain(entry.total) | content | given] + [
                {"pk": f"day#{each.stream}", "sk": each.date.isoformat()} | _plain(each) | given for each in days
            ]
            puts: list[dict[str, Any]] = [{"TableName": self._table, "Item": to_item(row)} for row in rows]
            puts[0] |= {
                "ConditionExpression": "attribute_not_exists(pk) OR revision = :known",
                "ExpressionAttributeValues": {":known": to_value(revision)},
            }
            try:
                transact(self._client, [{"Put": put} for put in puts])
            except CancelledError as error:
                if not error.overtaken or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return "written"
        raise AssertionError

    def said(self) -> list[Said]:
        """What was told of each rise that is not long past, the oldest first."""
        return [_said(item) for item in self._query("said")]

    def note(self, said: Said, known: Said | None, changes: Sequence[Change], now: datetime) -> None:
        """Keep what is told by now and count it, both or neither. Raises OvertakenError where `known` is not it."""
        put = {
            "TableName": self._table,
            "Item": to_item(
                {"pk": "said", "sk": said.key, "expires_at": int((now + SAID_KEPT).timestamp()), "said": _json(said)}
            ),
            "ConditionExpression": "attribute_not_exists(pk)" if known is None else "said = :known",
        }
        if known is not None:
            put["ExpressionAttributeValues"] = {":known": to_value(_json(known))}
        try:
            transact(self._client, [{"Put": put}, *actions(self._metrics_table, changes, now)])
        except CancelledError as error:
            if error.overtaken:
                raise OvertakenError(f"another run tells of {said.key}") from error
            raise

    def count(self, changes: Sequence[Change], now: datetime) -> None:
        count(self._client, self._metrics_table, changes, now)

    def _query(self, pk: str, more: str = "", **values: str) -> Iterator[dict[str, Any]]:
        return pages(
            self._client,
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :pk" + (f" AND {more}" if more else ""),
            ExpressionAttributeValues={f":{name}": to_value(each) for name, each in ({"pk": pk} | values).items()},
            ConsistentRead=True,
        )


def _plain(day: Day) -> dict[str, Any]:
    """Rates to the byte per second: what is read back must equal what was written. Not measured is not zero."""
    measured = {
        "bytes": day.bytes,
        "avg_mb_s": round(day.average, 6),
        "p95_mb_s": round(day.p95, 6),
        "max_mb_s": round(day.maximum, 6),
    }
    given = {"complete": round(day.complete, 4), "saved_bytes": day.saved, "resets": day.resets}
    return given | (measured if day.complete else {})


def rounded(day: Day) -> Day:
    """A day as the table keeps it."""
    return _day({"pk": f"day#{day.stream}", "sk": day.date.isoformat()} | _plain(day))


def _day(item: dict[str, Any]) -> Day:
    saved = item["saved_bytes"]
    return Day(
        stream=str(item["pk"]).removeprefix("day#"),
        date=date.fromisoformat(item["sk"]),
        bytes=int(item.get("bytes", 0)),
        average=float(item.get("avg_mb_s", 0)),
        p95=float(item.get("p95_mb_s", 0)),
        maximum=float(item.get("max_mb_s", 0)),
        complete=float(item["complete"]),
        saved=None if saved is None else int(saved),
        resets=int(item["resets"]),
    )


def _content(entry: Entry, days: Sequence[Day]) -> dict[str, str]:
    """What the total's row has besides the total, and a digest of all rows, by which the same is known again.

    As JSON text: a hundred days are read at once, and numbers of their own would cost as many times as much.
    """
    more = {
        "streams": dict(entry.sent),
        "partial": dict(entry.partial),
        "hours": list(entry.hours),
        "builds": [[each.build, format_instant(each.since), each.average] for each in entry.builds],
        "left_out": entry.left_out,
    }
    text = json.dumps(more, ensure_ascii=False, separators=(",", ":"))
    rows = [_plain(each) | {"stream": each.stream} for each in (entry.total, *days)]
    digest = hashlib.sha256(json.dumps([text, rows], sort_keys=True).encode()).hexdigest()[:32]
    return {"detail": text, "content": digest}


def _entry(item: dict[str, Any]) -> Entry:
    if "detail" not in item:  # a row of an earlier version: it knows no more than what each stream sent
        return Entry(_day(item), {name: int(each) for name, each in item.get("streams", {}).items()}, {})
    more = json.loads(item["detail"])
    builds = [Stretch(build, parse_instant(since), average) for build, since, average in more["builds"]]
    return Entry(_day(item), more["streams"], more["partial"], more["hours"], builds, more["left_out"])


def _json(said: Said) -> str:
    return json.dumps(asdict(said), default=str, sort_keys=True)


def _said(item: dict[str, Any]) -> Said:
    return Said.read(json.loads(item["said"]))
