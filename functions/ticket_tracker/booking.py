"""What the step from one record to the next adds to the totals and to the feed. Pure.

Counters only rise. `kaizen_mttr_seconds` follows a register (opening to the last completed close, once per ticket), so
any order of deliveries ends in the same sum; `kaizen_ticket_seconds` books each episode once, as known when booked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kaizen import sla
from kaizen.metrics.changes import Change, add, observe
from kaizen.policy import Policy
from kaizen.tickets import FeedItem, FeedKind, LogEntry, State, Ticket
from ticket_tracker.record import TERMINAL, Record

_STATE_AFTER: dict[FeedKind, State] = {
    "opened": "open",
    "reopened": "open",
    "closed": "closed",
    "transferred": "transferred",
    "deleted": "deleted",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The record to store, and what goes with it in the same transaction."""

    record: Record
    changes: tuple[Change, ...] = ()
    feed: tuple[FeedItem, ...] = ()


def book(old: Record | None, new: Record, policy: Policy, now: datetime) -> Outcome:
    """Totals and feed items that follow from `old` becoming `new`; nothing follows when they are equal."""
    if old == new:
        return Outcome(new)
    new = _freeze(old, new)
    new, episodes = _episodes(old, new)
    ended = new.ticket.state in TERMINAL and (old is None or old.ticket.state == "open")
    changes = [*_open_changes(old, new), *_mttr_changes(old, new, policy), *episodes]
    for entry in _fresh(old, new):
        changes += _entry_changes(entry, new.ticket)
    if old is None:
        changes.append(add("kaizen_tickets_opened_total", _labels(new.ticket)))
    if ended:
        changes.append(add("kaizen_tickets_closed_total", _labels(new.ticket) | {"resolution": new.ticket.state}))
    return Outcome(new, tuple(changes), tuple(_feed_items(old, new, policy, now, ended=ended)))


def _labels(ticket: Ticket) -> dict[str, str]:
    return {"component": ticket.component, "severity": ticket.severity}


def _booked(record: Record) -> dict[str, str]:
    assert record.booked_component is not None
    assert record.booked_severity is not None
    return {"component": record.booked_component, "severity": record.booked_severity}


def _fresh(old: Record | None, new: Record) -> list[LogEntry]:
    return sorted(set(new.ticket.log) - set(old.ticket.log if old else ()))


def _freeze(old: Record | None, new: Record) -> Record:
    """Later deltas of a ticket's MTTR go to the series that holds its first observation."""
    if new.ticket.mttr_seconds is None or (old is not None and old.booked_component is not None):
        return new
    return replace(new, booked_component=new.ticket.component, booked_severity=new.ticket.severity)


def _open_changes(old: Record | None, new: Record) -> Iterator[Change]:
    """The gauge by exact differences, from what is stored alone: the policy may have changed since it was counted."""
    for record, sign in ((old, -1), (new, 1)):
        if record is not None and record.live:
            yield add("kaizen_tickets_open", _labels(record.ticket), sign)
    if old is not None and old.booked_component is not None and _labels(old.ticket) != _labels(new.ticket):
        yield add("kaizen_tickets_relabeled_total", _labels(new.ticket))


def _mttr_changes(old: Record | None, new: Record, policy: Policy) -> Iterator[Change]:
    seconds = new.ticket.mttr_seconds
    if seconds is None:
        return
    before = old.ticket.mttr_seconds if old else None
    if before is None:
        yield observe("kaizen_mttr_seconds", _booked(new), seconds)
        first = min(entry.at for entry in _completed(new.ticket))
        standing = sla.status(new.ticket, policy, first)
        if standing is not None:
            outcome = "breached" if standing.breached else "met"
            yield add("kaizen_sla_tickets_total", _labels(new.ticket) | {"outcome": outcome})
    elif seconds > before:
        yield observe("kaizen_mttr_seconds", _booked(new), seconds - before, count=0)


def _completed(ticket: Ticket) -> list[LogEntry]:
    return [entry for entry in ticket.log if entry.kind == "closed" and entry.detail == "completed"]


def _entry_changes(entry: LogEntry, ticket: Ticket) -> Iterator[Change]:
    if entry.kind == "closed":
        yield add("kaizen_tickets_closed_total", _labels(ticket) | {"resolution": entry.detail})
        if entry.at < ticket.opened_at:
            yield add("kaizen_observations_rejected_total", {"reason": "negative"})
    elif entry.kind == "reopened":
        yield add("kaizen_tickets_reopened_total", _labels(ticket))


def _episodes(old: Record | None, new: Record) -> tuple[Record, list[Change]]:
    """Book the episodes, from an opening or reopening to the next close, that ended as completed and are not booked."""
    booked = set(old.booked_closes if old else ())
    changes = []
    start: datetime | None = new.ticket.opened_at
    for entry in new.ticket.log:
        if entry.kind == "reopened" and start is None:
            start = entry.at
        elif entry.kind == "closed" and start is not None:
            end = int(entry.at.timestamp())
            if entry.detail == "completed" and end not in booked:
                booked.add(end)
                seconds = max(int((entry.at - start).total_seconds()), 0)
                changes.append(observe("kaizen_ticket_seconds", _booked(new), seconds))
                changes.append(observe("kaizen_ticket_duration_seconds", _booked(new), seconds))
            start = None
    return replace(new, booked_closes=tuple(sorted(booked))), changes


def _feed_items(old: Record | None, new: Record, policy: Policy, now: datetime, *, ended: bool) -> Iterator[FeedItem]:
    ticket = new.ticket
    if old is None and not ended:
        yield _feed_item(ticket, "opened", ticket.opened_at, "", policy, now)
    for entry in _fresh(old, new):
        if entry.kind == "closed":
            yield _feed_item(ticket, "closed", entry.at, entry.detail, policy, now)
        elif entry.kind == "reopened":
            yield _feed_item(ticket, "reopened", entry.at, "", policy, now)
    if ended:
        kind: FeedKind = "deleted" if ticket.state == "deleted" else "transferred"
        yield _feed_item(ticket, kind, ticket.updated_at, kind, policy, now)


def _feed_item(
    ticket: Ticket, kind: FeedKind, at: datetime, resolution: str, policy: Policy, now: datetime
) -> FeedItem:
    standing = sla.status(ticket, policy, now) if kind in ("opened", "reopened") else None
    completed = kind == "closed" and resolution == "completed"
    return FeedItem(
        id=f"{ticket.repository_id}/{ticket.id}/{kind}/{int(at.timestamp())}",
        kind=kind,
        title=ticket.title,
        url=ticket.url,
        repository=ticket.repository,
        number=ticket.number,
        component=ticket.component,
        severity=ticket.severity,
        state=_STATE_AFTER[kind],
        resolution=resolution,
        at=at,
        published_at=now,
        due_at=standing.due_at if standing else None,
        mttr_seconds=ticket.mttr_seconds if completed else None,
    )
