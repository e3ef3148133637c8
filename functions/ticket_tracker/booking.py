"""What the step from one record to the next adds to the totals and to the feed. Pure.

Counters only rise, so what is booked cannot be taken back when an earlier delivery comes later. `kaizen_mttr_seconds`
follows a register (opening to the last completed close, once per ticket): any order of deliveries ends in the same sum.
A completed close is judged against the SLA, and ends an episode of `kaizen_ticket_seconds`, when it is first heard of.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kaizen import sla
from kaizen.metrics.changes import Change, add, observe
from kaizen.policy import Policy
from kaizen.tickets import FeedItem, FeedKind, LogEntry, State, Ticket
from ticket_tracker.record import TERMINAL, Record, completed

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
    fresh = sorted({*new.counted} - {*(old.counted if old else ())})
    new, outcomes = _sla_outcomes(new, completed(fresh), policy)
    became_ticket = new.was_ticket and not (old is not None and old.was_ticket)
    ended = new.tracked and new.ticket.state in TERMINAL and (old is None or old.ticket.state == "open")
    changes = [*_open_changes(old, new), *_mttr_changes(old, new), *_episodes(new, completed(fresh)), *outcomes]
    for entry in fresh:
        changes += _entry_changes(entry, new.ticket)
    if became_ticket:
        changes.append(add("kaizen_tickets_opened_total", _labels(new.ticket)))
    if ended:
        changes.append(add("kaizen_tickets_closed_total", _labels(new.ticket) | {"resolution": new.ticket.state}))
    feed = _feed_items(new.ticket, fresh, policy, now, opened=became_ticket and not ended, ended=ended)
    return Outcome(new, tuple(changes), tuple(feed))


def _labels(ticket: Ticket) -> dict[str, str]:
    return {"component": ticket.component, "severity": ticket.severity}


def _booked(record: Record) -> dict[str, str]:
    assert record.booked_component is not None
    assert record.booked_severity is not None
    return {"component": record.booked_component, "severity": record.booked_severity}


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


def _mttr_changes(old: Record | None, new: Record) -> Iterator[Change]:
    seconds = new.ticket.mttr_seconds
    if seconds is None:
        return
    before = old.ticket.mttr_seconds if old else None
    if before is None:
        yield observe("kaizen_mttr_seconds", _booked(new), seconds)
    elif seconds > before:
        yield observe("kaizen_mttr_seconds", _booked(new), seconds - before, count=0)


def _sla_outcomes(new: Record, closes: list[LogEntry], policy: Policy) -> tuple[Record, list[Change]]:
    """Each outcome once per ticket: closed in time, then again when it was too late, it counts under both.

    To take back the one or the other, depending on which close is the first, a counter would have to fall.
    """
    judged = {sla.completed_in_time(new.ticket, policy, entry.at) for entry in closes} - {None}
    fresh = {"met" if in_time else "breached" for in_time in judged} - {*new.booked_sla}
    changes = [add("kaizen_sla_tickets_total", _labels(new.ticket) | {"outcome": outcome}) for outcome in sorted(fresh)]
    return replace(new, booked_sla=tuple(sorted({*new.booked_sla, *fresh}))), changes


def _entry_changes(entry: LogEntry, ticket: Ticket) -> Iterator[Change]:
    if entry.kind == "closed":
        yield add("kaizen_tickets_closed_total", _labels(ticket) | {"resolution": entry.detail})
        if entry.at < ticket.opened_at:
            yield add("kaizen_observations_rejected_total", {"reason": "negative"})
    elif entry.kind == "reopened":
        yield add("kaizen_tickets_reopened_total", _labels(ticket))


def _episodes(new: Record, closes: list[LogEntry]) -> Iterator[Change]:
    """An episode ends with a completed close. It began with the opening, or with the last reopening known before it.

    Where the delivery of that reopening is missing, it began with the close before: no second counts twice.
    """
    for close in closes:
        before = [each.at for each in new.ticket.log if each.kind in ("closed", "reopened") and each.at < close.at]
        seconds = max(int((close.at - max([new.ticket.opened_at, *before])).total_seconds()), 0)
        yield observe("kaizen_ticket_seconds", _booked(new), seconds)
        yield observe("kaizen_ticket_duration_seconds", _booked(new), seconds)


def _feed_items(
    ticket: Ticket, fresh: list[LogEntry], policy: Policy, now: datetime, *, opened: bool, ended: bool
) -> Iterator[FeedItem]:
    if opened:
        yield _feed_item(ticket, "opened", ticket.opened_at, "", policy, now)
    for entry in fresh:
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
