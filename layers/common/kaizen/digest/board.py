"""What a digest shows: a route's open tickets by urgency, and its MTTR windows. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from kaizen import sla
from kaizen.digest.canaries import LateCanary
from kaizen.mttr import ALL, Window
from kaizen.mttr_store import Windows
from kaizen.policy import Policy, Route
from kaizen.sla import SlaStatus
from kaizen.tickets import Ticket

_HOUR = 3600
GREEN_ABOVE, ORANGE_ABOVE = 24 * _HOUR, 8 * _HOUR  # seconds left: exactly 24 h is orange, exactly 8 h is red


@dataclass(frozen=True, slots=True)
class Entry:
    """An open ticket and where its SLA stands; `standing` is None when its severity has no target."""

    ticket: Ticket
    standing: SlaStatus | None
    paused: bool

    @property
    def breached(self) -> bool:
        return self.standing is not None and self.standing.breached

    @property
    def lamp(self) -> str:
        if self.paused:
            return "⏸️"
        if self.standing is None:
            return "⚪"
        left = self.standing.remaining_seconds
        return "🟢" if left > GREEN_ABOVE else "🟠" if left > ORANGE_ABOVE else "🔴"

    @property
    def urgency(self) -> tuple[bool, bool, int, datetime, int]:
        """Sorts the least remaining first, then those without a target by age, paused ones last."""
        left = self.standing.remaining_seconds if self.standing else 0
        return self.paused, self.standing is None, left, self.ticket.opened_at, self.ticket.id


@dataclass(frozen=True, slots=True)
class Group:
    """The tickets of one component, most urgent first; all of them, however many are shown."""

    component: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """`groups` are ordered by their most urgent ticket. `zone` (IANA) is for times that Slack cannot localise.
    `about` is the expression that chose the tickets, empty for all of a route."""

    now: datetime
    zone: str
    groups: tuple[Group, ...]
    windows: tuple[Window, ...]
    canaries: tuple[LateCanary, ...] = ()
    about: str = ""

    @property
    def entries(self) -> list[Entry]:
        """Over all components, most urgent first."""
        return sorted((entry for group in self.groups for entry in group.entries), key=lambda entry: entry.urgency)


def board(
    tickets: Iterable[Ticket],
    windows: Windows,
    policy: Policy,
    route: Route,
    now: datetime,
    canaries: tuple[LateCanary, ...] = (),
    about: str = "",
) -> Board:
    """What a route cares for. Canaries belong to no component: they are for routes that take all components."""
    wanted = [ticket for ticket in tickets if _wanted(ticket, route)]
    entries = sorted((_entry(ticket, policy, now) for ticket in wanted), key=lambda entry: entry.urgency)
    by_component: dict[str, list[Entry]] = {}
    for entry in entries:  # in order of urgency, and so are the groups
        by_component.setdefault(entry.ticket.component, []).append(entry)
    return Board(
        now=now,
        zone=route.zone,
        groups=tuple(Group(component, tuple(each)) for component, each in by_component.items()),
        windows=tuple(_windows(windows, entries, policy, route)),
        canaries=() if route.components else canaries,
        about=about,
    )


def _wanted(ticket: Ticket, route: Route) -> bool:
    return (not route.components or ticket.component in route.components) and (
        not route.severities or ticket.severity in route.severities
    )


def _entry(ticket: Ticket, policy: Policy, now: datetime) -> Entry:
    # Paused is who carries a pause label, even where there is no clock to stop: as in kaizen_tickets_paused.
    paused = not policy.pause_labels.isdisjoint(label.lower() for label in ticket.labels)
    return Entry(ticket, sla.status(ticket, policy, now), paused)


def _windows(windows: Windows, entries: list[Entry], policy: Policy, route: Route) -> Iterator[Window]:
    """The groups with a completed or an open ticket, then all together.

    A median of several groups cannot be made from theirs: a route of some severities gets a line for each of them.
    """
    present = {(entry.ticket.component, severity) for entry in entries for severity in (ALL, entry.ticket.severity)}
    components = route.components or (*policy.component_names, *sorted({c for c, _ in present}))
    severities = route.severities or (ALL,)
    for component in dict.fromkeys(components):
        for severity in severities:
            window = windows.get((component, severity)) or _empty(component, severity)
            if window.n or (component, severity) in present:
                yield window
    if not route.components:
        for severity in severities:
            yield windows.get((ALL, severity)) or _empty(ALL, severity)


def _empty(component: str, severity: str) -> Window:
    nothing = float("nan")
    return Window(component, severity, 0, nothing, nothing, nothing, 0, nothing)
