"""Groups of canaries in their table: one item each, written whole, by whoever read it last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from canary_monitor.group import ENDS, Canary, Group
from canary_monitor.plan import Told
from canary_monitor.presses import Press
from kaizen.events.canary import CanaryAlert
from kaizen.metrics.changes import Change, actions
from kaizen.storage.items import from_item, to_item
from kaizen.storage.transact import transact
from kaizen.times import format_instant, parse_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ENDS_KEPT_FOR = timedelta(days=30)  # twice as long as a message waits in a queue, its dead letters included
KEPT_FOR = timedelta(days=400)  # after the last delivery; a quiet repository keeps its last good commit for a year


@dataclass(frozen=True, slots=True)
class Record:
    """A group and what was told of its canaries; `version` is 0 before it is first written.

    `findable` are the deployments that lead to the group already.
    """

    group: Group
    told: Mapping[int, Told]
    version: int = 0
    findable: frozenset[int] = field(default=frozenset(), compare=False)


class CanaryStore:
    def __init__(self, client: "DynamoDBClient", table: str, metrics_table: str) -> None:
        self._client = client
        self._table = table
        self._metrics_table = metrics_table

    def load(self, repository_id: int, environment: str, task: str) -> Record | None:
        key = to_item({"pk": group_key(repository_id, environment, task), "sk": "group"})
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return _record(from_item(answer["Item"])) if "Item" in answer else None

    def find(self, deployment: int, environment: str) -> Record | None:
        """The group of a canary by GitHub's id of the deployment, which no two repositories share."""
        key = to_item({"pk": _pointer(deployment), "sk": environment})
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            return None
        found = from_item(answer["Item"])
        return self.load(found["repository_id"], found["environment"], found["task"])

    def alert_ended(self, alert: CanaryAlert) -> bool:
        """Whether this alert, of a canary that nobody here knows, has come to its end already."""
        answer = self._client.get_item(TableName=self._table, Key=to_item(_alert_key(alert)), ConsistentRead=True)
        ended = from_item(answer["Item"])["began_at"] if "Item" in answer else ""
        return alert.began_at is not None and format_instant(alert.began_at) <= ended

    def end_alert(self, alert: CanaryAlert, now: datetime) -> None:
        """Keep that it has ended; an older alert's end, which comes late, does not take its place."""
        if alert.began_at is None:
            return
        began = format_instant(alert.began_at)
        item = {**_alert_key(alert), "began_at": began, "expires_at": int((now + _ENDS_KEPT_FOR).timestamp())}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_item(item),
                ConditionExpression="attribute_not_exists(pk) OR began_at <= :began",
                ExpressionAttributeValues=to_item({":began": began}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def save(self, record: Record, changes: Sequence[Change], now: datetime, press: Press | None = None) -> Record:
        """Write the group with the metrics that follow from it; the record with its new version.

        A press that it comes from is kept beside it, so that who extended what can be looked up later. Raises
        CancelledError of kaizen.storage.transact when another process has written the group since.
        """
        group = record.group
        made = [each for each, told in record.told.items() if told.budget and each not in record.findable]
        item = {
            "pk": group_key(group.repository_id, group.environment, group.task),
            "sk": "group",
            "version": record.version + 1,
            "expires_at": int((now + KEPT_FOR).timestamp()),
            "repository_id": group.repository_id,
            "repository": group.repository,
            "environment": group.environment,
            "task": group.task,
            "canaries": [_plain(each) for each in group.canaries],
            "findable": sorted(record.findable.union(made)),
            "told": {str(deployment): _plain(each) for deployment, each in record.told.items()},
        }
        put: dict[str, Any] = {"TableName": self._table, "Item": to_item(item)}
        if record.version:
            put |= {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": to_item({":version": record.version}),
            }
        else:
            put |= {"ConditionExpression": "attribute_not_exists(pk)"}
        kept = [] if press is None else [{"Put": {"TableName": self._table, "Item": _kept(press, now)}}]
        pointers = [{"Put": {"TableName": self._table, "Item": _leads_to(group, each, now)}} for each in made]
        transact(self._client, [{"Put": put}, *kept, *pointers, *actions(self._metrics_table, changes, now)])
        return Record(group, record.told, record.version + 1, record.findable.union(made))


def group_key(repository_id: int, environment: str, task: str) -> str:
    return f"group#{repository_id}#{environment}#{task}"


def _pointer(deployment: int) -> str:
    return f"deployment#{deployment}"


def _alert_key(alert: CanaryAlert) -> dict[str, str]:
    return {"pk": f"alert#{alert.repository}#{alert.deployment}", "sk": alert.environment}


def _leads_to(group: Group, deployment: int, now: datetime) -> dict[str, Any]:
    """An alert of Prometheus knows neither the repository's id nor the task."""
    return to_item(
        {
            "pk": _pointer(deployment),
            "sk": group.environment,
            "repository_id": group.repository_id,
            "environment": group.environment,
            "task": group.task,
            "expires_at": int((now + KEPT_FOR).timestamp()),
        }
    )


def _kept(press: Press, now: datetime) -> dict[str, Any]:
    """Who pressed what, and which end of the budget they saw."""
    alarm = press.alarm
    return to_item(
        {
            "pk": group_key(alarm.repository_id, alarm.environment, alarm.task),
            "sk": f"press#{format_instant(press.at)}#{press.id}",
            "deployment": alarm.deployment,
            "verb": press.verb,
            "by": press.by,
            "due": format_instant(press.due),
            "expires_at": int((now + KEPT_FOR).timestamp()),
        }
    )


def _plain(value: Canary | Told) -> dict[str, Any]:
    """The fields as the table keeps them: instants as text, a canary's end as a list."""
    plain: dict[str, Any] = {}
    for each in fields(value):
        content = getattr(value, each.name)
        if isinstance(content, datetime):
            content = format_instant(content)
        elif isinstance(content, tuple):
            content = [format_instant(content[0]), content[1]]
        plain[each.name] = content
    return plain


def _record(item: Mapping[str, Any]) -> Record:
    group = Group(
        item["repository_id"],
        item["repository"],
        item["environment"],
        item["task"],
        tuple(_canary(each) for each in item["canaries"]),
    )
    told = {int(name): _told(each) for name, each in item["told"].items()}
    # Items from before this was kept have pointers that nobody looks for any more.
    return Record(group, told, item["version"], frozenset(item.get("findable", ())))


def _canary(plain: Mapping[str, Any]) -> Canary:
    end = plain["end"]
    given = dict(plain) | {
        "created_at": parse_instant(plain["created_at"]),
        "started_at": _instant(plain["started_at"]),
        "end": (parse_instant(end[0]), end[1]) if end else None,
        # Items from before this field was kept have it in their end.
        "ran_at": _instant(plain.get("ran_at", end[0] if end and ENDS[end[1]] != "failure" else None)),
    }
    return Canary(**given)


def _told(plain: Mapping[str, Any]) -> Told:
    names = ("alarm_at", "trying_at", "paged_at", "resolved_at", "extended_to", "gave_up_at")
    instants = {name: _instant(plain.get(name)) for name in names}
    return Told(**(dict(plain) | instants))


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
