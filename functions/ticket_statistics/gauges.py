"""Gauges of open tickets that change with the clock or the policy, without any delivery. Pure."""

from collections.abc import Iterable
from datetime import datetime

from kaizen import sla
from kaizen.policy import Policy
from kaizen.tickets import Ticket

PAUSED = "kaizen_tickets_paused"
BREACHED = "kaizen_tickets_sla_breached"
OLDEST = "kaizen_ticket_oldest_opened_timestamp_seconds"
NEXT_DEADLINE = "kaizen_ticket_next_deadline_timestamp_seconds"

Gauges = dict[str, dict[tuple[str, str], int]]  # metric -> (component, severity) -> value


def gauges(tickets: Iterable[Ticket], policy: Policy, now: datetime) -> Gauges:
    """All series there should be. Pauses and breaches are 0 where there is none; the two instants are absent then."""
    groups = [(component, severity) for component in policy.component_names for severity in policy.severity_names]
    found: Gauges = {
        PAUSED: dict.fromkeys(groups, 0),
        BREACHED: dict.fromkeys(groups, 0),
        OLDEST: {},
        NEXT_DEADLINE: {},
    }
    for ticket in tickets:
        group = (ticket.component, ticket.severity)
        _lower(found[OLDEST], group, int(ticket.opened_at.timestamp()))
        paused = not policy.pause_labels.isdisjoint(label.lower() for label in ticket.labels)
        found[PAUSED][group] = found[PAUSED].get(group, 0) + paused
        standing = sla.status(ticket, policy, now)
        breached = standing is not None and standing.breached
        found[BREACHED][group] = found[BREACHED].get(group, 0) + breached
        if standing is not None and standing.due_at is not None and not breached:
            _lower(found[NEXT_DEADLINE], group, int(standing.due_at.timestamp()))
    return found


def _lower(series: dict[tuple[str, str], int], group: tuple[str, str], value: int) -> None:
    series[group] = min(value, series.get(group, value))
