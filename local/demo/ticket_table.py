"""Open tickets as a table of the start page. Pure; everything is escaped."""

import html
from datetime import datetime

from kaizen.durations import human, human_hours
from kaizen.policy import Policy
from kaizen.sla import SlaStatus, status
from kaizen.tickets import Ticket
from local.html import cell, table

_HEADS = ("Ticket", "Title", "Component", "Severity", "Open for", "SLA")


def ticket_table(tickets: list[Ticket], policy: Policy, now: datetime) -> str:
    """Least remaining first, then those without a target."""
    if not tickets:
        return '<p class="soft">None.</p>'
    standing = [(ticket, status(ticket, policy, now)) for ticket in tickets]
    standing.sort(key=lambda pair: (pair[1] is None, pair[1].remaining_seconds if pair[1] else 0, pair[0].name))
    rows = "".join(_ticket(ticket, sla, now) for ticket, sla in standing)
    return table(_HEADS, rows)


def _ticket(ticket: Ticket, sla: SlaStatus | None, now: datetime) -> str:
    age = human((now - ticket.opened_at).total_seconds())
    cells = zip(_HEADS[1:], (ticket.title, ticket.component, ticket.severity, age), strict=False)
    name = html.escape(ticket.name)
    if ticket.url.startswith("https://"):
        name = f'<a href="{html.escape(ticket.url)}" rel="noreferrer">{name}</a>'
    shown = "".join(cell(head, html.escape(text)) for head, text in cells)
    return f'<tr><td class="first">{name}</td>{shown}{cell("SLA", _sla(sla))}</tr>'


def _sla(sla: SlaStatus | None) -> str:
    if sla is None:
        return '<span class="soft">no target</span>'
    business = sla.clock == "business"
    length = f"{human_hours(sla.remaining_seconds)} of working time" if business else human(sla.remaining_seconds)
    text = f'<span class="bad">{length} over</span>' if sla.breached else f"{length} left"
    return f"{text}, paused" if sla.paused else text
