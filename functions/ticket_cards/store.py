"""Who is on which ticket, and where its cards stand, in the Slack table; messages by kaizen.slack.notices."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kaizen.slack.blocks import Message
from kaizen.slack.client import Poster
from kaizen.slack.notices import Notices, Posted
from kaizen.storage.items import from_item, pages, to_item, to_value
from kaizen.times import format_instant, parse_instant
from ticket_cards.attended import Acknowledged, Attended, Snoozed
from ticket_cards.cards import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR = timedelta(days=400)  # from the last write: cards of open tickets are renewed every few days
_ALL = "card#all"  # one query reads what is known of all cards


class CardStore:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def attended(self, issue_id: int, now: datetime) -> Attended:
        """A snooze that is over is none."""
        on_it, quiet = (self._read(_key(issue_id, kind)) for kind in ("acknowledged", "snoozed"))
        until = parse_instant(quiet["until"]) if quiet else now
        return Attended(
            Acknowledged(on_it["by"], parse_instant(on_it["at"])) if on_it else None,
            Snoozed(quiet["by"], until, quiet.get("severity", "")) if until > now else None,
        )

    def acknowledge(self, issue_id: int, by: Acknowledged, since: datetime | None) -> bool:
        """Whether nobody had before: the first one stays. Who was on it until `since` is so no more."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if since is not None:
            condition = {
                "ConditionExpression": "attribute_not_exists(pk) OR #at <= :since",
                "ExpressionAttributeNames": {"#at": "at"},
                "ExpressionAttributeValues": to_item({":since": format_instant(since)}),
            }
        return self._holds(self._client.put_item, Item=to_item(_on_it(issue_id, by)), **condition)

    def take_over(self, issue_id: int, by: Acknowledged, before: Acknowledged) -> bool:
        """Whether the person before still was on it."""
        return self._holds(self._client.put_item, Item=to_item(_on_it(issue_id, by)), **_still(before))

    def give_back(self, issue_id: int, before: Acknowledged) -> bool:
        """Whether that person still was on it."""
        return self._holds(self._client.delete_item, Key=to_item(_key(issue_id, "acknowledged")), **_still(before))

    def _holds(self, write: Callable[..., Any], **given: Any) -> bool:
        try:
            write(TableName=self._table, **given)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def snooze(self, issue_id: int, snooze: Snoozed) -> None:
        """The last one counts."""
        item = _key(issue_id, "snoozed") | {
            "by": snooze.by, "until": format_instant(snooze.until), "severity": snooze.severity,
            "expires_at": int(snooze.until.timestamp()),
        }  # fmt: skip
        self._client.put_item(TableName=self._table, Item=to_item(item))

    def record(self, issue_id: int) -> Record:
        return _record(self._read({"pk": _ALL, "sk": str(issue_id)}))

    def records(self) -> dict[int, Record]:
        items = pages(
            self._client,
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :all",
            ExpressionAttributeValues={":all": to_value(_ALL)},
            ConsistentRead=True,
        )
        return {int(item["sk"]): _record(item) for item in items}

    def follow(self, issue_id: int, channels: Iterable[str], now: datetime) -> None:
        """Cards stand there. Buttons are as old as those of the first card."""
        expression = "SET renewed_at = if_not_exists(renewed_at, :now), expires_at = :expires ADD channels :channels"
        self._write(issue_id, now, expression, {":now": to_value(format_instant(now)), ":channels": _set(channels)})

    def told(self, issue_id: int, reminder: str, now: datetime) -> None:
        self._write(issue_id, now, "SET told = :told, expires_at = :expires", {":told": to_value(reminder)})

    def renewed(self, issue_id: int, now: datetime) -> None:
        expression = "SET renewed_at = :now, expires_at = :expires"
        self._write(issue_id, now, expression, {":now": to_value(format_instant(now))})

    def _write(self, issue_id: int, now: datetime, expression: str, values: dict[str, Any]) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=to_item({"pk": _ALL, "sk": str(issue_id)}),
            UpdateExpression=expression,
            ExpressionAttributeValues=values | {":expires": to_value(_expires(now))},
        )

    def _read(self, key: dict[str, str]) -> dict[str, Any]:
        answer = self._client.get_item(TableName=self._table, Key=to_item(key), ConsistentRead=True)
        return from_item(answer.get("Item", {}))


def _key(issue_id: int, kind: str) -> dict[str, str]:
    return {"pk": f"card#{issue_id}", "sk": kind}


def _on_it(issue_id: int, by: Acknowledged) -> dict[str, Any]:
    return _key(issue_id, "acknowledged") | {
        "by": by.by, "at": format_instant(by.at), "expires_at": _expires(by.at),
    }  # fmt: skip


def _still(before: Acknowledged) -> dict[str, Any]:
    return {
        "ConditionExpression": "#by = :by AND #at = :at",
        "ExpressionAttributeNames": {"#by": "by", "#at": "at"},
        "ExpressionAttributeValues": to_item({":by": before.by, ":at": format_instant(before.at)}),
    }


def _expires(now: datetime) -> int:
    return int((now + KEPT_FOR).timestamp())


def _set(channels: Iterable[str]) -> Any:
    return {"SS": sorted(channels)}


def _record(item: dict[str, Any]) -> Record:
    renewed_at = item.get("renewed_at")
    return Record(
        frozenset(item.get("channels", ())), item.get("told", ""), parse_instant(renewed_at) if renewed_at else None
    )


class SlackBoard:
    """`poster` gives the way into a channel."""

    def __init__(self, notices: Notices, poster: Callable[[str], Poster], clock: Callable[[], datetime]) -> None:
        self._notices = notices
        self._poster = poster
        self._clock = clock

    def posted(self, subject: str) -> Posted | None:
        return self._notices.posted(subject)

    def show(
        self,
        channel: str,
        subject: str,
        message: Message,
        thread: str = "",
        cause: str = "",
        fresh: Callable[[], Message] | None = None,
    ) -> Posted:
        """Raises SlackError and BusyError."""
        return self._notices.show(subject, message, self._poster(channel), self._clock, thread, cause, fresh)
