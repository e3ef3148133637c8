"""The read model of tickets and feed items: what ticket_tracker writes and other features read."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kaizen.storage.items import from_item, pages, to_value
from kaizen.times import format_instant, parse_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPEN_INDEX = "open"  # sparse: only open tickets carry `open_component`
OBSERVED_INDEX = "observed"  # sparse: only tickets with a completed close carry `observed_day`
FEED_PARTITION = "feed"
MAX_SEEN = 400  # names; GitHub allows an issue 100 at a time, and an item may hold 400 KB

RESOLUTIONS = ("completed", "not_planned", "duplicate")

State = Literal["open", "closed", "transferred", "deleted"]
Interval = tuple[datetime, datetime | None]  # None: not ended


def resolution_of(state_reason: str) -> str:
    """Of a closed issue. No reason, and any that GitHub may yet invent, counts as completed."""
    return state_reason if state_reason in RESOLUTIONS else "completed"


class LogEntry(NamedTuple):
    """A fact about a ticket's life. The log is a set: applying a fact twice changes nothing.

    kind: `closed` (detail: resolution), `reopened`, `labeled` or `unlabeled` (detail: a pause label, lower case).
    """

    at: datetime
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One GitHub issue that carries the policy's ticket labels. All instants are aware UTC.

    `mttr_seconds` is the wall time from opening to the last completed close, None before the first.
    `seen_labels` are the labels (lower case) it has ever been seen with, and when each was first seen, by name.
    """

    id: int  # GitHub's issue id: unique across repositories, unlike the number
    repository_id: int
    repository: str
    number: int
    title: str
    url: str
    state: State
    resolution: str
    component: str
    severity: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    opened_at: datetime
    updated_at: datetime
    log: tuple[LogEntry, ...] = ()
    mttr_seconds: int | None = None
    seen_labels: tuple[tuple[str, datetime], ...] = ()

    @property
    def name(self) -> str:
        """`owner/repo#12`, as people write it."""
        return f"{self.repository}#{self.number}"

    def log_with(self, entries: Collection[LogEntry]) -> tuple[LogEntry, ...]:
        """The log and the entries, each once, in order."""
        return tuple(sorted({*self.log, *entries}))

    def seen_with(self, labels: Iterable[str], at: datetime) -> tuple[tuple[str, datetime], ...]:
        """`seen_labels` after a look at the ticket at that instant. A look may come late: the earliest one counts."""
        seen = dict(self.seen_labels)
        for label in map(str.lower, labels):
            seen[label] = min(at, seen.get(label, at))
        return tuple(sorted(seen.items())[:MAX_SEEN])

    def closed_intervals(self) -> list[Interval]:
        """When the ticket was closed, whatever the resolution, in order."""
        intervals = _intervals(self.log, "closed", "reopened")
        if self.state == "open" and intervals and intervals[-1][1] is None:
            # The delivery that reopened it is lost: it was open again when last heard of.
            intervals[-1] = (intervals[-1][0], max(self.updated_at, intervals[-1][0]))
        return intervals

    def paused_intervals(self, pause_labels: Collection[str]) -> list[Interval]:
        """When it carried a pause label (lower case), label by label; the intervals of two labels may overlap."""
        carried = {label.lower() for label in self.labels}
        found: list[Interval] = []
        for pause in sorted(pause_labels):
            intervals = _intervals((e for e in self.log if e.detail == pause), "labeled", "unlabeled")
            lasting = bool(intervals) and intervals[-1][1] is None
            if lasting and pause not in carried:  # the delivery that took the label off is lost
                intervals[-1] = (intervals[-1][0], max(self.updated_at, intervals[-1][0]))
            elif pause in carried and not lasting:  # or the one that put it on, or the policy gained the label since
                intervals.append((self._carried_since(pause), None))
            found += intervals
        return found

    def _carried_since(self, label: str) -> datetime:
        """From what is known, and so that no later event can move it on: a paused clock would have run after all."""
        off = [entry.at for entry in self.log if entry.kind == "unlabeled" and entry.detail == label]
        return max([dict(self.seen_labels).get(label, self.updated_at), *off])


def _intervals(log: Iterable[LogEntry], start: str, end: str) -> list[Interval]:
    intervals: list[Interval] = []
    since: datetime | None = None
    for entry in sorted(entry for entry in log if entry.kind in (start, end)):
        if entry.kind == start and since is None:
            since = entry.at
        elif entry.kind == end and since is not None:
            intervals.append((since, entry.at))
            since = None
    return [*intervals, (since, None)] if since is not None else intervals


FeedKind = Literal["opened", "closed", "reopened", "transferred", "deleted"]


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One ticket event, frozen when it was first published: later edits of the ticket never change it."""

    id: str  # permanent: `<repository id>/<issue id>/<kind>/<unix seconds of the event>`
    kind: FeedKind
    title: str
    url: str
    repository: str
    number: int
    component: str
    severity: str
    state: State
    resolution: str
    at: datetime  # when it happened
    published_at: datetime  # when it was first put in the feed
    due_at: datetime | None = None  # SLA deadline as known then
    mttr_seconds: int | None = None


def ticket_attributes(ticket: Ticket) -> dict[str, Any]:
    """A ticket as plain attributes, keys left to the writer."""
    return {
        "id": ticket.id,
        "repository_id": ticket.repository_id,
        "repository": ticket.repository,
        "number": ticket.number,
        "title": ticket.title,
        "url": ticket.url,
        "state": ticket.state,
        "resolution": ticket.resolution,
        "component": ticket.component,
        "severity": ticket.severity,
        "labels": list(ticket.labels),
        "assignees": list(ticket.assignees),
        "opened_at": format_instant(ticket.opened_at),
        "updated_at": format_instant(ticket.updated_at),
        "log": [[format_instant(entry.at), entry.kind, entry.detail] for entry in sorted(ticket.log)],
        "mttr_seconds": ticket.mttr_seconds,
        "seen_labels": [[label, format_instant(at)] for label, at in ticket.seen_labels],
    }


def ticket_from(attributes: Mapping[str, Any]) -> Ticket:
    """The ticket behind stored attributes; unknown ones are left alone.

    One stored before labels had an instant was first seen with those it carries when it was last heard of.
    """
    carried = {label.lower() for label in attributes["labels"]}
    seen = attributes.get("seen_labels", [[label, attributes["updated_at"]] for label in sorted(carried)])
    fields: dict[str, Any] = {name: attributes[name] for name in Ticket.__dataclass_fields__ if name in attributes}
    fields |= {
        "labels": tuple(attributes["labels"]),
        "assignees": tuple(attributes["assignees"]),
        "opened_at": parse_instant(attributes["opened_at"]),
        "updated_at": parse_instant(attributes["updated_at"]),
        "log": tuple(LogEntry(parse_instant(at), kind, detail) for at, kind, detail in attributes.get("log", [])),
        "seen_labels": tuple((label, parse_instant(at)) for label, at in seen),
    }
    return Ticket(**fields)


def feed_item_attributes(item: FeedItem) -> dict[str, Any]:
    """A feed item as plain attributes with its keys: newest last in the one partition of the feed."""
    attributes: dict[str, Any] = {name: getattr(item, name) for name in FeedItem.__dataclass_fields__}
    for name in ("at", "published_at", "due_at"):
        attributes[name] = format_instant(attributes[name]) if attributes[name] else None
    return attributes | {"pk": FEED_PARTITION, "sk": f"{attributes['published_at']}#{item.id}"}


def feed_item_from(attributes: Mapping[str, Any]) -> FeedItem:
    fields: dict[str, Any] = {name: attributes.get(name) for name in FeedItem.__dataclass_fields__}
    for name in ("at", "published_at", "due_at"):
        fields[name] = parse_instant(fields[name]) if fields[name] else None
    return FeedItem(**fields)


class UnreadableTicketsError(Exception):
    """Some stored tickets cannot be read; raised at the end of a run, when all the others are dealt with."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(f"{len(keys)} tickets cannot be read: {', '.join(keys[:20])}")


def open_tickets(client: "DynamoDBClient", table: str) -> tuple[list[Ticket], list[str]]:
    """Every open ticket, and the keys of those that cannot be read.

    Reads the sparse index alone, so closed history costs nothing.
    """
    tickets, unreadable = [], []
    for item in pages(client, "scan", TableName=table, IndexName=OPEN_INDEX):
        try:
            tickets.append(ticket_from(item))
        except (KeyError, TypeError, ValueError):
            unreadable.append(str(item.get("pk")))
    return tickets, unreadable


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that is known; `is_ticket`: it carries one of the policy's ticket labels now."""

    ticket: Ticket
    is_ticket: bool = True


def read_issue(client: "DynamoDBClient", table: str, issue_id: int) -> Issue | None:
    """One issue as it is now; None where it is unknown."""
    key = {"pk": to_value(f"ticket#{issue_id}"), "sk": to_value("ticket")}
    answer = client.get_item(TableName=table, Key=key, ConsistentRead=True)
    attributes = from_item(answer.get("Item", {}))
    return Issue(ticket_from(attributes), attributes.get("tracked", True)) if attributes else None


def newest_feed_items(client: "DynamoDBClient", table: str, page_size: int) -> Iterator[FeedItem]:
    """Feed items, newest first, read page by page as far as the caller goes."""
    for item in pages(
        client,
        "query",
        TableName=table,
        KeyConditionExpression="pk = :feed",
        ExpressionAttributeValues={":feed": to_value(FEED_PARTITION)},
        ScanIndexForward=False,
        Limit=page_size,
    ):
        yield feed_item_from(item)
