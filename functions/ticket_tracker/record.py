"""What is remembered of one issue, and how an event merges into it.

Deliveries come late, twice and out of order. Hence nothing here is "the newest wins because it came last": every part
is a register that keeps the greatest key, a minimum, or a set that only grows, so that the same set of events gives
the same record in whatever order they came. Pure.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime

from kaizen.events.github import GithubIssue
from kaizen.events.github.issue import COMPARED
from kaizen.policy import UNASSIGNED, UNKNOWN, Policy
from kaizen.tickets import LogEntry, State, Ticket, resolution_of
from kaizen.times import format_instant

MAX_LOG = 400  # entries; an item may hold 400 KB
TERMINAL = ("transferred", "deleted")
_PIN_ACTIONS = ("pinned", "unpinned")
_HOW_IT_CAME = {"delivery_id", "hook_id", "received_at"}


@dataclass(frozen=True, slots=True)
class Record:
    """An issue, which may be a ticket, and what only its writer needs.

    Issues without a ticket label are remembered too: the delivery that makes one a ticket may come late, and those
    before it must not be lost. What counts is decided by each delivery's own view: a close or reopening counts when
    some delivery that states it shows a ticket label. `uncounted` are the entries of the log for which none has.

    `*_key` are the sort keys of the events behind the registers. `booked_component` and `booked_severity` freeze where
    the first observation of MTTR was counted, None before; `booked_sla` are the SLA outcomes counted so far.
    """

    ticket: Ticket
    tracked: bool  # carries a ticket label now
    was_ticket: bool  # or did in some delivery
    facts_key: str
    state_key: str
    labels_key: str
    inherited_labels: tuple[str, ...] = ()  # of the issue that this one was transferred from
    moved_issue_id: int = 0
    booked_component: str | None = None
    booked_severity: str | None = None
    booked_sla: tuple[str, ...] = ()
    uncounted: tuple[LogEntry, ...] = ()
    version: int = 0

    @property
    def live(self) -> bool:
        return self.tracked and self.ticket.state == "open"

    @property
    def counted(self) -> tuple[LogEntry, ...]:
        """The part of the log that totals and the feed follow."""
        return tuple(entry for entry in self.ticket.log if entry not in self.uncounted)


def completed(entries: Iterable[LogEntry]) -> list[LogEntry]:
    """The completed closes among them."""
    return [entry for entry in entries if entry.kind == "closed" and entry.detail == "completed"]


def merge(old: Record | None, event: GithubIssue, policy: Policy) -> tuple[Record, int]:
    """The record after an event, and how many log entries had no room."""
    facts_key, state_key, labels_key = _keys(event)
    base = old or _first(event, facts_key, state_key, labels_key)
    ticket = base.ticket
    if facts_key > base.facts_key:
        ticket = replace(
            ticket,
            title=event.title,
            url=event.url,
            number=event.number,
            repository=event.repository,
            repository_id=event.repository_id,
            assignees=event.assignees,
        )
    if state_key > base.state_key:
        state, resolution = _state(event)
        ticket = replace(ticket, state=state, resolution=resolution)
    if labels_key > base.labels_key:
        ticket = replace(ticket, labels=event.labels)
    entries = _log_entries(event, policy)
    log = ticket.log_with(entries)
    lost = max(len(log) - MAX_LOG, 0)
    if lost:
        log = ticket.log
    is_ticket = policy.is_ticket(event.labels)
    new_here = set(log) - set(ticket.log)
    uncounted = set(base.uncounted) - entries if is_ticket else {*base.uncounted, *new_here}
    inherited = max(base.inherited_labels, event.moved_labels)
    component, severity = _sorted_into(ticket.labels, inherited, policy)
    ticket = replace(
        ticket,
        component=component,
        severity=severity,
        opened_at=min(ticket.opened_at, _opened_at(event)),
        updated_at=max(ticket.updated_at, event.updated_at),
        log=log,
        seen_labels=ticket.seen_with(event.labels, event.created_at if event.action == "opened" else event.updated_at),
    )
    merged = replace(
        base,
        ticket=ticket,
        tracked=policy.is_ticket(ticket.labels),
        was_ticket=base.was_ticket or is_ticket,
        facts_key=max(base.facts_key, facts_key),
        state_key=max(base.state_key, state_key),
        labels_key=max(base.labels_key, labels_key),
        inherited_labels=inherited,
        moved_issue_id=max(base.moved_issue_id, event.moved_issue_id),
        uncounted=tuple(sorted(uncounted)),
    )
    return replace(merged, ticket=replace(ticket, mttr_seconds=_mttr_seconds(merged))), lost


def _first(event: GithubIssue, facts_key: str, state_key: str, labels_key: str) -> Record:
    state, resolution = _state(event)
    ticket = Ticket(
        id=event.issue_id,
        repository_id=event.repository_id,
        repository=event.repository,
        number=event.number,
        title=event.title,
        url=event.url,
        state=state,
        resolution=resolution,
        component=UNASSIGNED,
        severity=UNKNOWN,
        labels=event.labels,
        assignees=event.assignees,
        opened_at=_opened_at(event),
        updated_at=event.updated_at,
    )
    return Record(ticket, False, False, facts_key, state_key, labels_key)


def _opened_at(event: GithubIssue) -> datetime:
    # A transferred issue goes on: its age counts from the original.
    if event.action == "opened" and event.moved_opened_at is not None:
        return min(event.created_at, event.moved_opened_at)
    return event.created_at


def _state(event: GithubIssue) -> tuple[State, str]:
    """State and resolution; GitHub's `state` is trusted, not `closed_at`, which a reopened issue may still carry."""
    if event.action == "transferred":
        return "transferred", "transferred"
    if event.action == "deleted":
        return "deleted", "deleted"
    if event.state == "closed":
        return "closed", resolution_of(event.state_reason)
    return "open", ""


def _log_entries(event: GithubIssue, policy: Policy) -> set[LogEntry]:
    """The facts about the ticket's life that an event states; while it is closed, every event states the close."""
    if event.action in TERMINAL:
        return set()
    entries = set()
    if event.state == "closed":
        entries.add(LogEntry(event.closed_at or event.updated_at, "closed", resolution_of(event.state_reason)))
    if event.action == "reopened":
        entries.add(LogEntry(event.updated_at, "reopened"))
    if event.action in ("labeled", "unlabeled") and event.action_label.lower() in policy.pause_labels:
        entries.add(LogEntry(event.updated_at, event.action, event.action_label.lower()))
    if event.action == "opened":
        pausing = {label.lower() for label in event.labels} & policy.pause_labels
        entries |= {LogEntry(event.created_at, "labeled", label) for label in pausing}
    return entries


def _sorted_into(labels: tuple[str, ...], inherited: tuple[str, ...], policy: Policy) -> tuple[str, str]:
    """Component and severity; labels that a transfer lost count while there are none of that kind instead."""
    component, severity = policy.component_of(labels), policy.severity_of(labels)
    if component == UNASSIGNED:
        component = policy.component_of(inherited)
    if severity == UNKNOWN:
        severity = policy.severity_of(inherited)
    return component, severity


def _mttr_seconds(record: Record) -> int | None:
    """Wall time from the opening to the last completed close; it never falls, since both ends only move apart."""
    closes = [entry.at for entry in completed(record.counted)]
    return max(int((max(closes) - record.ticket.opened_at).total_seconds()), 0) if closes else None


def fingerprint(event: GithubIssue) -> str:
    """Of what an event says, whichever version of the code asks; how it came, and fields added since, are left out."""
    said = {field.name for field in fields(event) if field.default is MISSING} - _HOW_IT_CAME
    content = {name: value for name, value in event.detail().items() if name in said} | {"version": 1}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _keys(event: GithubIssue) -> tuple[str, str, str]:
    """Sort keys for facts, state and labels.

    Instants have whole seconds, so ties are common. Then the event that is about the state decides the state, and the
    one about labels the labels (of two additions the one that sees more labels is later, of two removals the one that
    sees fewer); the content decides what is left, so that the order is total. What the sweep read was there at the end
    of its second, and decides all three.
    """
    at = format_instant(event.updated_at)
    last = fingerprint(event)
    state_rank = {"closed": 1, "reopened": 2, "transferred": 3, "deleted": 4, COMPARED: 5}.get(event.action, 0)
    final = int(event.action in TERMINAL)  # nothing comes after
    silent = event.action in _PIN_ACTIONS and not event.state
    count = len(event.labels)
    labels_rank = {"labeled": 2000 + count, "unlabeled": 4000 - count, COMPARED: 5000}.get(event.action, 0)
    return (
        f"{at} {'~' if event.action == COMPARED else ''}{last}",  # after every digit
        "" if silent else f"{final} {at} {state_rank} {last}",
        f"{at} {labels_rank:04d} {last}",
    )
