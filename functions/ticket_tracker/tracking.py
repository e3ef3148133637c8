"""One delivery applied: read, merge, book, commit; again when someone else was faster."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from kaizen.events.github import GithubIssue
from kaizen.events.github.issue import SWEEP
from kaizen.metrics.changes import Change, add, set_gauge
from kaizen.policy import Policy
from kaizen.tickets import FeedItem
from ticket_tracker.booking import Outcome, book
from ticket_tracker.record import Record, merge

ATTEMPTS = 6
NEWS = timedelta(days=14)
Result = Literal["accepted", "duplicate", "redelivered", "altered"]


class Duplicate(Exception):
    """Raised by a store whose marker shows that the delivery is applied.

    `repeated`: GitHub sent it again; else the queue did, which is its right and no news. `altered`: it does not say
    what was applied under its id, so that one of the two is not GitHub's.
    """

    def __init__(self, *, repeated: bool = True, altered: bool = False) -> None:
        super().__init__()
        self.repeated = repeated
        self.altered = altered


class Conflict(Exception):
    """Raised by a store when another writer was first."""


class Store(Protocol):
    """What tracking needs of a store; `store.TicketStore` and the tests' twin in memory are two."""

    def load(self, issue_id: int) -> Record | None: ...

    def commit(
        self,
        event: GithubIssue,
        old: Record | None,
        new: Record,
        changes: Sequence[Change],
        feed: Sequence[FeedItem],
        now: datetime,
    ) -> None: ...

    def count(self, changes: Sequence[Change], now: datetime) -> None: ...


def track(
    event: GithubIssue,
    store: Store,
    policy: Policy,
    now: datetime,
    sleep: Callable[[float], None],
) -> Result:
    """Apply one delivery exactly once. Raises Conflict when others win every time, and what the store raises."""
    for attempt in range(ATTEMPTS):
        old = store.load(event.issue_id)
        new, lost = merge(old, event, policy)
        outcome = book(old, new, policy, now)
        try:
            _commit(store, event, old, outcome, lost, now)
        except Duplicate as known:
            return _known(store, event, known, now)
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
            sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, not a secret
        else:
            return "accepted"
    raise AssertionError("unreachable: the last attempt returns or raises")


def _known(store: Store, event: GithubIssue, known: Duplicate, now: datetime) -> Result:
    """What becomes of a delivery whose id is known: nothing but its count."""
    if event.hook_id == SWEEP:
        return "redelivered"  # the sweep found the same difference twice
    if known.altered:
        store.count(
            [_delivery(event, "duplicate"), add("kaizen_observations_rejected_total", {"reason": "other_body"})], now
        )
        return "altered"
    if not known.repeated:
        return "redelivered"
    store.count([_delivery(event, "duplicate")], now)
    return "duplicate"


def _commit(store: Store, event: GithubIssue, old: Record | None, outcome: Outcome, lost: int, now: datetime) -> None:
    changes = [] if event.hook_id == SWEEP else _arrived(event, now)
    if lost:
        changes.append(add("kaizen_observations_rejected_total", {"reason": "history_full"}, lost))
    feed = outcome.feed
    if event.hook_id == SWEEP:  # the history of a repository that is new to us is no news
        feed = tuple(item for item in feed if item.at > now - NEWS)
    store.commit(event, old, outcome.record, [*changes, *outcome.changes], feed, now)


def _arrived(event: GithubIssue, now: datetime) -> list[Change]:
    """What the sweep read is no delivery: by its count, a hook that is dead would look alive."""
    last = set_gauge(
        "kaizen_webhook_last_delivery_timestamp_seconds", {}, int(now.timestamp()), shard_by=event.delivery_id
    )
    return [_delivery(event, "accepted"), last]


def _delivery(event: GithubIssue, result: Literal["accepted", "duplicate"]) -> Change:
    labels = {"event": "issues", "result": result}
    return add("kaizen_webhook_deliveries_total", labels, shard_by=event.delivery_id)
