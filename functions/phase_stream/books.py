"""What the fold keeps in PhaseSavingsTable: how far each stream is folded, and where each viewer stands.

    cursor of a stream    pk cursor, sk <stream>             at, target while a fold is under way, newest
    viewer of a stream    pk viewer, sk <viewer>#<stream>    through, standing, was, and the sums of its audit

Times are milliseconds since 1970. `was` is the standing before the fold that made `through`: who folds the same stretch
once more, after a crash or at the same time, comes to the same results by it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from kaizen.storage.items import from_item, pages, to_item
from kaizen.times import format_instant
from phase_stream import rows
from phase_stream.savings import Account, Standing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

VIEWERS = "viewer"
MOST_VIEWERS = 100  # of one BatchGetItem
_CURSORS = "cursor"


class OvertakenError(Exception):
    """Another run of the fold moved the stream's cursor. It does the work."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """All rows up to `at` are in the counters, the last of them of `newest`; those up to `target` are being folded."""

    stream: str
    at: int
    newest: int
    target: int | None = None


@dataclass(frozen=True, slots=True)
class ViewerItem:
    """`standing` after all rows up to `through`, `was` before those that were folded with it; sums of its audit."""

    through: int
    standing: Standing | None
    was: Standing | None
    sent: int
    responses: int
    saved: int
    expires_at: int

    @classmethod
    def from_attributes(cls, given: dict[str, Any]) -> Self:
        return cls(
            given.get("through", -1),
            _standing(given.get("standing")),
            _standing(given.get("was")),
            given.get("server_bytes", 0),
            given.get("server_responses", 0),
            given.get("server_saved_bytes", 0),
            given.get("expires_at", 0),
        )


class Books:
    """Methods raise ClientError and BotoCoreError."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def cursors(self) -> list[Cursor]:
        """Of all streams that are folded, those that the policy no longer has among them."""
        found = pages(
            self._dynamodb,
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": _CURSORS}),
            ConsistentRead=True,
        )
        return [_cursor(item) for item in found]

    def cursor(self, stream: str) -> Cursor | None:
        answer = self._dynamodb.get_item(TableName=self._table, Key=_cursor_key(stream), ConsistentRead=True)
        return _cursor(from_item(answer["Item"])) if "Item" in answer else None

    def begin(self, stream: str, at: int) -> Cursor:
        """Raises OvertakenError."""
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=_cursor_key(stream) | to_item({"at": at, "newest": at}),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise OvertakenError(stream) from error
        return Cursor(stream, at, at)

    def move(self, cursor: Cursor, to: int) -> Cursor:
        """Past a stretch without rows. Raises OvertakenError."""
        self._change(cursor, "SET #at = :to", {":to": to})
        return replace(cursor, at=to)

    def claim(self, cursor: Cursor, to: int) -> Cursor:
        """Fix where the stretch ends, for every run that works on it from now on. Raises OvertakenError."""
        self._change(cursor, "SET target = :to", {":to": to})
        return replace(cursor, target=to)

    def forget(self, cursor: Cursor) -> None:
        """Raises OvertakenError."""
        try:
            self._dynamodb.delete_item(TableName=self._table, **_unmoved(cursor))
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise OvertakenError(cursor.stream) from error

    def settlement(self, cursor: Cursor, newest: int) -> dict[str, Any]:
        """The action that ends a stretch, for the transaction with what it adds to the counters."""
        given = _unmoved(cursor)
        given["ExpressionAttributeValues"] |= to_item({":newest": newest})
        update = {"UpdateExpression": "SET #at = target, newest = :newest REMOVE target"}
        return {"Update": {"TableName": self._table} | given | update}

    def viewers(self, stream: str, names: Sequence[str]) -> dict[str, ViewerItem]:
        """Those that there are among up to MOST_VIEWERS names."""
        keys = [_viewer_key(stream, name) for name in names]
        found: dict[str, ViewerItem] = {}
        while keys:
            asked: Any = {self._table: {"Keys": keys, "ConsistentRead": True}}
            answer = self._dynamodb.batch_get_item(RequestItems=asked)
            for item in answer["Responses"].get(self._table, []):
                given = from_item(item)
                found[given["sk"].partition("#")[0]] = ViewerItem.from_attributes(given)
            left: Any = answer["UnprocessedKeys"].get(self._table)
            keys = left["Keys"] if left else []
        return found

    def settle(self, stream: str, viewer: str, account: Account, through: int) -> None:
        """Move a viewer on by what it was sent up to `through`; nothing if that was done before."""
        values: dict[str, Any] = {
            ":through": through,
            ":standing": _stored(account.standing),
            ":was": _stored(account.before),
            ":began": format_instant(rows.instant(account.began_at)),
            ":served": format_instant(rows.instant(account.served_at)),
            ":expires": account.served_at // 1000 + rows.KEPT_SECONDS,
            ":bytes": account.sent,
            ":responses": account.responses,
            ":saved": account.saved,
        }
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_viewer_key(stream, viewer),
                UpdateExpression=(
                    "SET through = :through, standing = :standing, was = :was, served_at = :served, "
                    "started_at = if_not_exists(started_at, :began), expires_at = :expires "
                    "ADD server_bytes :bytes, server_responses :responses, server_saved_bytes :saved"
                ),
                ConditionExpression="attribute_not_exists(through) OR through < :through",
                ExpressionAttributeValues=to_item(values),
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return  # by another run, with the same result

    def _change(self, cursor: Cursor, update: str, values: dict[str, Any]) -> None:
        given = _unmoved(cursor)
        given["ExpressionAttributeValues"] |= to_item(values)
        try:
            self._dynamodb.update_item(TableName=self._table, UpdateExpression=update, **given)
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise OvertakenError(cursor.stream) from error


def awaited(viewers: Iterable[str], items: dict[str, ViewerItem], target: int) -> dict[str, Account]:
    """An account for each viewer, from where it stood before the stretch that ends at `target`."""
    accounts = {}
    for name in viewers:
        item = items.get(name)
        before = None if item is None else item.was if item.through >= target else item.standing
        accounts[name] = Account.of(before)
    return accounts


def _unmoved(cursor: Cursor) -> dict[str, Any]:
    """The key of a cursor, and the condition that it is as it was read."""
    values = {":at": cursor.at}
    condition = "#at = :at AND attribute_not_exists(target)"
    if cursor.target is not None:
        condition, values = "#at = :at AND target = :target", values | {":target": cursor.target}
    return {
        "Key": _cursor_key(cursor.stream),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#at": "at"},
        "ExpressionAttributeValues": to_item(values),
    }


def _cursor(given: dict[str, Any]) -> Cursor:
    return Cursor(given["sk"], given["at"], given["newest"], given.get("target"))


def _cursor_key(stream: str) -> dict[str, Any]:
    return to_item({"pk": _CURSORS, "sk": stream})


def _viewer_key(stream: str, viewer: str) -> dict[str, Any]:
    return to_item({"pk": VIEWERS, "sk": f"{viewer}#{stream}"})


def _standing(given: Sequence[int] | None) -> Standing | None:
    return Standing(*given) if given else None


def _stored(standing: Standing | None) -> list[int] | None:
    return None if standing is None else [standing.epoch, standing.first, standing.last]
