"""The same set of deliveries gives the same tickets and MTTR totals, however late, often or out of order they come."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.events import GithubIssue
from tests.factories import NOW, OPENED, MemoryStore, default_policy, hours, issue_event
from ticket_tracker.record import Record
from ticket_tracker.tracking import track

POLICY = default_policy()
HISTORY = [
    issue_event("closed", OPENED + hours(2)),
    issue_event("reopened", OPENED + hours(5), closed_at=OPENED + hours(2)),
    issue_event("closed", OPENED + hours(9)),
    issue_event("reopened", OPENED + hours(20)),
    issue_event("closed", OPENED + hours(30)),
]


def apply(events: list[GithubIssue], store: MemoryStore | None = None, *, forgetful: bool = False) -> MemoryStore:
    """Every event in turn; a forgetful store has lost its delivery markers, as after their expiry."""
    store = store or MemoryStore()
    for event in events:
        if forgetful:
            store.markers.clear()
        track(event, store, POLICY, NOW, lambda _: None)
    return store


def outcome(store: MemoryStore) -> tuple[Record, dict[str, float]]:
    """State and totals, less what M1 leaves open: the episodes and the labels under which they were booked."""
    record = replace(store.records[7], booked_closes=(), booked_component=None, booked_severity=None, version=0)
    names = ("kaizen_tickets_opened_total", "kaizen_tickets_closed_total", "kaizen_tickets_reopened_total",
             "kaizen_tickets_open")  # fmt: skip
    totals = {name: store.total(name) for name in names}
    totals |= {f"mttr {each}": store.total("kaizen_mttr_seconds", each) for each in ("total", "observations")}
    return record, totals


def test_all_permutations_with_duplicates() -> None:
    expected = outcome(apply(HISTORY))
    assert expected[1]["mttr total"] == 30 * 3600
    assert expected[1]["mttr observations"] == 1
    for order in permutations(HISTORY):
        for forgetful in (False, True):
            events = [each for event in order for each in (event, event)] + list(order)
            store = apply(events, forgetful=forgetful)
            assert outcome(store) == expected
            assert store.falls == []


def test_redelivery_after_the_marker_expired_changes_nothing() -> None:
    store = apply(HISTORY)
    before = (dict(store.records), list(store.feed))
    rows = {key: value for key, value in store.rows.items() if "webhook" not in key[0]}
    apply(HISTORY, store, forgetful=True)
    assert (store.records, store.feed) == before
    assert {key: value for key, value in store.rows.items() if "webhook" not in key[0]} == rows


def test_episodes_of_the_true_order() -> None:
    store = apply(HISTORY)
    assert store.total("kaizen_ticket_seconds", "observations") == 3
    assert store.total("kaizen_ticket_seconds", "total") == (2 + 4 + 10) * 3600


LABELS = st.sets(st.sampled_from(["component:api", "component:web", "sev1", "sev3", "blocked"])).map(
    lambda labels: tuple(sorted(labels))
)
ACTIONS = st.sampled_from(
    ["opened", "edited", "labeled", "unlabeled", "closed", "reopened", "assigned", "pinned", "transferred", "deleted"]
)


@st.composite
def histories(draw: st.DrawFn) -> list[GithubIssue]:
    """Up to five events whose instants often tie, with any labels and states: worse than GitHub would send."""
    events = []
    for index in range(draw(st.integers(1, 5))):
        action = draw(ACTIONS)
        at = OPENED + hours(draw(st.integers(0, 3)))
        state = (
            "" if action == "pinned" else "closed" if action == "closed" else draw(st.sampled_from(["open", "closed"]))
        )
        events.append(
            issue_event(
                action,
                at,
                delivery_id=f"d-{index}",
                state="open" if action == "reopened" else state,
                state_reason=draw(st.sampled_from(["", "completed", "not_planned", "duplicate"])),
                labels=draw(LABELS),
                title=draw(st.sampled_from(["one", "two"])),
                closed_at=at if state == "closed" else None,
                action_label="blocked" if action in ("labeled", "unlabeled") else "",
            )
        )
    return events


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_any_history_converges(events: list[GithubIssue], data: st.DataObject) -> None:
    expected = apply(events).records[7].ticket
    for order in permutations(events):
        repeated = [*order, data.draw(st.sampled_from(events))]
        store = apply(repeated, forgetful=True)
        assert store.records[7].ticket == expected
        assert store.falls == []
        open_now = int(store.records[7].live)
        assert store.total("kaizen_tickets_open") == open_now


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_labels_that_tie_within_a_second(order: tuple[int, ...]) -> None:
    """GitHub's `labeled` has been seen before `opened`, with equal instants; the fullest view is the last."""
    events = [
        issue_event("opened", labels=()),
        issue_event("labeled", labels=("sev1",), delivery_id="a"),
        issue_event("labeled", labels=("component:web", "sev1"), delivery_id="b"),
    ]
    ticket = apply([events[index] for index in order]).records[7].ticket
    assert (ticket.component, ticket.severity) == ("web", "sev1")
