"""Markers of digests: who may post which, and how far it came."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kaizen.dynamo import from_item, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Longer than the function may run, so that a claim never ends under a living run.
LEASE = timedelta(minutes=10)
_KEEP = timedelta(days=60)
_FREE = "attribute_not_exists(pk) OR (attribute_not_exists(done_at) AND lease_until < :now)"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to post one digest. `posted` messages are out; `thread` is the first one's ts, empty if unknown.

    `again` tells that an earlier run had this claim: the message after `posted` may be out too.
    """

    route: str
    day: str
    owner: str
    posted: int
    thread: str
    again: bool


class MarkerStore:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def claim(self, route: str, day: str, owner: str, now: datetime) -> Claim | None:
        """None when the digest is out, or another run is at it. `owner` is unique to the run."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(route, day),
                UpdateExpression=(
                    "SET #owner = :owner, lease_until = :until, expires_at = :expires, attempts = "
                    "if_not_exists(attempts, :zero) + :one, posted = if_not_exists(posted, :zero), "
                    "thread = if_not_exists(thread, :empty)"
                ),
                ConditionExpression=_FREE,
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=to_item(
                    {
                        ":owner": owner,
                        ":until": _unix(now + LEASE),
                        ":expires": _unix(now + _KEEP),
                        ":now": _unix(now),
                        ":zero": 0,
                        ":one": 1,
                        ":empty": "",
                    }
                ),
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        marker = from_item(answer["Attributes"])
        return Claim(route, day, owner, marker["posted"], marker["thread"], marker["attempts"] > 1)

    def advance(self, claim: Claim, posted: int, thread: str) -> None:
        """Remember that so many messages are out."""
        self._update(claim, "SET posted = :posted, thread = :thread", {":posted": posted, ":thread": thread})

    def finish(self, claim: Claim, now: datetime) -> None:
        self._update(claim, "SET done_at = :done", {":done": _unix(now)})

    def release(self, claim: Claim) -> None:
        """Let the next run try at once."""
        self._update(claim, "SET lease_until = :past", {":past": 0})

    def _update(self, claim: Claim, expression: str, values: dict[str, Any]) -> None:
        # Only the run that holds the claim: a slow one must not undo what its successor did.
        self._client.update_item(
            TableName=self._table,
            Key=_key(claim.route, claim.day),
            UpdateExpression=expression,
            ConditionExpression="#owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues=to_item(values | {":owner": claim.owner}),
        )


def _key(route: str, day: str) -> dict[str, Any]:
    return to_item({"pk": f"digest#{route}", "sk": day})


def _unix(at: datetime) -> int:
    return int(at.timestamp())
