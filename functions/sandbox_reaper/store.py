"""Sandboxes in their table: rows, restore records, decisions and the run's lease; and what others ask for.

| pk              | sk                | what                                                    | written by      |
|-----------------|-------------------|---------------------------------------------------------|-----------------|
| `state`         | uid               | the row, with its version                               | sandbox_reaper  |
| `restore#<uid>` | stop id           | what a stop takes away, written once before it          | sandbox_reaper  |
| `decision#<uid>`| run               | what a run decided and all that it followed from        | sandbox_reaper  |
| `run`           | `lease`, `history`, `policy#…` | who runs, idle shares of a week, policies  | sandbox_reaper  |
| `request`       | uid`#`instant     | a press of a button                                     | sandbox_actions |
| `request`       | uid`#busy`        | until when a sandbox is busy by its own word            | sandbox_actions |
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kaizen.metrics.changes import Change, actions
from kaizen.metrics.counting import count, count_if_possible
from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.storage.items import from_item, pages, to_item
from kaizen.storage.transact import CancelledError, transact
from sandbox_reaper.outcome import Outcome
from sandbox_reaper.plain import from_plain, to_plain
from sandbox_reaper.replay import Kept, kept, policy_key
from sandbox_reaper.restore import Record
from sandbox_reaper.state import Request, Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DECISIONS_KEPT = timedelta(days=14)
RECORDS_KEPT = timedelta(days=400)
_BATCH = 25  # items that a batch takes


class OvertakenError(Exception):
    """Another run has written the row since it was read. Nothing was done; the next run goes on."""


class SandboxStore:
    def __init__(self, client: "DynamoDBClient", table: str, metrics_table: str) -> None:
        self._client = client
        self._table = table
        self._metrics_table = metrics_table

    def begin(self, owner: str, now: datetime, lease: timedelta) -> bool:
        """Whether this run is the only one; others wait for its end, or for the end of its lease."""
        until, begun = int((now + lease).timestamp()), int(now.timestamp())
        values = {":owner": owner, ":until": until, ":now": begun, ":free": ""}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item({"pk": "run", "sk": "lease"}),
                UpdateExpression="SET #owner = :owner, lease_until = :until",
                ConditionExpression="attribute_not_exists(pk) OR #owner = :free OR lease_until <= :now",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=to_item(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def end(self, owner: str) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item({"pk": "run", "sk": "lease"}),
                UpdateExpression="SET #owner = :free",
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=to_item({":owner": owner, ":free": ""}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # its lease was over, and another run has it

    def rows(self) -> Mapping[str, Row]:
        found = [_row(item) for item in self._query("state")]
        return {row.uid: row for row in found}

    def requests(self, uid: str = "") -> Mapping[str, Sequence[Request]]:
        found: dict[str, list[Request]] = defaultdict(list)
        for item in self._query("request", f"{uid}#" if uid else ""):
            found[item["uid"]].append(from_plain(Request, item))
        return found

    def save(self, row: Row, changes: Iterable[Change], now: datetime) -> Row:
        """The row with its new version, written with the metrics that follow. Raises OvertakenError."""
        after = to_plain(row) | {"version": row.version + 1}
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": to_item({"pk": "state", "sk": row.uid, "version": row.version + 1, "row": after}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if row.version:
            put |= {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": to_item({":version": row.version}),
            }
        try:
            transact(self._client, [{"Put": put}, *actions(self._metrics_table, changes, now)])
        except CancelledError as error:
            if error.overtaken:
                raise OvertakenError(row.name) from error
            raise
        return from_plain(Row, after)

    def forget(self, row: Row) -> None:
        self._client.delete_item(TableName=self._table, Key=to_item({"pk": "state", "sk": row.uid}))

    def keep_record(self, record: Record) -> Record | None:
        """Write it unless there is one, then read what is there: what is read is what can be restored."""
        expires = int((record.at + RECORDS_KEPT).timestamp())
        item = {"pk": f"restore#{record.uid}", "sk": record.stop_id, "record": to_plain(record), "expires_at": expires}
        try:
            self._client.put_item(
                TableName=self._table, Item=to_item(item), ConditionExpression="attribute_not_exists(pk)"
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return self.record(record.uid, record.stop_id)
        return self.record(record.uid, record.stop_id)

    def record(self, uid: str, stop_id: str) -> Record | None:
        item = self._get(f"restore#{uid}", stop_id)
        return from_plain(Record, item["record"]) if item else None

    def history(self) -> Mapping[int, float]:
        """Idle shares by half hour."""
        return {int(slot): float(share) for slot, share in self._get("run", "history").get("shares", {}).items()}

    def remember(self, shares: Mapping[int, float]) -> None:
        item = {"pk": "run", "sk": "history", "shares": {str(slot): share for slot, share in shares.items()}}
        self._client.put_item(TableName=self._table, Item=to_item(item))

    def keep_decisions(self, done: Outcome, policy: SandboxPolicy) -> None:
        """What this run decided of sandboxes that are not simply in use, so that it can be replayed."""
        expires = int((done.at + DECISIONS_KEPT).timestamp())
        key = policy_key(policy)
        text = json.dumps(to_plain(policy))
        items = [{"pk": "run", "sk": key, "policy": text, "expires_at": expires}]
        for each in kept(done, key):
            named = {"pk": f"decision#{each.uid}", "sk": each.run, "name": each.name}
            items.append(named | {"kept": each.text(), "expires_at": expires})
        for at in range(0, len(items), _BATCH):
            self._batch([{"PutRequest": {"Item": to_item(item)}} for item in items[at : at + _BATCH]])

    def _batch(self, wanted: list[Any]) -> None:
        """Raises OverflowError when the table still leaves some out after several attempts."""
        for _ in range(4):
            answer = self._client.batch_write_item(RequestItems={self._table: wanted})
            wanted = list(answer.get("UnprocessedItems", {}).get(self._table, []))
            if not wanted:
                return
        raise OverflowError(f"{len(wanted)} decisions could not be kept")

    def decision(self, uid: str, run: str) -> tuple[Kept, SandboxPolicy] | None:
        """The decision of a run, or the last one before it: what does not change is not kept again."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk <= :run",
            ExpressionAttributeValues=to_item({":pk": f"decision#{uid}", ":run": run}),
            ScanIndexForward=False,
            Limit=1,
        )
        for item in map(from_item, answer.get("Items", [])):
            found = Kept.read(uid, item["sk"], item["name"], item["kept"])
            policy = self._get("run", found.policy)
            return (found, from_plain(SandboxPolicy, json.loads(policy["policy"]))) if policy else None
        return None

    def count(self, changes: Iterable[Change], now: datetime) -> None:
        count_if_possible(self._client, self._metrics_table, changes, now)

    def set(self, changes: Iterable[Change], now: datetime) -> None:
        count(self._client, self._metrics_table, changes, now)

    def _get(self, pk: str, sk: str) -> dict[str, Any]:
        answer = self._client.get_item(TableName=self._table, Key=to_item({"pk": pk, "sk": sk}), ConsistentRead=True)
        return from_item(answer.get("Item", {}))

    def _query(self, pk: str, begin: str = "") -> Iterable[dict[str, Any]]:
        """All items of a key, or those whose sort key begins so."""
        return pages(
            self._client,
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :begin)" if begin else "pk = :pk",
            ExpressionAttributeValues=to_item({":pk": pk} | ({":begin": begin} if begin else {})),
            ConsistentRead=True,
        )


def _row(item: Mapping[str, Any]) -> Row:
    return from_plain(Row, item["row"])
