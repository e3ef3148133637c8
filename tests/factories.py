"""Things that many tests need: the default policy, events of an issue's life, the stores in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kaizen.events.github import GithubIssue
from kaizen.metrics.changes import Change
from kaizen.policy import Policy
from kaizen.policy.document import parse
from kaizen.policy.store import DEFAULT_FILE
from kaizen.tickets import FeedItem
from ticket_tracker.record import Record
from ticket_tracker.tracking import Conflict, Duplicate

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
OPENED = datetime(2026, 3, 1, 9, tzinfo=UTC)


def default_policy(**sections: str) -> Policy:
    """The layer's policy; a keyword replaces a line's value, such as `pause_labels='["blocked", "waiting"]'`."""
    lines = DEFAULT_FILE.read_text(encoding="utf-8").splitlines()
    for key, value in sections.items():
        (place,) = [index for index, line in enumerate(lines) if line.startswith(f"{key} =")][:1]
        lines[place] = f"{key} = {value}"
    return parse("\n".join(lines))


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def issue_event(action: str = "opened", at: datetime = OPENED, **given: Any) -> GithubIssue:
    """An event of issue 7; `at` is its updated_at, and the time of what happened."""
    state = "closed" if action == "closed" else "open"
    values: dict[str, Any] = {
        "delivery_id": f"d-{action}-{int(at.timestamp())}",
        "hook_id": "1",
        "received_at": at,
        "action": action,
        "repository_id": 5,
        "repository": "example-org/checkout",
        "issue_id": 7,
        "number": 12,
        "title": "Checkout returns 502",
        "url": "https://github.com/example-org/checkout/issues/12",
        "state": state,
        "state_reason": "completed" if action == "closed" else "",
        "labels": ("component:api", "sev2"),
        "assignees": ("octo-dev",),
        "author": "octo-ops",
        "created_at": OPENED,
        "updated_at": at,
        "closed_at": at if action == "closed" else None,
        "action_label": "",
        "moved_issue_id": 0,
        "moved_repository_id": 0,
        "moved_opened_at": None,
        "moved_labels": (),
    }
    return GithubIssue(**(values | given))


class MemoryStore:
    """The tracker's store in memory: the same contract, and everything written is at hand."""

    def __init__(self) -> None:
        self.records: dict[int, Record] = {}
        self.markers: set[tuple[str, str]] = set()
        self.rows: dict[tuple[str, str, str], float] = {}
        self.feed: list[FeedItem] = []
        self.falls: list[str] = []
        self.conflicts = 0  # so many commits to come are refused
        self.reads = self.writes = 0

    def load(self, issue_id: int) -> Record | None:
        self.reads += 1
        return self.records.get(issue_id)

    def commit(
        self,
        event: GithubIssue,
        old: Record | None,
        new: Record,
        changes: Sequence[Change],
        feed: Sequence[FeedItem],
        now: datetime,
    ) -> None:
        self.writes += 1
        marker = (event.hook_id, event.delivery_id)
        if marker in self.markers:
            raise Duplicate
        if self.conflicts or self.records.get(event.issue_id) != old:
            self.conflicts = max(self.conflicts - 1, 0)
            raise Conflict
        self.markers.add(marker)
        self.records[event.issue_id] = new
        self.feed += feed
        self.count(changes, now)

    def count(self, changes: Sequence[Change], now: datetime) -> None:
        for change in changes:
            for attribute, amount in change.amounts:
                key = (change.metric, change.series, attribute)
                if change.action == "set":
                    self.rows[key] = amount
                    continue
                if amount < 0 and change.metric != "kaizen_tickets_open":
                    self.falls.append(change.metric)
                self.rows[key] = self.rows.get(key, 0) + amount

    def total(self, metric: str, attribute: str = "value") -> float:
        """Over all label sets."""
        return sum(amount for (name, _, each), amount in self.rows.items() if (name, each) == (metric, attribute))
