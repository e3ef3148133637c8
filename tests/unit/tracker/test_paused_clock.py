"""The SLA clock of a paused ticket, when the delivery that put the label on is lost, late, or was no pause then."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen import sla
from kaizen.events.github import GithubIssue
from kaizen.policy import Policy
from kaizen.tickets import MAX_SEEN, Ticket, ticket_attributes, ticket_from
from tests.factories import NOW, OPENED, MemoryStore, default_policy, hours, issue_event
from ticket_tracker.tracking import track

POLICY = default_policy()
BLOCKED = ("blocked", "component:api", "sev2")
FREE = ("component:api", "sev2")


def after(*events: GithubIssue, policy: Policy = POLICY) -> Ticket:
    store = MemoryStore()
    for event in events:
        track(event, store, policy, NOW, lambda _: None)
    return store.records[7].ticket


def remaining(ticket: Ticket, at: timedelta, policy: Policy = POLICY) -> int:
    standing = sla.status(ticket, policy, OPENED + at)
    assert standing is not None
    return standing.remaining_seconds


def edited(at: float, labels: tuple[str, ...] = BLOCKED) -> GithubIssue:
    return issue_event("edited", OPENED + hours(at), labels=labels)


def test_the_labeled_delivery_is_lost() -> None:
    """It pauses from where the label was first seen, whatever comes later."""
    ticket = after(issue_event(labels=FREE), edited(2), edited(30))
    assert remaining(ticket, hours(31)) == remaining(ticket, hours(500)) == 22 * 3600


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_taken_off_and_put_on_again_unseen(order: tuple[int, ...]) -> None:
    """It may have come back at once, so that is what counts; earlier sightings are of the label before."""
    events = [
        issue_event(labels=BLOCKED),
        issue_event("unlabeled", OPENED + hours(5), labels=FREE, action_label="blocked"),
        edited(9),
        edited(30),
    ]
    ticket = after(*(events[index] for index in order))
    assert ticket.paused_intervals({"blocked"}) == [(OPENED, OPENED + hours(5)), (OPENED + hours(5), None)]


def test_the_policy_gains_a_pause_label() -> None:
    waiting = (*FREE, "Waiting")
    later = default_policy(pause_labels='["blocked", "waiting"]')
    ticket = after(issue_event(labels=FREE), edited(3, waiting), edited(30, waiting))
    assert remaining(ticket, hours(31)) == -7 * 3600
    assert remaining(ticket, hours(31), later) == 21 * 3600
    ticket = after(issue_event(labels=FREE), edited(3, waiting), edited(30, waiting), edited(40, waiting), policy=later)
    assert remaining(ticket, hours(41), later) == 21 * 3600


@st.composite
def lives(draw: st.DrawFn) -> list[GithubIssue]:
    """Events of which any may be missing, in any order; the newest one shows the pause label."""
    events = []
    for index in range(draw(st.integers(0, 6))):
        action = draw(st.sampled_from(["opened", "edited", "labeled", "unlabeled", "closed", "reopened"]))
        labels = {"labeled": BLOCKED, "unlabeled": FREE}.get(action) or draw(st.sampled_from([BLOCKED, FREE]))
        named = "blocked" if action in ("labeled", "unlabeled") else ""
        at = OPENED + hours(draw(st.integers(0, 20)))
        events.append(issue_event(action, at, delivery_id=f"d-{index}", labels=labels, action_label=named))
    return draw(st.permutations([*events, edited(21)]))


@given(lives(), st.lists(st.integers(22, 60), min_size=1, max_size=3), st.integers(21, 80))
def test_no_edit_takes_time_from_a_paused_ticket(life: list[GithubIssue], edits: list[int], now: int) -> None:
    ticket = after(*life)
    assert "blocked" in ticket.labels
    before = remaining(ticket, hours(now))
    assert remaining(after(*life, *map(edited, edits)), hours(now)) >= before


def test_a_ticket_stored_before_labels_had_an_instant() -> None:
    stored = ticket_attributes(after(issue_event(labels=FREE), edited(2)))
    assert ticket_from(stored).seen_labels == (
        ("blocked", OPENED + hours(2)),
        ("component:api", OPENED),
        ("sev2", OPENED),
    )
    del stored["seen_labels"]
    loaded = ticket_from(stored)
    assert loaded.seen_labels == tuple((label, OPENED + hours(2)) for label in BLOCKED)
    assert remaining(loaded, hours(31)) == 22 * 3600


def test_labels_without_end_are_bounded_alike_in_any_order() -> None:
    names = [f"label-{number:04d}" for number in range(MAX_SEEN + 50)]
    events = [edited(number / 10, tuple(names[number : number + 50])) for number in range(0, len(names), 50)]
    found = after(*events).seen_labels
    assert len(found) == MAX_SEEN
    assert after(*reversed(events)).seen_labels == found
