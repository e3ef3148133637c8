"""Presses and beats in the sandboxes' table, where the reaper reads them; and what it knows of a sandbox."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kaizen.storage.items import from_item, to_item
from kaizen.times import format_instant, parse_instant
from sandbox_actions.actions import Request, Standing
from sandbox_actions.busy import Beat

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR = timedelta(days=2)


class RequestStore:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def standing(self, uid: str) -> Standing | None:
        """None where the reaper knows no such sandbox, or has told nobody of it."""
        key = to_item({"pk": "state", "sk": uid})
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        row = from_item(answer.get("Item", {})).get("row", {})
        if not row.get("notice"):
            return None
        return Standing(
            name=row["name"],
            state=row["state"],
            since=row["notice"].rpartition("/")[2],
            idle_since=row.get("since") or "",
            reason=row.get("reason", ""),
            owner=(row.get("owner") or {}).get("found", ""),
            evidence=tuple(row.get("evidence", ())),
        )

    def ask(self, request: Request) -> bool:
        """Whether it is new."""
        item = {
            "pk": "request", "sk": f"{request.uid}#{request.id}", "id": request.id, "uid": request.uid,
            "kind": request.kind, "since": request.since, "by": request.by, "at": format_instant(request.at),
            "hours": request.hours, "expires_at": int((request.at + KEPT_FOR).timestamp()),
        }  # fmt: skip
        try:
            self._client.put_item(
                TableName=self._table, Item=to_item(item), ConditionExpression="attribute_not_exists(pk)"
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def beat(self, beat: Beat) -> datetime:
        """Until when that sandbox is busy by now. One row for each sandbox, and a beat never makes its time shorter."""
        item = {
            "pk": "request", "sk": f"{beat.uid}#busy", "id": "busy", "uid": beat.uid, "kind": "busy", "since": "",
            "by": "", "at": format_instant(beat.at), "until": format_instant(beat.until),
            "until_epoch": int(beat.until.timestamp()), "expires_at": int((beat.until + KEPT_FOR).timestamp()),
        }  # fmt: skip
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_item(item),
                ConditionExpression="attribute_not_exists(pk) OR until_epoch < :until",
                ExpressionAttributeValues=to_item({":until": item["until_epoch"]}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            stored: dict[str, Any] = error.response["Item"]  # type: ignore[typeddict-item]
            return parse_instant(from_item(stored)["until"])
        return parse_instant(str(item["until"]))
