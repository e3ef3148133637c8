"""What a digest shows: lamps, order, filters, the windows that fit."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.digest.board import Entry
from kaizen.mttr import ALL
from tests.factories import default_policy
from tests.unit.digest.samples import HOUR, board_of, resolved, route, ticket, windows

SECOND = 1 / HOUR


def only(entries: list[Entry]) -> Entry:
    (entry,) = entries
    return entry


@pytest.mark.parametrize(
    ("left", "lamp"),
    [
        (24 + SECOND, "🟢"),
        (24, "🟠"),
        (8 + SECOND, "🟠"),
        (8, "🔴"),
        (SECOND, "🔴"),
        (0, "🔴"),
        (-SECOND, "🔴"),
    ],
)
def test_lamps_at_their_bounds(left: float, lamp: str) -> None:
    # sev2 has 24 hours in all; a ticket without severity has three days, so that more than 24 can be left.
    given = ticket(left=left) if left <= 24 else ticket(left=left - 48, severity="unknown")
    entry = only(board_of(given).entries)
    assert entry.standing is not None
    assert entry.standing.remaining_seconds == round(left * HOUR)
    assert entry.lamp == lamp
    assert entry.breached is (left < 0)


def test_paused_and_untargeted_lamps() -> None:
    paused, untargeted = ticket(labels=("Blocked",)), ticket(severity="gone")
    assert only(board_of(paused).entries).lamp == "⏸️"
    policy = default_policy(target='"4h"')  # the first target of the file, sev1's
    untargeted_policy = replace(policy, unknown_target=None)
    entry = only(board_of(untargeted, policy=untargeted_policy).entries)
    assert entry.lamp == "⚪"
    assert entry.standing is None


def test_least_remaining_first_paused_last() -> None:
    policy = replace(default_policy(), unknown_target=None)
    tickets = [
        ticket(1, 20),
        ticket(2, -3, component="web"),
        ticket(3, 1, labels=("blocked",)),
        ticket(4, 5),
        ticket(5, severity="unknown"),
        ticket(6, -9),
        ticket(7, -5, labels=("blocked",), component="data"),
    ]
    made = board_of(*tickets, policy=policy)
    assert [entry.ticket.id for entry in made.entries] == [6, 2, 4, 1, 5, 7, 3]
    assert [group.component for group in made.groups] == ["api", "web", "data"]
    assert [entry.ticket.id for entry in made.groups[0].entries] == [6, 4, 1, 5, 3]


def test_a_route_sees_what_it_asks_for() -> None:
    tickets = [ticket(1, component="api"), ticket(2, component="web"), ticket(3, component="web", severity="sev1")]
    web = board_of(*tickets, to=route(components=("web",)))
    assert [entry.ticket.id for entry in web.entries] == [3, 2]
    severe = board_of(*tickets, to=route(severities=("sev1",)))
    assert [entry.ticket.id for entry in severe.entries] == [3]
    assert not board_of(*tickets, to=route(components=("data",))).groups


def shown(*given: Any, **to: Any) -> list[tuple[str, str]]:
    made = windows(
        resolved("api", [HOUR]), resolved("web", []), resolved("data", [HOUR]), resolved(ALL, [HOUR, HOUR]),
        resolved("api", [HOUR], severity="sev1"), resolved(ALL, [HOUR], severity="sev1"),
    )  # fmt: skip
    return [(each.component, each.severity) for each in board_of(*given, given=made, to=route(**to)).windows]


def test_windows_of_all_components() -> None:
    assert shown() == [("api", ALL), ("data", ALL), (ALL, ALL)]
    assert shown(ticket(component="web"), ticket(2, component="gone")) == [
        ("api", ALL), ("web", ALL), ("data", ALL), ("gone", ALL), (ALL, ALL),
    ]  # fmt: skip


def test_windows_of_a_route_with_filters() -> None:
    assert shown(components=("api",)) == [("api", ALL)]  # no line for all: it would count others' tickets
    assert shown(severities=("sev1",)) == [("api", "sev1"), (ALL, "sev1")]
    assert shown(ticket(severity="sev2"), severities=("sev1", "sev2")) == [
        ("api", "sev1"), ("api", "sev2"), (ALL, "sev1"), (ALL, "sev2"),
    ]  # fmt: skip


@given(st.lists(st.tuples(st.floats(-50, 23), st.booleans(), st.sampled_from(["api", "web", "other"])), max_size=40))
def test_groups_hold_every_ticket_once_and_in_order(given_tickets: list[tuple[float, bool, str]]) -> None:
    tickets = [
        ticket(number, left, labels=("blocked",) if paused else (), component=component)
        for number, (left, paused, component) in enumerate(given_tickets, 1)
    ]
    made = board_of(*tickets)
    assert sorted(entry.ticket.id for entry in made.entries) == [each.id for each in tickets]
    for group in made.groups:
        assert list(group.entries) == sorted(group.entries, key=lambda entry: entry.urgency)
        assert {entry.ticket.component for entry in group.entries} == {group.component}
        flags = [entry.paused for entry in group.entries]
        assert flags == sorted(flags)
