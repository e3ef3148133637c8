"""What is to be posted and how far it got: one item per occasion, held by one process at a time.

The item is claimed by a conditional write, with the rendered messages in it, before anything is posted. Each posted
message is written down with the counters of the calls it took. So a process that takes over goes on where the last one
stopped, with the same messages; the one message whose outcome it cannot know is looked up before it is posted again.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kaizen.metrics.changes import Change, updates
from kaizen.slack.blocks import Message
from kaizen.storage.items import from_item, to_item
from kaizen.storage.transact import CancelledError, transact
from kaizen.times import format_instant, parse_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR = timedelta(days=30)  # then TTL removes the item
_LAST = "last"  # sort key of the item that names the newest finished occasion
_ATTEMPTS = 5  # at a transaction that meets another one on the same counter
_PAUSE_SECONDS = 0.1
_CLAIM = (
    "SET #status = :claimed, #owner = :owner, lease_until = :until, expires_at = :expires, "
    "since = if_not_exists(since, :instant), messages = if_not_exists(messages, :messages), "
    "stamps = if_not_exists(stamps, :none), attempts = if_not_exists(attempts, :zero) + :one"
)
# The owner may claim again: the SDK repeats a write whose answer was lost.
_CLAIMABLE = "attribute_not_exists(pk) OR (#status = :claimed AND (lease_until <= :now OR #owner = :owner))"
_HELD = "#status = :claimed AND #owner = :owner"


class LeaseLostError(Exception):
    """Another process has taken the occasion over: this one was too slow, and must stop."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to post an occasion's messages. `stamps` are the timestamps of those posted so far, first the lead's.

    `unclear`: an earlier attempt may have posted the next message. `since` is when the occasion was first claimed.
    """

    pk: str
    sk: str
    owner: str
    attempt: int
    messages: tuple[Message, ...]
    stamps: tuple[str, ...]
    unclear: bool
    since: datetime

    @property
    def done(self) -> bool:
        return len(self.stamps) >= len(self.messages)

    @property
    def thread(self) -> str:
        """The lead's timestamp; empty before it is posted, and where Slack tells none."""
        return self.stamps[0] if self.stamps else ""

    @property
    def next_key(self) -> str:
        """The name of the next message, the same in every attempt."""
        return f"{self.pk}/{self.sk}/{len(self.stamps)}"


class Outbox:
    """Items in the Slack table; counters in the metrics table go into the same transactions. `sleep` takes seconds."""

    def __init__(
        self, client: "DynamoDBClient", table: str, metrics_table: str, sleep: Callable[[float], object]
    ) -> None:
        self._client = client
        self._table = table
        self._metrics_table = metrics_table
        self._sleep = sleep

    def last(self, pk: str) -> str:
        """The sort key of the newest finished occasion; empty when there is none."""
        answer = self._client.get_item(TableName=self._table, Key=to_item({"pk": pk, "sk": _LAST}), ConsistentRead=True)
        return str(from_item(answer.get("Item", {})).get("occasion", ""))

    def claim(
        self, pk: str, sk: str, messages: Sequence[Message], owner: str, now: datetime, lease: timedelta
    ) -> Claim | None:
        """Take an occasion; None when it is done, or held by a process whose lease has not run out.

        Messages that an earlier attempt may have begun to post win over the ones given.
        """
        values = {
            ":claimed": "claimed", ":owner": owner, ":until": _unix(now + lease), ":expires": _unix(now + KEPT_FOR),
            ":instant": format_instant(now), ":messages": _packed(messages), ":none": [], ":zero": 0, ":one": 1,
            ":now": _unix(now),
        }  # fmt: skip
        try:
            answer = self._client.update_item(
                **self._update(pk, sk, _CLAIM, _CLAIMABLE, values), ReturnValues="ALL_NEW"
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        item = from_item(answer["Attributes"])
        return Claim(
            pk=pk,
            sk=sk,
            owner=owner,
            attempt=item["attempts"],
            messages=_unpacked(item["messages"]),
            stamps=tuple(item["stamps"]),
            # An attempt that knows that nothing is out says so when it fails; one that vanished cannot.
            unclear=item["attempts"] > 1 and item.get("clear_after") != item["attempts"] - 1,
            since=parse_instant(item["since"]),
        )

    def posted(self, claim: Claim, stamp: str, changes: Iterable[Change], now: datetime) -> Claim:
        """Write down that the next message is out. Raises LeaseLostError."""
        after = replace(claim, stamps=(*claim.stamps, stamp), unclear=False)
        update = self._update(
            claim.pk, claim.sk, "SET stamps = :stamps", _HELD,
            {":stamps": list(after.stamps), ":claimed": "claimed", ":owner": claim.owner},
        )  # fmt: skip
        self._write([update, *updates(self._metrics_table, changes, now)])
        return after

    def finish(self, claim: Claim, changes: Iterable[Change], now: datetime) -> None:
        """Close the occasion: nobody will claim it again. Raises LeaseLostError."""
        update = self._update(
            claim.pk, claim.sk, "SET #status = :posted, posted_at = :instant REMOVE messages, lease_until", _HELD,
            {":posted": "posted", ":instant": format_instant(now), ":claimed": "claimed", ":owner": claim.owner},
        )  # fmt: skip
        last = {
            "TableName": self._table,
            "Key": to_item({"pk": claim.pk, "sk": _LAST}),
            "UpdateExpression": "SET occasion = :occasion",
            "ExpressionAttributeValues": to_item({":occasion": claim.sk}),
        }
        self._write([update, last, *updates(self._metrics_table, changes, now)])

    def release(self, claim: Claim, changes: Iterable[Change], now: datetime, *, not_before: datetime) -> None:
        """Give up for now, for anyone to try again from `not_before`. Raises LeaseLostError.

        Messages of which certainly none is out are dropped, so that the next attempt renders the state of then.
        """
        expression = "SET lease_until = :until"
        values: dict[str, Any] = {":until": _unix(not_before), ":claimed": "claimed", ":owner": claim.owner}
        if not claim.unclear:
            expression += ", clear_after = :attempt"
            values[":attempt"] = claim.attempt
            if not claim.stamps:
                expression += " REMOVE messages, since"
        update = self._update(claim.pk, claim.sk, expression, _HELD, values)
        self._write([update, *updates(self._metrics_table, changes, now)])

    def _update(self, pk: str, sk: str, expression: str, condition: str, values: Mapping[str, Any]) -> dict[str, Any]:
        names = {"#status": "status", "#owner": "owner"}
        return {
            "TableName": self._table,
            "Key": to_item({"pk": pk, "sk": sk}),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item(values),
        }

    def _write(self, requests: Sequence[Mapping[str, Any]]) -> None:
        """One transaction, the first request being the one that is conditioned on the lease."""
        actions = [{"Update": request} for request in requests]
        try:
            transact(self._client, actions, attempts=_ATTEMPTS, pause=_PAUSE_SECONDS, sleep=self._sleep)
        except CancelledError as error:
            if error.refused(0):
                raise LeaseLostError("another process has taken the occasion over") from error
            raise


def _unix(instant: datetime) -> int:
    return int(instant.timestamp())


def _packed(messages: Iterable[Message]) -> bytes:
    # Five full messages are up to 360 KB of UTF-8, an item holds 400 KB.
    content = [{"blocks": message.blocks, "text": message.text} for message in messages]
    return zlib.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _unpacked(packed: bytes) -> tuple[Message, ...]:
    return tuple(Message(tuple(each["blocks"]), each["text"]) for each in json.loads(zlib.decompress(packed)))
