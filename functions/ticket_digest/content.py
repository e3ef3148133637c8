"""What a digest says, before it is put into Slack's words. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kaizen import sla
from kaizen.mttr import ALL, Window
from kaizen.mttr_store import Windows
from kaizen.policy import Policy, Route
from kaizen.sla import SlaStatus
from kaizen.tickets import Ticket

GREEN_ABOVE, ORANGE_ABOVE = 24 * 3600, 8 * 3600  # seconds of SLA left; exactly 24 h is orange, exactly 8 h is red


@dataclass(frozen=True, slots=True)
class Entry:
    """One open ticket and where its SLA stands, None when its severity has no target."""

    ticket: Ticket
    standing: SlaStatus | None

    @property
    def breached(self) -> bool:
        return self.standing is not None and self.standing.breached

    @property
    def paused(self) -> bool:
        return self.standing is not None and self.standing.paused

    @property
    def circle(self) -> str:
        if self.standing is None:
            return "⚪"
        left = self.standing.remaining_seconds
        return "🟢" if left > GREEN_ABOVE else "🟠" if left > ORANGE_ABOVE else "🔴"


@dataclass(frozen=True, slots=True)
class Group:
    """The open tickets of one component, least SLA remaining first, paused ones last."""

    component: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything a digest says; `windows` holds one line per component, the last one of all together."""

    now: datetime
    groups: tuple[Group, ...]
    windows: tuple[Window, ...]

    @property
    def entries(self) -> list[Entry]:
        return [entry for group in self.groups for entry in group.entries]


def digest(route: Route, tickets: Iterable[Ticket], windows: Windows, policy: Policy, now: datetime) -> Digest:
    """The digest of the tickets that a route cares for."""
    entries = [
        Entry(ticket, sla.status(ticket, policy, now))
        for ticket in tickets
        if _wanted(ticket.component, route.components) and _wanted(ticket.severity, route.severities)
    ]
    present = {entry.ticket.component for entry in entries}
    # The policy's order first; a component that left the policy keeps its tickets in sight.
    order = [*policy.component_names, *sorted(present - set(policy.component_names))]
    groups = [
        Group(component, tuple(sorted((e for e in entries if e.ticket.component == component), key=_urgency)))
        for component in order
        if component in present
    ]
    shown = [windows.get((component, ALL)) for component in order if _wanted(component, route.components)]
    if not route.components:
        shown.append(windows.get((ALL, ALL)))
    kept = [window for window in shown if window is not None and (window.n or window.previous_n)]
    return Digest(now, tuple(groups), tuple(kept))


def _wanted(name: str, wanted: tuple[str, ...]) -> bool:
    return not wanted or name in wanted


def _urgency(entry: Entry) -> tuple[bool, bool, int, datetime, int]:
    left = entry.standing.remaining_seconds if entry.standing else 0
    return entry.paused, entry.standing is None, left, entry.ticket.opened_at, entry.ticket.id
