"""What each kind of delivery does to tickets, totals and feed."""

from dataclasses import replace
from typing import Any

import pytest

from kaizen.events.github import GithubIssue
from tests.factories import NOW, OPENED, MemoryStore, default_policy, hours, issue_event
from ticket_tracker.record import MAX_LOG
from ticket_tracker.tracking import ATTEMPTS, Conflict, track

POLICY = default_policy()


def apply(*events: GithubIssue, policy=POLICY) -> MemoryStore:  # type: ignore[no-untyped-def]
    store = MemoryStore()
    for event in events:
        track(event, store, policy, NOW, lambda _: None)
    return store


def value(store: MemoryStore, metric: str, *labels: str, attribute: str = "value") -> float:
    series = "[" + ",".join(f'"{label}"' for label in labels) + "]"
    return store.rows.get((metric, series, attribute), 0)


def test_opened() -> None:
    store = apply(issue_event())
    assert value(store, "kaizen_tickets_open", "api", "sev2") == 1
    assert value(store, "kaizen_tickets_opened_total", "api", "sev2") == 1
    (item,) = store.feed
    assert (item.kind, item.at, item.published_at, item.due_at) == ("opened", OPENED, NOW, OPENED + hours(24))
    assert item.id == f"5/7/opened/{int(OPENED.timestamp())}"


def test_closed_as_completed() -> None:
    store = apply(issue_event(), issue_event("closed", OPENED + hours(3)))
    assert value(store, "kaizen_tickets_open", "api", "sev2") == 0
    assert value(store, "kaizen_mttr_seconds", "api", "sev2", attribute="total") == 3 * 3600
    assert value(store, "kaizen_mttr_seconds", "api", "sev2", attribute="observations") == 1
    assert value(store, "kaizen_ticket_duration_seconds", "api", "sev2", attribute="b5") == 1
    assert value(store, "kaizen_tickets_closed_total", "api", "sev2", "completed") == 1
    assert value(store, "kaizen_sla_tickets_total", "api", "sev2", "met") == 1
    assert [(item.kind, item.mttr_seconds) for item in store.feed] == [("opened", None), ("closed", 3 * 3600)]


@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_closed_otherwise_is_no_observation(reason: str) -> None:
    store = apply(issue_event(), issue_event("closed", OPENED + hours(3), state_reason=reason))
    assert value(store, "kaizen_tickets_closed_total", "api", "sev2", reason) == 1
    assert store.total("kaizen_mttr_seconds", "observations") == 0
    assert store.total("kaizen_ticket_seconds", "observations") == 0
    assert store.records[7].ticket.mttr_seconds is None


@pytest.mark.parametrize("reason", ["", "reopened", "something new"])
def test_any_other_reason_counts_as_completed(reason: str) -> None:
    store = apply(issue_event(), issue_event("closed", OPENED + hours(3), state_reason=reason))
    assert value(store, "kaizen_tickets_closed_total", "api", "sev2", "completed") == 1


def test_every_reopening_is_counted() -> None:
    """Nobody noticed when this counter was no longer booked."""
    store = apply(
        issue_event(),
        issue_event("closed", OPENED + hours(1)),
        issue_event("reopened", OPENED + hours(2)),
        issue_event("closed", OPENED + hours(3)),
        issue_event("reopened", OPENED + hours(4)),
    )
    assert value(store, "kaizen_tickets_reopened_total", "api", "sev2") == 2
    assert store.total("kaizen_tickets_reopened_total") == 2


def test_a_close_without_a_target_is_neither_met_nor_breached() -> None:
    """Nobody noticed when a severity without a target counted as met."""
    labels = ("component:api",)
    events = (issue_event(labels=labels), issue_event("closed", OPENED + hours(1), labels=labels))
    store = apply(*events, policy=replace(POLICY, unknown_target=None))
    assert value(store, "kaizen_tickets_closed_total", "api", "unknown", "completed") == 1
    assert store.total("kaizen_sla_tickets_total") == 0


def test_each_sla_outcome_counts_once_per_ticket() -> None:
    late = apply(issue_event(), issue_event("closed", OPENED + hours(25)))
    assert value(late, "kaizen_sla_tickets_total", "api", "sev2", "breached") == 1
    again = apply(
        issue_event(),
        issue_event("closed", OPENED + hours(2)),
        issue_event("reopened", OPENED + hours(3)),
        issue_event("closed", OPENED + hours(90)),
        issue_event("reopened", OPENED + hours(91)),
        issue_event("closed", OPENED + hours(92)),
    )
    assert value(again, "kaizen_sla_tickets_total", "api", "sev2", "met") == 1
    assert value(again, "kaizen_sla_tickets_total", "api", "sev2", "breached") == 1
    assert again.total("kaizen_sla_tickets_total") == 2


def test_a_lost_close_is_read_from_any_later_event() -> None:
    closed = {"state": "closed", "state_reason": "completed", "closed_at": OPENED + hours(2)}
    store = apply(issue_event(), issue_event("edited", OPENED + hours(5), **closed))
    assert store.records[7].ticket.mttr_seconds == 2 * 3600
    assert value(store, "kaizen_tickets_open", "api", "sev2") == 0


def test_relabelled_after_the_first_close() -> None:
    """Later time goes to the series that holds the first observation."""
    store = apply(
        issue_event(),
        issue_event("closed", OPENED + hours(2)),
        issue_event("labeled", OPENED + hours(3), labels=("component:web", "sev1"), state="closed",
                    closed_at=OPENED + hours(2), state_reason="completed"),
        issue_event("reopened", OPENED + hours(4), labels=("component:web", "sev1")),
        issue_event("closed", OPENED + hours(6), labels=("component:web", "sev1")),
    )  # fmt: skip
    assert value(store, "kaizen_mttr_seconds", "api", "sev2", attribute="total") == 6 * 3600
    assert value(store, "kaizen_mttr_seconds", "api", "sev2", attribute="observations") == 1
    assert value(store, "kaizen_mttr_seconds", "web", "sev1", attribute="total") == 0
    assert value(store, "kaizen_tickets_relabeled_total", "web", "sev1") == 1


def test_a_severity_given_later_counts_from_the_opening() -> None:
    store = apply(
        issue_event(labels=()),
        issue_event("labeled", OPENED + hours(5), labels=("component:api", "sev1")),
        issue_event("closed", OPENED + hours(6), labels=("component:api", "sev1")),
    )
    assert value(store, "kaizen_sla_tickets_total", "api", "sev1", "breached") == 1
    assert value(store, "kaizen_tickets_open", "unassigned", "unknown") == 0
    assert value(store, "kaizen_mttr_seconds", "api", "sev1", attribute="total") == 6 * 3600


def test_the_clock_stands_still_while_a_label_says_so() -> None:
    blocked = ("blocked", "component:api", "sev2")
    store = apply(issue_event(), issue_event("labeled", OPENED + hours(1), labels=blocked, action_label="Blocked"))
    track(issue_event("unlabeled", OPENED + hours(31), action_label="blocked"), store, POLICY, NOW, lambda _: None)
    track(issue_event("closed", OPENED + hours(40)), store, POLICY, NOW, lambda _: None)
    assert value(store, "kaizen_sla_tickets_total", "api", "sev2", "met") == 1  # 10 h of 24 were used


def test_transferred() -> None:
    """The old issue ends without an observation; the new one keeps the age, and labels that the move lost."""
    moved = OPENED + hours(10)
    new: dict[str, Any] = {"issue_id": 8, "repository_id": 6, "created_at": moved, "labels": ()}
    origin = {"moved_issue_id": 7, "moved_repository_id": 5, "moved_opened_at": OPENED}
    store = apply(
        issue_event(),
        issue_event("transferred", moved, moved_issue_id=8, moved_repository_id=6),
        issue_event("opened", moved, **new, **origin, moved_labels=("component:api", "sev2")),
        issue_event("closed", OPENED + hours(12), **new),
    )
    before, after = store.records[7].ticket, store.records[8].ticket
    assert (before.state, before.mttr_seconds) == ("transferred", None)
    assert (after.opened_at, after.mttr_seconds, after.component, after.severity) == (OPENED, 12 * 3600, "api", "sev2")
    assert (store.records[7].moved_issue_id, store.records[8].moved_issue_id) == (8, 7)
    assert value(store, "kaizen_tickets_closed_total", "api", "sev2", "transferred") == 1
    assert value(store, "kaizen_tickets_open", "api", "sev2") == 0
    assert "transferred" in [item.kind for item in store.feed]


def test_deleted() -> None:
    store = apply(issue_event(), issue_event("deleted", OPENED + hours(1), state="closed", closed_at=OPENED))
    assert store.records[7].ticket.state == "deleted"
    assert value(store, "kaizen_tickets_closed_total", "api", "sev2", "deleted") == 1
    assert store.total("kaizen_mttr_seconds", "observations") == 0


def test_deleted_after_its_close_keeps_the_observation() -> None:
    store = apply(issue_event(), issue_event("closed", OPENED + hours(1)), issue_event("deleted", OPENED + hours(2)))
    assert store.total("kaizen_mttr_seconds", "observations") == 1
    assert value(store, "kaizen_tickets_closed_total", "api", "sev2", "deleted") == 0


def test_closed_before_it_was_created() -> None:
    store = apply(issue_event("closed", OPENED - hours(1), state_reason="completed"))
    assert store.records[7].ticket.mttr_seconds == 0
    assert value(store, "kaizen_observations_rejected_total", "negative") == 1


def test_only_issues_with_a_ticket_label_are_tickets() -> None:
    policy = replace(POLICY, ticket_labels=frozenset({"incident"}))
    store = apply(issue_event(), policy=policy)
    assert not store.records[7].live  # remembered, for the label may have come already in a delivery that is late
    assert store.feed == []
    assert value(store, "kaizen_tickets_opened_total", "api", "sev2") == 0
    labelled = ("component:api", "incident", "sev2")
    track(issue_event("labeled", OPENED + hours(1), labels=labelled), store, policy, NOW, lambda _: None)
    assert store.records[7].live
    assert store.records[7].ticket.opened_at == OPENED
    track(issue_event("unlabeled", OPENED + hours(2)), store, policy, NOW, lambda _: None)
    assert not store.records[7].live
    assert value(store, "kaizen_tickets_open", "api", "sev2") == 0


def test_a_history_without_end_is_bounded_and_told() -> None:
    store = MemoryStore()
    for number in range(MAX_LOG // 2 + 3):
        track(issue_event("closed", OPENED + hours(2 * number + 1)), store, POLICY, NOW, lambda _: None)
        track(issue_event("reopened", OPENED + hours(2 * number + 2)), store, POLICY, NOW, lambda _: None)
    assert len(store.records[7].ticket.log) == MAX_LOG
    assert value(store, "kaizen_observations_rejected_total", "history_full") == 6


def test_conflicts_are_tried_again_and_then_raised() -> None:
    store = MemoryStore()
    store.conflicts = ATTEMPTS - 1
    assert track(issue_event(), store, POLICY, NOW, lambda _: None) == "accepted"
    store.conflicts = ATTEMPTS
    with pytest.raises(Conflict):
        track(issue_event("closed", OPENED + hours(1)), store, POLICY, NOW, lambda _: None)
    assert value(store, "kaizen_tickets_open", "api", "sev2") == 1


def test_a_duplicate_is_counted_and_nothing_else() -> None:
    store = apply(issue_event())
    before = dict(store.rows)
    assert track(issue_event(), store, POLICY, NOW, lambda _: None) == "duplicate"
    changed = {key for key in store.rows if store.rows[key] != before.get(key)}
    assert {key[0] for key in changed} == {"kaizen_webhook_deliveries_total"}
    assert all('"duplicate"' in key[1] for key in changed)


def test_the_same_delivery_through_two_hooks_is_applied_once() -> None:
    store = apply(issue_event(hook_id="1"), issue_event(hook_id="2"))
    assert value(store, "kaizen_tickets_opened_total", "api", "sev2") == 1
    assert len(store.feed) == 1
