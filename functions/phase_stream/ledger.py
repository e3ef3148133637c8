"""What the doors do with PhaseSavingsTable: count a response, and hold a browser's figures against what was counted.

Beside the rows of responses there is an item for each viewer of a stream, pk `viewer`, sk `<viewer>#<stream>`, in
which the fold keeps where the viewer stands and what it was sent, and a report what the browser received.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

from kaizen.storage.items import from_item, to_item
from kaizen.times import format_instant
from phase_stream import rows
from phase_stream.audit import MOST_LISTED, Audit
from phase_stream.books import VIEWERS, Books, Cursor, ViewerItem
from phase_stream.request import NAMELESS, Report
from phase_stream.savings import Account, Measured

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MOST_BEHIND = 61 * rows.MINUTE  # of a stream that was never folded, rows of an hour are looked at
_MOST_ROWS = 5000


class NotCountedError(Exception):
    """A response was counted too late to be sent. A retry cures it."""


class BehindError(Exception):
    """More is waiting to be folded than a report may read. The fold cures it."""


class TakenError(Exception):
    """The audit has the report of another."""


class Ledger:
    """`clock` is the time of day, `watch` counts seconds. Methods raise ClientError and BotoCoreError."""

    def __init__(
        self, dynamodb: "DynamoDBClient", table: str, clock: Callable[[], datetime], watch: Callable[[], float]
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._books = Books(dynamodb, table)
        self._clock = clock
        self._watch = watch

    def count(self, stream: str, viewer: str, request_id: str, response: Measured) -> None:
        """One put, which may be repeated. Raises NotCountedError: then the response may not be sent.

        If AWS fails without an answer, it may have been counted although it is not sent: rather that than sent and
        not counted.
        """
        began, at = self._watch(), rows.millis(self._clock())
        self._dynamodb.put_item(TableName=self._table, Item=rows.item(stream, viewer, request_id, at, response))
        took = self._watch() - began
        if took > rows.PUT_SECONDS:
            raise NotCountedError(f"the put took {took:.1f} s")

    def report(self, report: Report, now: datetime) -> Audit | None:
        """Put the browser's count beside the server's; None if the server has counted nothing under that audit.

        The server's count is what is folded and what is not yet: exact to the response. An audit belongs to who
        reported first: later reports need its key. Without one the first report stands, and only its repetition is
        taken. Raises TakenError, BehindError.
        """
        # First the cursor: what is folded between the two reads is then found in the item.
        cursor = self._books.cursor(report.stream)
        item = self._books.viewers(report.stream, [report.audit]).get(report.audit)
        waiting = self._waiting(report, cursor, item, now)
        alive = item is not None and item.responses and item.expires_at > now.timestamp()
        if not alive and not waiting.responses:
            return None
        folded = (item.sent, item.responses, item.saved) if item is not None else (0, 0, 0)
        names = ("server_bytes", "server_responses", "server_saved_bytes")
        sums = (waiting.sent, waiting.responses, waiting.saved)
        found = {name: old + new for name, old, new in zip(names, folded, sums, strict=True)}
        return self._reported(report, found, waiting.began_at or rows.millis(now), now)

    def audits(self, now: datetime, after: str) -> tuple[list[Audit], str | None]:
        """Those that have not expired among the next MOST_LISTED items, and where to go on; None at the end.

        In the order of their ids, and without the viewers that have none. The table forgets late: a page may be empty
        although others follow.
        """
        given: dict[str, Any] = {"ExclusiveStartKey": to_item({"pk": VIEWERS, "sk": after})} if after else {}
        answer = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk < :nameless",
            FilterExpression="expires_at > :second",
            ExpressionAttributeValues=to_item({":pk": VIEWERS, ":nameless": NAMELESS, ":second": int(now.timestamp())}),
            Limit=MOST_LISTED,
            **given,
        )
        last: Any = answer.get("LastEvaluatedKey")
        listed = [Audit.from_attributes(from_item(item)) for item in answer["Items"]]
        return listed, from_item(last)["sk"] if last else None

    def _waiting(self, report: Report, cursor: Cursor | None, item: ViewerItem | None, now: datetime) -> Account:
        """What the viewer was sent since it was folded last, judged as the fold will judge it."""
        to = rows.millis(now)
        since = to - _MOST_BEHIND + rows.MINUTE if cursor is None else cursor.at
        if item is not None:
            since = max(since, item.through)
        if to - since > _MOST_BEHIND:
            raise BehindError(f"{report.stream} is folded up to {rows.instant(since)} only")
        account = Account.of(item.standing if item is not None else None)
        # A row may be a moment ahead of this process's clock.
        later = to + rows.CLOSED_SECONDS * 1000
        found = rows.of_viewer(self._dynamodb, self._table, report.stream, report.audit, since, later)
        for row in islice(found, _MOST_ROWS):
            account.add(row.response, row.millis)
        if next(found, None) is not None:
            raise BehindError(f"more than {_MOST_ROWS} responses of {report.stream} are not folded yet")
        return account

    def _reported(self, report: Report, found: dict[str, int], began_at: int, now: datetime) -> Audit:
        values: dict[str, Any] = {
            ":bytes": report.received,
            ":responses": report.responses,
            ":found": found,
            ":now": format_instant(now),
            ":began": format_instant(rows.instant(began_at)),
            ":expires": int(now.timestamp()) + rows.KEPT_SECONDS,
        }
        update = (
            "SET browser_bytes = :bytes, browser_responses = :responses, #found = :found, reported_at = :now, "
            "started_at = if_not_exists(started_at, :began), expires_at = :expires"
        )
        mine = "attribute_not_exists(report_key) AND browser_bytes = :bytes AND browser_responses = :responses"
        if report.key is not None:
            update, mine = f"{update}, report_key = :key", "report_key = :key"
            values[":key"] = sha256(report.key.encode()).hexdigest()
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key=to_item({"pk": VIEWERS, "sk": f"{report.audit}#{report.stream}"}),
                UpdateExpression=update,
                ConditionExpression=f"attribute_not_exists(browser_bytes) OR ({mine})",
                ExpressionAttributeNames={"#found": "found"},
                ExpressionAttributeValues=to_item(values),
                ReturnValues="ALL_NEW",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise TakenError(report.audit) from error
        return Audit.from_attributes(from_item(answer["Attributes"]))
