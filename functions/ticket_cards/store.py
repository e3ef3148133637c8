"""Who is on which ticket, in the Slack table; and where cards stand, by kaizen.slack.notices."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kaizen.slack.blocks import Message
from kaizen.slack.client import Poster
from kaizen.slack.notices import Notices
from kaizen.storage.items import from_item, to_item
from kaizen.times import format_instant, parse_instant
from ticket_cards.wording import Acknowledged, Attended, Snoozed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR = timedelta(days=400)


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
            Snoozed(quiet["by"], until) if until > now else None,
        )

    def _read(self, key: dict[str, str]) -> dict[str, Any]:
        answer = self._client.get_item(TableName=self._table, Key=to_item(key), ConsistentRead=True)
        return from_item(answer.get("Item", {}))

    def acknowledge(self, issue_id: int, by: Acknowledged) -> bool:
        """Whether nobody had before: the first one stays."""
        expires = int((by.at + KEPT_FOR).timestamp())
        item = _key(issue_id, "acknowledged") | {"by": by.by, "at": format_instant(by.at), "expires_at": expires}
        try:
            self._client.put_item(
                TableName=self._table, Item=to_item(item), ConditionExpression="attribute_not_exists(pk)"
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def snooze(self, issue_id: int, snooze: Snoozed) -> None:
        """The last one counts."""
        item = _key(issue_id, "snoozed") | {
            "by": snooze.by, "until": format_instant(snooze.until), "expires_at": int(snooze.until.timestamp()),
        }  # fmt: skip
        self._client.put_item(TableName=self._table, Item=to_item(item))


def _key(issue_id: int, kind: str) -> dict[str, str]:
    return {"pk": f"card#{issue_id}", "sk": kind}


class SlackBoard:
    """`poster` gives the way into a channel."""

    def __init__(self, notices: Notices, poster: Callable[[str], Poster], clock: Callable[[], datetime]) -> None:
        self._notices = notices
        self._poster = poster
        self._clock = clock

    def posted(self, subject: str) -> str | None:
        known = self._notices.posted(subject)
        return known.stamp if known else None

    def show(self, channel: str, subject: str, message: Message, thread: str = "") -> str:
        """Raises SlackError and BusyError."""
        return self._notices.show(subject, message, self._poster(channel), self._clock, thread).stamp
