"""One review at a time for each feature, repository and pull request; the newest head is always the one that counts.

A second run does not wait: it leaves word, and whoever holds the lease looks again before it lets go. So two pushes
that race each other make one comment, of the later head.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kaizen.storage.items import from_item, to_item
from kaizen.times import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR = timedelta(days=90)  # then TTL removes the item


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request; its repository by the id that survives a new name."""

    repository_id: int
    number: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The lease is held. `asked` counts who wanted a review up to now; more by the end means once again. `head_sha` is
    the head that was reviewed last, empty before the first review."""

    asked: int
    head_sha: str = ""


class Reviews:
    """Items `<feature>#<repository id>` / `pull#<number>`. `owner` is unique to this run, `lease` longer than it may
    take: one that is over belongs to a run that broke off."""

    def __init__(self, client: "DynamoDBClient", table: str, feature: str, owner: str, lease: timedelta) -> None:
        self._client = client
        self._table = table
        self._feature = feature
        self._owner = owner
        self._lease = lease

    def claim(self, pull: Pull, now: datetime) -> Claim | None:
        """None where another run holds the lease: it has been told, and will look again. Raises ClientError."""
        values = {
            ":one": 1, ":owner": self._owner, ":until": int((now + self._lease).timestamp()),
            ":now": int(now.timestamp()), ":expires": int((now + KEPT_FOR).timestamp()), ":free": "",
        }  # fmt: skip
        free = "attribute_not_exists(#owner) OR #owner = :free OR #owner = :owner OR lease_until <= :now"
        while True:
            try:
                expression = "SET #owner = :owner, lease_until = :until, expires_at = :expires ADD asked :one"
                return _claim(self._update(pull, expression, free, values))
            except self._client.exceptions.ConditionalCheckFailedException:
                pass
            try:
                held = {name: values[name] for name in (":one", ":now", ":free", ":owner")}
                self._update(pull, "ADD asked :one", f"NOT ({free})", held)
            except self._client.exceptions.ConditionalCheckFailedException:
                continue  # it was let go in between
            return None

    def done(self, pull: Pull, claim: Claim, head_sha: str, now: datetime) -> Claim | None:
        """Let go, with the head that was reviewed; the renewed claim where somebody has asked meanwhile: look again.

        Raises ClientError; ConditionalCheckFailedException, one of them, where the lease went to another run.
        """
        values = {":owner": self._owner, ":asked": claim.asked, ":free": "", ":head": head_sha,
                  ":at": format_instant(now)}  # fmt: skip
        try:
            self._update(
                pull,
                "SET #owner = :free, head_sha = :head, reviewed_at = :at",
                "#owner = :owner AND asked = :asked",
                values,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            until = {":owner": self._owner, ":until": int((now + self._lease).timestamp())}
            return _claim(self._update(pull, "SET lease_until = :until", "#owner = :owner", until))
        return None

    def release(self, pull: Pull) -> None:
        """Let go without a review: the next run may begin at once. Raises ClientError."""
        try:
            self._update(pull, "SET #owner = :free", "#owner = :owner", {":owner": self._owner, ":free": ""})
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # it went to another run

    def report_id(self, pull: Pull, new: str) -> str:
        """The id under which the pull request's report is found: `new` at first, the same one ever after.

        Only for who holds the lease. Raises ClientError, among them ConditionalCheckFailedException without the lease.
        """
        values = {":id": new, ":owner": self._owner}
        item = self._update(pull, "SET report_id = if_not_exists(report_id, :id)", "#owner = :owner", values)
        return str(item["report_id"])

    def _update(self, pull: Pull, expression: str, condition: str, values: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.update_item(
            TableName=self._table,
            Key=to_item({"pk": f"{self._feature}#{pull.repository_id}", "sk": f"pull#{pull.number}"}),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues=to_item(values),
            ReturnValues="ALL_NEW",
        )
        return from_item(answer.get("Attributes", {}))


def _claim(item: dict[str, Any]) -> Claim:
    return Claim(item["asked"], item.get("head_sha", ""))
