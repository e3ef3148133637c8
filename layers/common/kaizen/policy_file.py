"""The policy's TOML text, read and checked; every fault is named with its place. Pure."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from kaizen import policy_values as values
from kaizen.calendars import Calendar
from kaizen.policy_model import (
    OTHER,
    UNASSIGNED,
    UNKNOWN,
    Component,
    FeedPolicy,
    Policy,
    Route,
    Severity,
    SlaTarget,
    StreamPolicy,
)
from kaizen.tables import Table, boolean, integer, many, one_number_of, one_of, real, text

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST_COMPONENTS, _MOST_SEVERITIES = 50, 9  # each pair of them is some thirty metric series
_MOST_STREAMS = 50  # each is some forty metric series
_MOST_WEEKS = 520
_RESERVED = (OTHER, UNASSIGNED, UNKNOWN)


class PolicyError(Exception):
    """The text is no valid policy; `problems` names every fault, each with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def parse(given: str) -> Policy:
    """The policy of a TOML text. Raises PolicyError naming every fault."""
    try:
        file = Table(tomllib.loads(given))
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits, or brackets by the thousand
        raise PolicyError([f"not valid TOML: {error}"]) from error
    policy = _read(file)
    file.problems.extend(_contradictions(policy))
    if file.problems:
        raise PolicyError(file.problems)
    return policy


def _read(file: Table) -> Policy:
    tickets = file.table("tickets")
    components = file.table("components")
    calendars = {each.place.partition(".")[2]: each for each in _named(file.table("calendars"))}
    known = {name: calendar for name, table in calendars.items() if (calendar := _calendar(name, table))}
    unknown = file.table("unknown")
    policy = Policy(
        ticket_labels=frozenset(tickets.get("labels", values.labels, ())),
        pause_labels=frozenset(tickets.get("pause_labels", values.labels, ())),
        component_prefixes=components.get("prefixes", values.labels, ()),
        components=tuple(
            Component(name, _labels(components, name)) for name in components.rest() if _name(components, name)
        ),
        severities=tuple(_severity(each, known, set(calendars)) for each in _named(file.table("severities"))),
        unknown_target=_target(unknown, known, set(calendars)),
        routes=tuple(_route(each) for each in file.tables("routes")),
        feed=_feed(file.table("feed")),
        streams=tuple(_stream(each) for each in file.tables("streams")),
    )
    for table in (tickets, components, unknown, file):
        table.close()
    for kind, named, most in (
        ("components", policy.components, _MOST_COMPONENTS),
        ("severities", policy.severities, _MOST_SEVERITIES),
        ("streams", policy.streams, _MOST_STREAMS),
    ):
        if len(named) > most:
            file.fault(f"there are {len(named)}, the most is {most}", kind)
    if not policy.severities:
        file.fault("there is none", "severities")
    return policy


def _name(table: Table, name: str) -> bool:
    try:
        values.name(name)
    except ValueError as error:
        table.fault(str(error), name)
        table.get(name, lambda _: None, None)  # its name is its fault: no need to report its content too
        return False
    if name in _RESERVED:
        table.fault("the name is reserved", name)
    return True


def _labels(table: Table, key: str) -> tuple[str, ...]:
    labels: tuple[str, ...] = table.need(key, values.labels, (key,))
    if not labels:
        table.fault("is empty: nothing could ever match it", key)
    return labels


def _named(table: Table) -> list[Table]:
    """The tables in a table of tables, each under its name."""
    return [table.table(name) for name in table.rest() if _name(table, name)]


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


def _route(table: Table) -> Route:
    quiet_days: tuple[str, ...] = table.get("quiet_days", many(one_of(WEEKDAYS)), ())
    route = Route(
        name=table.need("name", values.name, table.place),
        channel=table.get("channel", values.channel, None),
        webhook_parameter=table.get("webhook_parameter", values.address, None),
        zone=table.get("zone", values.zone, "UTC"),
        digest_hour=table.get("digest_hour", integer(0, 23), 9),
        quiet_days=tuple(sorted({WEEKDAYS.index(day) for day in quiet_days})),
        components=table.get("components", many(text()), ()),
        severities=table.get("severities", many(text()), ()),
        empty_digest=table.get("empty_digest", boolean, True),
    )
    if table.has("channel") == table.has("webhook_parameter"):
        table.fault("needs exactly one of channel and webhook_parameter")
    if len(route.quiet_days) == len(WEEKDAYS):
        table.fault("leaves no day for a digest", "quiet_days")
    table.close()
    return route


def _feed(table: Table) -> FeedPolicy:
    tokens = table.table("tokens")
    names = [name for name in tokens.rest() if _name(tokens, name)]
    feed = FeedPolicy(
        title=table.get("title", text(), "Kaizen tickets"),
        author=table.get("author", text(), "Kaizen Loop"),
        domain=table.need("domain", values.domain, ""),
        date=table.need("date", values.day, date.min).isoformat(),
        ttl_seconds=table.get("ttl", values.length, 900),
        tokens={name: tokens.get(name, values.digest, "") for name in names},
    )
    table.close()
    return feed


def _stream(table: Table) -> StreamPolicy:
    default = StreamPolicy("")
    stream = StreamPolicy(
        id=table.need("id", values.name, table.place),
        target_rows=table.get("target_rows", integer(256, 8192), default.target_rows),
        threshold=table.get("threshold", integer(256, 8192), default.threshold),
        pixels=table.get("pixels", integer(256, 8192), None),
        bytes_per_second=table.get("bytes_per_second", integer(1000, 10**9), None),
        standard_error=table.get("standard_error", real(0.005, 0.5), None),
        seed=table.get("seed", integer(0, (1 << 63) - 1), default.seed),
        bits=table.get("bits", one_number_of(values.BITS), default.bits),
        levels=table.get("levels", integer(0, 10), default.levels),
        factor=table.get("factor", one_number_of((2, 4)), default.factor),
        chunk_columns=table.get("chunk_columns", one_number_of((64, 128, 256, 512)), default.chunk_columns),
    )
    table.close()
    return stream


def _contradictions(policy: Policy) -> Iterator[str]:
    """Faults between parts that are each well-formed."""
    yield from _twice("components", policy.components)
    yield from _twice("severities", policy.severities)
    streams = [stream.id for stream in policy.streams]
    yield from (f"streams: two are called {name!r}" for name in sorted(set(streams)) if streams.count(name) > 1)
    seen: set[str] = set()
    for route in policy.routes:
        if route.name in seen:
            yield f"routes: two are called {route.name!r}"
        seen.add(route.name)
        for kind, wanted, known in (
            ("component", route.components, policy.component_names),
            ("severity", route.severities, policy.severity_names),
        ):
            yield from (f"routes.{route.name}: there is no {kind} {each!r}" for each in wanted if each not in known)


def _twice(kind: str, named: Sequence[Any]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for each in named:
        for label in each.labels:
            if owners.setdefault(label, each.name) != each.name:
                yield f"{kind}.{each.name}: the label {label!r} already means {owners[label]}"
