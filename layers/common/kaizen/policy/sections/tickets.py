"""Which issues are tickets, how they are sorted, and how soon they are due. Pure.

Sections [tickets], [components], [severities.*], [unknown] and [calendars.*].
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kaizen.policy import values
from kaizen.policy.calendars import Calendar
from kaizen.policy.named import RESERVED, good_name, named_tables, too_many
from kaizen.policy.reader import Table, many, one_of, text

# A label that looks like a component but is none of the policy's; no component label at all; no severity label.
OTHER, UNASSIGNED, UNKNOWN = RESERVED
Clock = Literal["wall", "business"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST_COMPONENTS, _MOST_SEVERITIES = 50, 9  # each pair of them is some thirty metric series
_MOST_WEEKS = 520


@dataclass(frozen=True, slots=True)
class SlaTarget:
    """How long a ticket may stay open: seconds on the wall clock, or seconds of the calendar's working time."""

    seconds: int
    clock: Clock
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Severity:
    name: str
    labels: tuple[str, ...]
    target: SlaTarget | None


@dataclass(frozen=True, slots=True)
class Component:
    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TicketRules:
    """Labels are compared in lower case; `severities` run from the most severe to the least."""

    ticket_labels: frozenset[str]
    pause_labels: frozenset[str]
    component_prefixes: tuple[str, ...]
    components: tuple[Component, ...]
    severities: tuple[Severity, ...]
    unknown_target: SlaTarget | None

    def is_ticket(self, labels: Iterable[str]) -> bool:
        """Whether an issue with these labels is a ticket: every issue, or one that carries a ticket label."""
        return not self.ticket_labels or not self.ticket_labels.isdisjoint(_lower(labels))

    def component_of(self, labels: Iterable[str]) -> str:
        """The first component of the policy that one of the labels names, else `other` or `unassigned`."""
        given = _lower(labels)
        for component in self.components:
            if not given.isdisjoint(component.labels):
                return component.name
        return OTHER if any(label.startswith(self.component_prefixes) for label in given) else UNASSIGNED

    def severity_of(self, labels: Iterable[str]) -> str:
        """The most severe severity that one of the labels names, else `unknown`."""
        given = _lower(labels)
        return next((each.name for each in self.severities if not given.isdisjoint(each.labels)), UNKNOWN)

    def target(self, severity: str) -> SlaTarget | None:
        """The SLA target of a severity; None when it has none."""
        return next((each.target for each in self.severities if each.name == severity), self.unknown_target)

    @property
    def component_names(self) -> tuple[str, ...]:
        return (*(component.name for component in self.components), OTHER, UNASSIGNED)

    @property
    def severity_names(self) -> tuple[str, ...]:
        return (*(severity.name for severity in self.severities), UNKNOWN)


def _lower(labels: Iterable[str]) -> set[str]:
    return {label.lower() for label in labels}


def read(file: Table) -> TicketRules:
    """The rules of tickets; faults are remembered in the table."""
    tickets = file.table("tickets")
    components = file.table("components")
    calendars = {each.place.partition(".")[2]: each for each in named_tables(file.table("calendars"))}
    known = {name: calendar for name, table in calendars.items() if (calendar := _calendar(name, table))}
    unknown = file.table("unknown")
    rules = TicketRules(
        ticket_labels=frozenset(tickets.get("labels", values.labels, ())),
        pause_labels=frozenset(tickets.get("pause_labels", values.labels, ())),
        component_prefixes=components.get("prefixes", values.labels, ()),
        components=tuple(
            Component(name, _labels(components, name)) for name in components.rest() if good_name(components, name)
        ),
        severities=tuple(_severity(each, known, set(calendars)) for each in named_tables(file.table("severities"))),
        unknown_target=_target(unknown, known, set(calendars)),
    )
    for table in (tickets, components, unknown):
        table.close()
    too_many(file, "components", len(rules.components), _MOST_COMPONENTS)
    too_many(file, "severities", len(rules.severities), _MOST_SEVERITIES)
    if not rules.severities:
        file.fault("there is none", "severities")
    return rules


def contradictions(rules: TicketRules) -> Iterator[str]:
    """Labels that mean two things at once."""
    yield from _twice("components", rules.components)
    yield from _twice("severities", rules.severities)


def _labels(table: Table, key: str) -> tuple[str, ...]:
    labels: tuple[str, ...] = table.need(key, values.labels, (key,))
    if not labels:
        table.fault("is empty: nothing could ever match it", key)
    return labels


def _calendar(name: str, table: Table) -> Calendar | None:
    zone = table.need("zone", values.zone, None)
    faults = len(table.problems)
    windows = tuple(table.get(day, values.windows, ()) for day in WEEKDAYS)
    if not any(windows) and len(table.problems) == faults:
        table.fault("has no window on any weekday")
    holidays = table.get("holidays", many(values.day), ())
    table.close()
    return Calendar(name, zone, windows, frozenset(holidays)) if zone is not None and any(windows) else None


def _severity(table: Table, calendars: Mapping[str, Calendar], named: set[str]) -> Severity:
    name = table.place.partition(".")[2]
    labels = _labels(table, "labels")
    target = _target(table, calendars, named)
    table.close()
    return Severity(name, labels, target)


def _target(table: Table, calendars: Mapping[str, Calendar], named: set[str]) -> SlaTarget | None:
    written = table.get("target", text(), "")
    seconds = table.get("target", values.length, None)
    clock = table.get("clock", one_of(("wall", "business")), "wall")
    calendar = table.get("calendar", text(), None)
    if calendar is not None and calendar not in named:
        table.fault(f"there is no calendar {calendar!r}", "calendar")
    if clock == "wall":
        if calendar is not None and seconds is not None:
            table.fault('is of no use without clock = "business"', "calendar")
        return SlaTarget(seconds, "wall") if seconds is not None else None
    if seconds is None:
        if not table.has("target"):
            table.fault("is of no use without a target", "clock")
        return None
    if calendar is None:
        table.fault("the business clock needs a calendar", "clock")
    if "d" in written:
        table.fault("business time is counted in hours and minutes: its days have no one length", "target")
    found = calendars.get(calendar or "")
    if found is not None and seconds > _MOST_WEEKS * found.week_seconds():
        table.fault(f"takes more than ten years of the calendar {calendar!r}", "target")
    return SlaTarget(seconds, "business", found)


def _twice(kind: str, named: Sequence[Any]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for each in named:
        for label in each.labels:
            if owners.setdefault(label, each.name) != each.name:
                yield f"{kind}.{each.name}: the label {label!r} already means {owners[label]}"
