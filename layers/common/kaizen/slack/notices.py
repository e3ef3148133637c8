"""One message about one subject, edited in place as the subject changes; for every feature that tells people something.

An item in the Slack table holds what was posted for a subject: it is claimed by a conditional write before anything is
posted, and a message whose outcome is not known is looked up before it is posted again. That is at least once, and
twice, or on demand not at all, only where Slack lets nobody look.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kaizen.slack.blocks import Message
from kaizen.slack.client import Poster
from kaizen.slack.errors import BlindError, RefusedError, SlackError, UnclearError
from kaizen.storage.items import from_item, to_item
from kaizen.times import format_instant, parse_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR = timedelta(days=90)  # then TTL removes the item
_SKEW = timedelta(minutes=1)  # Slack's clock against ours
# What Slack says of a message that cannot be edited: it is gone, too old, or of somebody else.
_NOT_EDITABLE = ("message_not_found", "edit_window_closed", "cant_update_message")


class BusyError(Exception):
    """Another process is about to post for this subject. Transient: try again."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a subject's message stands: its timestamp, empty where Slack tells none, and when it was first posted.

    `cause` is why it was posted, in the words of who first claimed it.
    """

    stamp: str
    at: datetime
    cause: str = ""


class Notices:
    """Items `outbox#<feature>` / subject. `owner` is unique to this run, `lease` is longer than it may take.

    An item is kept for `kept_for` after it was last written; what is forgotten is posted a second time.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        feature: str,
        owner: str,
        lease: timedelta,
        kept_for: timedelta = KEPT_FOR,
    ) -> None:
        self._client = client
        self._table = table
        self._pk = f"outbox#{feature}"
        self._owner = owner
        self._lease = lease
        self._kept_for = kept_for

    def posted(self, subject: str) -> Posted | None:
        """What is known to stand in Slack for a subject; None when nothing is."""
        item = self._read(subject)
        return _posted(item) if "stamp" in item else None

    def show(
        self,
        subject: str,
        message: Message,
        poster: Poster,
        clock: Callable[[], datetime],
        thread: str = "",
        cause: str = "",
        fresh: Callable[[], Message] | None = None,
        *,
        once: bool = False,
    ) -> Posted:
        """Post the subject's message, or edit it where it says something else by now; `thread` is the lead's timestamp.

        `fresh` makes the message anew while nobody else may write: what was read before is never shown over something
        newer. `once`: where nobody can look whether it was posted, it is taken for posted, rather than posted again.

        Raises SlackError when it does not stand in Slack as given, and BusyError when another process is at it.
        """
        item = self._read(subject)
        if _says(item, message) and not item.get("owner"):
            return _posted(item)
        item = self._claim(subject, clock(), cause)
        message = self._made(subject, item, message, fresh)
        if _says(item, message):
            self._release(subject, unclear=False)
            return _posted(item)
        if item.get("stamp") and not item.get("gone"):
            edited = self._edit(subject, item, message, poster, clock)
            if edited is not None:
                return edited
            item = self._gone(subject, item, clock())
        elif "stamp" in item and not item.get("gone"):
            item = self._gone(subject, item, clock())  # nothing can be edited there: said anew
        return self._post(subject, item, message, poster, clock, thread, once)

    def _made(
        self, subject: str, item: dict[str, Any], message: Message, fresh: Callable[[], Message] | None
    ) -> Message:
        try:
            return fresh() if fresh is not None else message
        except Exception:
            self._release(subject, unclear=bool(item.get("unclear")))
            raise

    def _edit(
        self, subject: str, item: dict[str, Any], message: Message, poster: Poster, clock: Callable[[], datetime]
    ) -> Posted | None:
        """None where the message can no longer be edited."""
        try:
            stamp = poster.edit(message, item["stamp"])
        except RefusedError as error:
            if error.code in _NOT_EDITABLE:
                return None
            self._release(subject, unclear=False)
            raise
        except SlackError:
            self._release(subject, unclear=False)  # an edit may be repeated
            raise
        return self._keep(subject, item, stamp, message, clock())

    def _gone(self, subject: str, item: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Put down that the message is to be posted anew, under a name of its own, before it is."""
        again, since = int(item.get("again", 0)) + 1, format_instant(now)
        values = {":owner": self._owner, ":gone": True, ":again": again, ":since": since}
        self._client.update_item(
            **self._update(subject, "SET gone = :gone, again = :again, since = :since", "#owner = :owner", values)
        )
        return {**item, "gone": True, "again": again, "since": since, "unclear": False}

    def _post(
        self,
        subject: str,
        item: dict[str, Any],
        message: Message,
        poster: Poster,
        clock: Callable[[], datetime],
        thread: str,
        once: bool,
    ) -> Posted:
        key = f"{self._pk}/{subject}" + (f"/again/{item['again']}" if item.get("again") else "")
        try:
            try:
                found = self._found(item, key, poster, thread)
            except BlindError:
                if once:
                    return self._keep(subject, item, "", message, clock())
                found = None
            if found is not None:
                # It may say what was to be said then: once more as an edit, which may be repeated.
                poster.edit(message, found)
            stamp = found or poster.post(message, key, thread)
        except SlackError as error:
            self._release(subject, unclear=bool(item.get("unclear")) or isinstance(error, UnclearError))
            raise
        return self._keep(subject, item, stamp, message, clock())

    def _found(self, item: dict[str, Any], key: str, poster: Poster, thread: str) -> str | None:
        """Raises BlindError where nobody can look."""
        if not item.get("unclear"):
            return None
        return poster.find(key, parse_instant(item["since"]) - _SKEW, thread)

    def _read(self, subject: str) -> dict[str, Any]:
        answer = self._client.get_item(
            TableName=self._table, Key=to_item({"pk": self._pk, "sk": subject}), ConsistentRead=True
        )
        return from_item(answer.get("Item", {}))

    def _claim(self, subject: str, now: datetime, cause: str) -> dict[str, Any]:
        """The item as it is now. A claim whose holder vanished leaves it `unclear`: the holder may have posted."""
        values = {
            ":owner": self._owner, ":until": int((now + self._lease).timestamp()), ":now": int(now.timestamp()),
            ":since": format_instant(now), ":expires": int((now + self._kept_for).timestamp()), ":free": "",
            ":cause": cause,
        }  # fmt: skip
        try:
            before = self._client.update_item(
                **self._update(
                    subject,
                    "SET #owner = :owner, lease_until = :until, since = if_not_exists(since, :since), "
                    "cause = if_not_exists(cause, :cause), expires_at = :expires",
                    "attribute_not_exists(#owner) OR #owner = :owner OR #owner = :free OR lease_until <= :now",
                    values,
                ),
                ReturnValues="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise BusyError(f"another process is about to post {subject}") from error
        item = from_item(before.get("Attributes", {}))
        if item.get("owner"):
            item["unclear"] = True
        return {"since": format_instant(now), "cause": cause} | item

    def _keep(self, subject: str, item: dict[str, Any], stamp: str, message: Message, now: datetime) -> Posted:
        at = item.get("posted_at") or format_instant(now)
        values = {
            ":owner": self._owner, ":free": "", ":stamp": stamp, ":print": _fingerprint(message), ":at": at,
        }  # fmt: skip
        self._client.update_item(
            **self._update(
                subject,
                "SET #owner = :free, stamp = :stamp, fingerprint = :print, posted_at = :at REMOVE unclear, gone",
                "#owner = :owner",
                values,
            )
        )
        return Posted(stamp, parse_instant(at), item["cause"])

    def _release(self, subject: str, *, unclear: bool) -> None:
        """For anyone to try again; `unclear`: the message may be there."""
        values = {":owner": self._owner, ":free": "", ":unclear": unclear}
        self._client.update_item(
            **self._update(subject, "SET #owner = :free, unclear = :unclear", "#owner = :owner", values)
        )

    def _update(self, subject: str, expression: str, condition: str, values: dict[str, Any]) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": to_item({"pk": self._pk, "sk": subject}),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": to_item(values),
        }


def _posted(item: dict[str, Any]) -> Posted:
    return Posted(item["stamp"], parse_instant(item["posted_at"]), item.get("cause", ""))


def _says(item: dict[str, Any], message: Message) -> bool:
    return "stamp" in item and not item.get("gone") and item.get("fingerprint") == _fingerprint(message)


def _fingerprint(message: Message) -> str:
    content = json.dumps([message.blocks, message.text], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]
