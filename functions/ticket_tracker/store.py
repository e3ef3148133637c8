"""Records in the tickets table: one consistent read and one transaction per delivery."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kaizen.events.github import GithubIssue
from kaizen.metrics.changes import Change
from kaizen.metrics.changes import actions as metric_actions
from kaizen.metrics.counting import count
from kaizen.storage.items import from_item, to_item
from kaizen.storage.transact import CancelledError, transact
from kaizen.tickets import FeedItem, LogEntry, feed_item_attributes, ticket_attributes, ticket_from
from kaizen.times import format_instant, parse_instant
from ticket_tracker.record import Record, completed, fingerprint
from ticket_tracker.tracking import Conflict, Duplicate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# GitHub redelivers for 3 days (Enterprise Server 7); a later replay changes nothing either, it only costs more.
MARKER_DAYS = 14
FEED_DAYS = 90
_OWN = ("tracked", "facts_key", "state_key", "labels_key", "moved_issue_id", "version")
_OUTCOMES = ("breached", "met")


class TicketStore:
    def __init__(self, client: "DynamoDBClient", tickets_table: str, metrics_table: str) -> None:
        self._client = client
        self._tickets = tickets_table
        self._metrics = metrics_table

    def load(self, issue_id: int) -> Record | None:
        answer = self._client.get_item(TableName=self._tickets, Key=_key(issue_id), ConsistentRead=True)
        return record_from(from_item(answer["Item"])) if "Item" in answer else None

    def commit(
        self,
        event: GithubIssue,
        old: Record | None,
        new: Record,
        changes: Sequence[Change],
        feed: Sequence[FeedItem],
        now: datetime,
    ) -> None:
        """Write all of it or nothing. Raises Duplicate, Conflict, and ClientError for anything else."""
        marker = {
            "pk": f"delivery#{event.hook_id}#{event.delivery_id}",
            "sk": "delivery",
            "expires_at": _after(now, MARKER_DAYS),
            "arrival": _arrival(event),
            "content": fingerprint(event),
        }
        actions: list[dict[str, Any]] = [
            {
                "Put": {
                    "TableName": self._tickets,
                    "Item": to_item(marker),
                    "ConditionExpression": "attribute_not_exists(pk)",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }
        ]
        if new != old:
            actions.append({"Put": self._put_record(old, new)})
        for item in feed:
            attributes = feed_item_attributes(item) | {"expires_at": _after(now, FEED_DAYS)}
            actions.append({"Put": {"TableName": self._tickets, "Item": to_item(attributes)}})
        actions += metric_actions(self._metrics, changes, now)
        try:
            transact(self._client, actions)
        except CancelledError as error:
            if error.refused(0):  # the marker
                raise _duplicate(event, error.existing(0)) from error
            if error.overtaken:
                raise Conflict(", ".join(sorted(error.reasons))) from error
            raise

    def count(self, changes: Sequence[Change], now: datetime) -> None:
        """Count outside any transaction: for a delivery that changes nothing else."""
        count(self._client, self._metrics, changes, now)

    def _put_record(self, old: Record | None, new: Record) -> dict[str, Any]:
        version = old.version if old else 0
        put: dict[str, Any] = {
            "TableName": self._tickets,
            "Item": to_item(record_attributes(new) | {"version": version + 1}),
        }
        if old is None:
            return put | {"ConditionExpression": "attribute_not_exists(pk)"}
        return put | {
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": to_item({":version": version}),
        }


def _key(issue_id: int) -> dict[str, Any]:
    return to_item({"pk": f"ticket#{issue_id}", "sk": "ticket"})


def _arrival(event: GithubIssue) -> str:
    """What tells one taking of a delivery from the next; events of before requests had ids are told by their second."""
    return event.correlation_id or format_instant(event.received_at)


def _duplicate(event: GithubIssue, marker: Mapping[str, Any]) -> Duplicate:
    """By the marker of the delivery that was applied; those from before they said more are GitHub's repeats."""
    return Duplicate(
        repeated=marker.get("arrival") != _arrival(event),
        altered=marker.get("content", fingerprint(event)) != fingerprint(event),
    )


def _after(now: datetime, days: int) -> int:
    return int((now + timedelta(days=days)).timestamp())


def record_attributes(record: Record) -> dict[str, Any]:
    """A record with its keys, and the index attributes that only live or observed tickets carry."""
    ticket = record.ticket
    attributes: dict[str, Any] = {"pk": f"ticket#{ticket.id}", "sk": "ticket"} | ticket_attributes(ticket)
    attributes |= {name: getattr(record, name) for name in _OWN}
    attributes |= {
        "inherited_labels": list(record.inherited_labels),
        "was_ticket": record.was_ticket,
        "booked_sla": list(record.booked_sla),
        "uncounted": [[format_instant(entry.at), entry.kind, entry.detail] for entry in record.uncounted],
    }
    if record.live:
        attributes["open_component"] = ticket.component
    if ticket.mttr_seconds is not None:
        observed = format_instant(max(entry.at for entry in completed(record.counted)))
        attributes |= {
            "observed_day": observed[:10],
            "observed_at": observed,
            "mttr_component": record.booked_component,
            "mttr_severity": record.booked_severity,
        }
    return attributes


def record_from(attributes: Mapping[str, Any]) -> Record:
    """The record behind stored attributes.

    One from before issues without a ticket label were stored is a ticket's, and its SLA outcome is counted.
    """
    observed = attributes.get("mttr_component") is not None
    return Record(
        ticket=ticket_from(attributes),
        inherited_labels=tuple(attributes["inherited_labels"]),
        booked_component=attributes.get("mttr_component"),
        booked_severity=attributes.get("mttr_severity"),
        was_ticket=attributes.get("was_ticket", True),
        booked_sla=tuple(attributes.get("booked_sla", _OUTCOMES if observed else ())),
        uncounted=tuple(
            LogEntry(parse_instant(at), kind, detail) for at, kind, detail in attributes.get("uncounted", [])
        ),
        **{name: attributes[name] for name in _OWN},
    )
