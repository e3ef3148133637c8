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
    """Where a subject's message stands: its timestamp, empty where Slack tells none, and when it was first posted."""

    stamp: str
    at: datetime


class Notices:
    """Items `outbox#<feature>` / subject. `owner` is unique to this run, `lease` is longer than it may take."""

    def __init__(self, client: "DynamoDBClient", table: str, feature: str, owner: str, lease: timedelta) -> None:
        self._client = client
        self._table = table
        self._pk = f"outbox#{feature}"
        self._owner = owner
        self._lease = lease

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
        *,
        once: bool = False,
    ) -> Posted:
        """Post the subject's message, or edit it where it says something else by now; `thread` is the lead's timestamp.

        `once`: where nobody can look whether it was posted, it is taken for posted, rather than posted again.

        Raises SlackError when it does not stand in Slack as given, and BusyError when another process is at it.
        """
        print_ = _fingerprint(message)
        item = self._read(subject)
        if "stamp" in item and item.get("fingerprint") == print_:
            return _posted(item)
        now = clock()
        item = self._claim(subject, now)
        if "stamp" in item:
            return self._edit(subject, item, message, print_, poster, thread)
        return self._post(subject, item, message, print_, poster, clock, thread, once)

    def _edit(
        self,
        subject: str,
        item: dict[str, Any],
        message: Message,
        print_: str,
        poster: Poster,
        thread: str,
    ) -> Posted:
        stamp = item["stamp"]
        try:
            stamp = poster.edit(message, stamp) if stamp else poster.post(message, f"{subject}/{print_}", thread)
        except RefusedError as error:
            if error.code not in _NOT_EDITABLE:
                self._release(subject, unclear=False)
                raise
            stamp = poster.post(message, f"{subject}/{print_}", thread)
        except SlackError:
            self._release(subject, unclear=False)  # an edit may be repeated
            raise
        return self._keep(subject, stamp, print_, parse_instant(item["posted_at"]))

    def _post(
        self,
        subject: str,
        item: dict[str, Any],
        message: Message,
        print_: str,
        poster: Poster,
        clock: Callable[[], datetime],
        thread: str,
        once: bool,
    ) -> Posted:
        key = f"{self._pk}/{subject}"
        if item.get("unclear"):
            try:
                found = poster.find(key, parse_instant(item["since"]) - _SKEW, thread)
            except BlindError:
                if once:
                    return self._keep(subject, "", print_, parse_instant(item["since"]))
                found = None
            if found is not None:
                # It may say what was to be said then: once more as an edit, which may be repeated.
                poster.edit(message, found)
                return self._keep(subject, found, print_, clock())
        try:
            stamp = poster.post(message, key, thread)
        except SlackError as error:
            self._release(subject, unclear=isinstance(error, UnclearError))
            raise
        return self._keep(subject, stamp, print_, clock())

    def _read(self, subject: str) -> dict[str, Any]:
        answer = self._client.get_item(
            TableName=self._table, Key=to_item({"pk": self._pk, "sk": subject}), ConsistentRead=True
        )
        return from_item(answer.get("Item", {}))

    def _claim(self, subject: str, now: datetime) -> dict[str, Any]:
        """The item as it is now. A claim whose holder vanished leaves it `unclear`: the holder may have posted."""
        values = {
            ":owner": self._owner, ":until": int((now + self._lease).timestamp()), ":now": int(now.timestamp()),
            ":since": format_instant(now), ":expires": int((now + KEPT_FOR).timestamp()), ":free": "",
        }  # fmt: skip
        try:
            before = self._client.update_item(
                **self._update(
                    subject,
                    "SET #owner = :owner, lease_until = :until, since = if_not_exists(since, :since), "
                    "expires_at = :expires",
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
        return {"since": format_instant(now)} | item

    def _keep(self, subject: str, stamp: str, print_: str, at: datetime) -> Posted:
        values = {":owner": self._owner, ":free": "", ":stamp": stamp, ":print": print_, ":at": format_instant(at)}
        self._client.update_item(
            **self._update(
                subject,
                "SET #owner = :free, stamp = :stamp, fingerprint = :print, posted_at = :at REMOVE unclear",
                "#owner = :owner",
                values,
            )
        )
        return Posted(stamp, at)

    def _release(self, subject: str, *, unclear: bool) -> None:
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
    return Posted(item["stamp"], parse_instant(item["posted_at"]))


def _fingerprint(message: Message) -> str:
    content = json.dumps([message.blocks, message.text], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]
