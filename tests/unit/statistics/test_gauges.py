"""Gauges of open tickets that change with the clock or the policy alone."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from kaizen.tickets import LogEntry, Ticket
from tests.factories import NOW, default_policy, hours
from ticket_statistics.gauges import BREACHED, NEXT_DEADLINE, OLDEST, PAUSED, gauges

POLICY = default_policy()


def ticket(opened_at: datetime, severity: str = "sev2", **given: Any) -> Ticket:
    values: dict[str, Any] = {
        "id": 1, "repository_id": 5, "repository": "example-org/checkout", "number": 12, "title": "t",
        "url": "https://github.com/example-org/checkout/issues/12", "state": "open", "resolution": "",
        "component": "api", "severity": severity, "labels": (), "assignees": (), "opened_at": opened_at,
        "updated_at": opened_at,
    }  # fmt: skip
    return Ticket(**(values | given))


def test_breaches_are_zero_everywhere_and_instants_absent_without_tickets() -> None:
    found = gauges([], POLICY, NOW)
    assert set(found[BREACHED].values()) == {0}
    assert len(found[BREACHED]) == len(POLICY.component_names) * len(POLICY.severity_names)
    assert found[OLDEST] == found[NEXT_DEADLINE] == {}


def test_the_oldest_and_the_next_deadline() -> None:
    tickets = [ticket(NOW - hours(30)), ticket(NOW - hours(2)), ticket(NOW - hours(5))]
    found = gauges(tickets, POLICY, NOW)
    assert found[BREACHED]["api", "sev2"] == 1
    assert found[OLDEST]["api", "sev2"] == int((NOW - hours(30)).timestamp())
    assert found[NEXT_DEADLINE]["api", "sev2"] == int((NOW + hours(19)).timestamp())  # the breached one has none


def test_a_paused_ticket_has_no_deadline() -> None:
    opened = NOW - hours(2)
    paused = replace(ticket(opened), labels=("blocked",), log=(LogEntry(opened, "labeled", "blocked"),))
    assert gauges([paused], POLICY, NOW)[NEXT_DEADLINE] == {}


def test_paused_is_who_carries_a_pause_label_of_the_policy_now_in_force() -> None:
    """No ticket changes when the policy gains or loses a pause label; the gauge follows it both ways."""
    tickets = [ticket(NOW, labels=("Waiting",)), ticket(NOW, labels=("blocked", "waiting")), ticket(NOW)]
    both = default_policy(pause_labels='["blocked", "waiting"]')
    assert gauges(tickets, POLICY, NOW)[PAUSED]["api", "sev2"] == 1
    assert gauges(tickets, both, NOW)[PAUSED]["api", "sev2"] == 2
    assert gauges(tickets, default_policy(pause_labels="[]"), NOW)[PAUSED]["api", "sev2"] == 0
    assert set(gauges([], both, NOW)[PAUSED].values()) == {0}


def test_exactly_due_is_not_breached() -> None:
    assert gauges([ticket(NOW - hours(24))], POLICY, NOW)[BREACHED]["api", "sev2"] == 0
    assert gauges([ticket(NOW - hours(24))], POLICY, NOW + hours(0.001))[BREACHED]["api", "sev2"] == 1


def test_a_component_that_left_the_policy_is_still_shown() -> None:
    found = gauges([ticket(NOW - hours(30), component="legacy")], POLICY, NOW)
    assert found[BREACHED]["legacy", "sev2"] == 1
