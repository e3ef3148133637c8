"""The policy: which issues are tickets, how they are sorted, how soon they are due, who hears of them.

Plain frozen data with the decisions that follow from it; `policy_file` reads and checks the TOML text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kaizen.calendars import Calendar

OTHER = "other"  # a label that looks like a component, but is none of the policy's
UNASSIGNED = "unassigned"  # no component label at all
UNKNOWN = "unknown"  # no severity label
Clock = Literal["wall", "business"]


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
class Route:
    """Where one digest goes, and when: `digest_hour` is local time in `zone`, `quiet_days` count from 0 = Monday.

    Exactly one of `channel` (posted with the bot token) and `webhook_parameter` (an SSM SecureString with the
    address of an Incoming Webhook) is set. Empty `components` or `severities` mean all.
    """

    name: str
    channel: str | None
    webhook_parameter: str | None
    zone: str
    digest_hour: int
    quiet_days: tuple[int, ...]
    components: tuple[str, ...]
    severities: tuple[str, ...]
    empty_digest: bool


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """The feed's identity (`domain` and `date` make its permanent ids) and who may read it.

    `tokens` maps a reader's name to the SHA-256 of its token, in hex; none means that the feed is public.
    """

    title: str
    author: str
    domain: str
    date: str
    ttl_seconds: int
    tokens: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """One stream of oscillator phases: how many of its rows are kept, and in which levels its history is stored.

    Up to `threshold` rows all are kept, above it `target_rows`, or what `pixels` (of height), `bytes_per_second` (of
    egress for one viewer) and `standard_error` (of R) ask for; None where nothing is asked. `seed` chooses the sample.
    Level l has a column per `factor`**l frames; a chunk holds `chunk_columns` columns.
    """

    id: str
    target_rows: int = 1000
    threshold: int = 4096
    pixels: int | None = None
    bytes_per_second: int | None = None
    standard_error: float | None = None
    seed: int = 0
    bits: int = 16
    levels: int = 6
    factor: int = 4
    chunk_columns: int = 256


@dataclass(frozen=True, slots=True)
class Policy:
    """Labels are compared in lower case; `severities` run from the most severe to the least."""

    ticket_labels: frozenset[str]
    pause_labels: frozenset[str]
    component_prefixes: tuple[str, ...]
    components: tuple[Component, ...]
    severities: tuple[Severity, ...]
    unknown_target: SlaTarget | None
    routes: tuple[Route, ...]
    feed: FeedPolicy
    streams: tuple[StreamPolicy, ...] = ()

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

    def stream(self, name: str) -> StreamPolicy | None:
        """The stream of that id; None when the policy knows none."""
        return next((each for each in self.streams if each.id == name), None)

    @property
    def component_names(self) -> tuple[str, ...]:
        return (*(component.name for component in self.components), OTHER, UNASSIGNED)

    @property
    def severity_names(self) -> tuple[str, ...]:
        return (*(severity.name for severity in self.severities), UNKNOWN)


def _lower(labels: Iterable[str]) -> set[str]:
    return {label.lower() for label in labels}
