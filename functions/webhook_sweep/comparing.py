"""A ticket beside GitHub's issue: whether they differ, and the event that makes them equal. Pure.

The event goes the way of every delivery: the tracker merges it as it does all others, and so it may come twice, late,
or beside the delivery that was thought to be lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from kaizen.events.github.issue import COMPARED, SWEEP, GithubIssue
from kaizen.github import reading
from kaizen.policy import Policy
from kaizen.tickets import Ticket, resolution_of
from kaizen.times import format_instant

SETTLED = timedelta(minutes=1)  # an issue that has just changed may change again within the same second
Kind = Literal["missed", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Repository:
    """`id` and `name` (owner/name) as GitHub gives them now."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Repair:
    kind: Kind
    event: GithubIssue


def is_issue(content: Mapping[str, Any]) -> bool:
    """GitHub lists pull requests among the issues."""
    return "pull_request" not in content


def seen(content: Mapping[str, Any], repository: Repository, now: datetime) -> GithubIssue:
    """The issue as it stands. Raises UnavailableError naming the field that cannot be read."""
    number, updated_at = reading.number(content, "id"), reading.instant(content, "updated_at")
    state = reading.text(content, "state")
    return GithubIssue(
        delivery_id=f"{number}/{format_instant(updated_at)}/{state}",
        hook_id=SWEEP,
        received_at=now,
        action=COMPARED,
        repository_id=repository.id,
        repository=repository.name,
        issue_id=number,
        number=reading.number(content, "number"),
        title=reading.text(content, "title"),
        url=reading.text(content, "html_url"),
        state=state,
        state_reason=reading.optional_text(content, "state_reason"),
        labels=_names(content, "labels", "name"),
        assignees=_names(content, "assignees", "login"),
        author=reading.optional_text(content, "user.login"),
        created_at=reading.instant(content, "created_at"),
        updated_at=updated_at,
        closed_at=reading.instant(content, "closed_at") if content.get("closed_at") else None,
        action_label="",
        moved_issue_id=0,
        moved_repository_id=0,
        moved_opened_at=None,
        moved_labels=(),
    )


def gone(ticket: Ticket, action: Literal["deleted", "transferred"], now: datetime) -> Repair:
    """For a ticket whose issue is no longer where it was."""
    event = GithubIssue(
        delivery_id=f"{ticket.id}/{action}",
        hook_id=SWEEP,
        received_at=now,
        action=action,
        repository_id=ticket.repository_id,
        repository=ticket.repository,
        issue_id=ticket.id,
        number=ticket.number,
        title=ticket.title,
        url=ticket.url,
        state=ticket.state,
        state_reason="",
        labels=ticket.labels,
        assignees=ticket.assignees,
        author="",
        created_at=ticket.opened_at,
        updated_at=now,
        closed_at=None,
        action_label="",
        moved_issue_id=0,
        moved_repository_id=0,
        moved_opened_at=None,
        moved_labels=(),
    )
    return Repair("gone", event)


def repair(ticket: Ticket | None, event: GithubIssue, policy: Policy) -> Repair | None:
    """What is to be told, None where nothing is.

    | condition, the first that holds                                        | result  |
    |------------------------------------------------------------------------|---------|
    | no ticket here, and none by its labels                                 | nothing |
    | no ticket here                                                         | missed  |
    | here it is newer, moved or deleted: the list was read before that      | nothing |
    | title, state, its reason, the last close, labels or assignees differ   | changed |
    | else                                                                   | nothing |
    """
    if ticket is None:
        return Repair("missed", event) if policy.is_ticket(event.labels) else None
    if ticket.updated_at > event.updated_at or ticket.state in ("transferred", "deleted"):
        return None
    return Repair("changed", event) if _differs(ticket, event) else None


def _differs(ticket: Ticket, event: GithubIssue) -> bool:
    if (ticket.title, ticket.repository, ticket.state) != (event.title, event.repository, event.state):
        return True
    if set(ticket.labels) != set(event.labels) or set(ticket.assignees) != set(event.assignees):
        return True
    if event.state == "closed" and ticket.resolution != resolution_of(event.state_reason):
        return True
    closes = {entry.at for entry in ticket.log if entry.kind == "closed"}
    return event.state == "closed" and event.closed_at is not None and event.closed_at not in closes


def _names(content: Mapping[str, Any], key: str, name: str) -> tuple[str, ...]:
    """Labels of an issue may be plain texts, too."""
    found = reading.items(content.get(key) or [])
    return tuple(each if isinstance(each, str) else reading.text(each, name) for each in found)
