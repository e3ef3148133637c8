"""The same set of deliveries gives the same records and totals, however late, often or out of order they come.

What does depend on order is named in `state` and `totals` below, and in docs/policy.md.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.events.github import GithubIssue
from kaizen.policy import Policy
from tests.effort import examples
from tests.factories import NOW, OPENED, MemoryStore, default_policy, hours, issue_event
from ticket_tracker.record import Record, fingerprint
from ticket_tracker.tracking import track

POLICY = default_policy()
HISTORY = [
    issue_event("closed", OPENED + hours(2)),
    issue_event("reopened", OPENED + hours(5), closed_at=OPENED + hours(2)),
    issue_event("closed", OPENED + hours(9)),
    issue_event("reopened", OPENED + hours(20)),
    issue_event("closed", OPENED + hours(30)),
]


TRACKED_LABEL = default_policy(labels='["component:api"]')  # else every issue is a ticket


def apply(
    events: Iterable[GithubIssue], store: MemoryStore | None = None, *, forgetful: bool = False, policy: Policy = POLICY
) -> MemoryStore:
    """Every event in turn; a forgetful store has lost its delivery markers, as after their expiry."""
    store = store or MemoryStore()
    for event in events:
        if forgetful:
            store.markers.clear()
        track(event, store, policy, NOW, lambda _: None)
    return store


def state(store: MemoryStore) -> Record:
    """What is stored, less what depends on order: where MTTR was first booked, and the number of writes."""
    return replace(store.records[7], booked_component=None, booked_severity=None, version=0)


def totals(store: MemoryStore) -> dict[tuple[str, str], float]:
    """Every total over the labels, SLA outcomes apart, less what depends on order.

    That is the length of episodes (as known when booked), changes of labels after the first close, and the deliveries.
    """
    found: dict[tuple[str, str], float] = {}
    for (metric, series, attribute), amount in store.rows.items():
        if "webhook" in metric or metric == "kaizen_tickets_relabeled_total":
            continue
        if metric.startswith("kaizen_ticket_") and attribute != "observations":
            continue
        name = metric + json.loads(series)[-1] if metric == "kaizen_sla_tickets_total" else metric
        found[name, attribute] = found.get((name, attribute), 0) + amount
    return {key: amount for key, amount in found.items() if amount}


def feed(store: MemoryStore) -> list[str]:
    """Which items there are; what they say is as known when they were published."""
    return sorted(item.id for item in store.feed)


def everything(store: MemoryStore) -> tuple[Record, dict[tuple[str, str], float], list[str]]:
    return state(store), totals(store), feed(store)


def test_all_permutations_with_duplicates() -> None:
    expected = everything(apply(HISTORY))
    assert expected[1]["kaizen_mttr_seconds", "total"] == 30 * 3600
    assert expected[1]["kaizen_mttr_seconds", "observations"] == 1
    assert expected[1]["kaizen_sla_tickets_totalmet", "value"] == 1
    assert expected[1]["kaizen_sla_tickets_totalbreached", "value"] == 1
    for order in permutations(HISTORY):
        for forgetful in (False, True):
            events = [each for event in order for each in (event, event)] + list(order)
            store = apply(events, forgetful=forgetful)
            assert everything(store) == expected
            assert store.falls == []


@pytest.mark.parametrize("policy", [POLICY, TRACKED_LABEL], ids=["every issue", "labelled issues"])
@pytest.mark.parametrize("labelled", list(product((False, True), repeat=4)))
def test_closes_that_cross_the_target_with_and_without_the_ticket_label(
    policy: Policy, labelled: tuple[bool, ...]
) -> None:
    """The reopening decides by how much the clock stood still, and comes late in half of the orders."""
    events = [
        issue_event("opened"),
        issue_event("closed", OPENED + hours(2)),
        issue_event("reopened", OPENED + hours(10)),
        issue_event("closed", OPENED + hours(30)),
    ]
    events = [
        replace(event, labels=("component:api", "sev2") if given else ("sev2",))
        for event, given in zip(events, labelled, strict=True)
    ]
    expected = everything(apply(events, policy=policy))
    for order in permutations(events):
        store = apply([*order, *order], policy=policy, forgetful=True)
        assert everything(store) == expected
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


def whatever_the_labels(store: MemoryStore) -> tuple[Record, dict[tuple[str, str], float]]:
    """State and totals of a history in which severities and pauses change: a close is judged by those known then.

    How a ticket ended as deleted or transferred is counted only if it was known as open then.
    """
    others = ("kaizen_sla_", "kaizen_tickets_closed_")
    kept = {key: amount for key, amount in totals(store).items() if not key[0].startswith(others)}
    return replace(state(store), booked_sla=()), kept


@settings(max_examples=examples(60))
@given(histories(), st.sampled_from([POLICY, TRACKED_LABEL]), st.data())
def test_any_history_converges(events: list[GithubIssue], policy: Policy, data: st.DataObject) -> None:
    expected = whatever_the_labels(apply(events, policy=policy))
    for order in permutations(events):
        repeated = [*order, data.draw(st.sampled_from(events))]
        store = apply(repeated, forgetful=True, policy=policy)
        assert whatever_the_labels(store) == expected
        assert store.falls == []
        open_now = int(store.records[7].live)
        assert store.total("kaizen_tickets_open") == open_now


LIVES = st.lists(
    st.tuples(
        st.sampled_from(["edited", "closed", "reopened"]),
        st.integers(0, 60),
        st.sampled_from(["completed", "not_planned"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=examples(60))
@given(LIVES)
def test_any_closes_and_reopenings_are_judged_alike(life: list[tuple[str, int, str, bool]]) -> None:
    """SLA outcomes too, also where the ticket label comes and goes, as long as severity and pauses stay."""
    events = [issue_event("opened", labels=("sev2",))] + [
        issue_event(
            action,
            OPENED + hours(at),
            delivery_id=f"d-{index}",
            state_reason=reason,
            labels=("component:api", "sev2") if labelled else ("sev2",),
        )
        for index, (action, at, reason, labelled) in enumerate(life)
    ]
    expected = everything(apply(events, policy=TRACKED_LABEL))
    for order in permutations(events):
        store = apply([*order, events[0]], forgetful=True, policy=TRACKED_LABEL)
        assert everything(store) == expected
        assert store.falls == []


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_ticket_label_was_taken_off_before_the_close(order: tuple[int, ...]) -> None:
    events = [
        issue_event("opened", labels=()),
        issue_event("labeled", OPENED + hours(1), labels=("component:api",), action_label="component:api"),
        issue_event("unlabeled", OPENED + hours(2), labels=(), action_label="component:api"),
        issue_event("closed", OPENED + hours(3), labels=()),
    ]
    store = apply([events[index] for index in order], policy=TRACKED_LABEL)
    assert store.total("kaizen_mttr_seconds", "observations") == store.total("kaizen_tickets_closed_total") == 0
    assert store.total("kaizen_tickets_opened_total") == 1
    assert store.total("kaizen_tickets_open") == 0
    assert [item.kind for item in store.feed] == ["opened"]


def test_the_ticket_label_was_put_on_after_the_close() -> None:
    """The first delivery that shows both makes the close count, and no later replay of the earlier ones does."""
    closed = {"state": "closed", "state_reason": "completed", "closed_at": OPENED + hours(2)}
    events = [
        issue_event("opened", labels=()),
        issue_event("closed", OPENED + hours(2), labels=()),
        issue_event("labeled", OPENED + hours(6), labels=("component:api",), action_label="component:api", **closed),
    ]
    store = apply(events[:2], policy=TRACKED_LABEL)
    assert totals(store) == {}
    assert store.feed == []
    apply(events[2:], store, policy=TRACKED_LABEL)
    assert store.total("kaizen_mttr_seconds", "total") == 2 * 3600
    before = everything(store)
    apply(events, store, policy=TRACKED_LABEL, forgetful=True)
    assert everything(store) == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_closed_twice_and_the_reopening_is_lost(order: tuple[int, int]) -> None:
    closes = [issue_event("closed", OPENED + hours(2)), issue_event("closed", OPENED + hours(9))]
    store = apply([issue_event("opened"), *(closes[index] for index in order)])
    assert store.total("kaizen_ticket_seconds", "observations") == 2
    # The later one was the whole life when nothing else was known; in order, no second counts twice.
    assert store.total("kaizen_ticket_seconds", "total") == (9 if order == (0, 1) else 11) * 3600


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


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_removals_that_tie_within_a_second(order: tuple[int, ...]) -> None:
    """Of two removals, the one that sees fewer labels is the later; nobody noticed when it was not."""
    events = [
        issue_event("opened", labels=("component:web", "sev1", "blocked")),
        issue_event("unlabeled", labels=("component:web", "sev1"), delivery_id="a", action_label="blocked"),
        issue_event("unlabeled", labels=("sev1",), delivery_id="b", action_label="component:web"),
    ]
    ticket = apply([events[index] for index in order]).records[7].ticket
    assert ticket.labels == ("sev1",)
    assert (ticket.component, ticket.severity) == ("unassigned", "sev1")


def test_what_an_event_says_is_the_same_to_every_version() -> None:
    """Stored sort keys are made of it: a field that a version adds, or the way a delivery came, must not change it."""
    event = issue_event()
    assert fingerprint(event) == "77ca47459df295de"
    came = replace(event, delivery_id="x", hook_id="2", received_at=NOW, installation_id=5, correlation_id="y")
    assert fingerprint(came) == fingerprint(event)
    assert fingerprint(replace(event, title="another")) != fingerprint(event)
