"""What a run saw and did. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox_reaper.backend import Sandbox
from sandbox_reaper.decision import Decision, Facts, Held
from sandbox_reaper.state import Owner, Request, Row
from sandbox_reaper.usage import Usage

LEAST_LEFT = 0.2  # share of the time; below it nothing new is begun
# What is half done comes first, then what has a deadline.
_ORDER = ("STOP_CLAIMED", "RESUMED", "STOPPED", "NOTIFIED", "NOTICE_CLAIMED", "IDLE")


@dataclass(frozen=True, slots=True)
class Step:
    """One decision with all that it follows from, so that it can be made again."""

    row: Row
    facts: Facts
    decision: Decision


@dataclass(slots=True)
class Visit:
    """One sandbox in this run. `row` is as it is stored by now; `steps` are the decisions, in order."""

    sandbox: Sandbox
    row: Row
    usage: Usage
    requests: Sequence[Request]
    owner: Owner
    steps: list[Step] = field(default_factory=list)
    guarded: list[tuple[str, str]] = field(default_factory=list)
    due: bool = False


@dataclass(slots=True)
class Outcome:
    """What a run saw and did, under a policy with that `config`.

    `listed` are the uids of the whole list; `faults` are the errors that it went past.

    `held`, `cap` and `breaker` are why nobody is stopped; empty where they do not hold. `told` has the deadline and the
    owner of each that was told of and is not stopped yet.
    """

    at: datetime
    config: str
    listed: frozenset[str] = frozenset()
    told: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    source: str = ""
    held: Held = ""
    cap: str = ""
    breaker: str = ""
    stops: Counter[str] = field(default_factory=Counter)
    resumes: int = 0
    postponed: int = 0
    idle: int = 0
    alive: int = 0

    def tell(self, row: Row) -> None:
        """Keep `told` as the row is by now."""
        self.told.pop(row.uid, None)
        if row.state in ("NOTICE_CLAIMED", "NOTIFIED") and row.stop_after is not None and row.owner is not None:
            self.told[row.uid] = (row.stop_after, row.owner.target)

    def guarded(self, visit: Visit, act: Callable[[Visit], None]) -> None:
        """One sandbox must not keep the others waiting, whatever is wrong with it."""
        try:
            act(visit)
        except Exception as error:  # noqa: BLE001 - raised at the end of the run
            error.add_note(visit.sandbox.name)
            self.faults.append(error)


class BlockedError(Exception):
    """More is due, or idle, than may be stopped at once: nothing was stopped, and somebody should look.

    `by` is what held: `cap` or `breaker`.
    """

    def __init__(self, by: str, message: str) -> None:
        super().__init__(message)
        self.by = by


class SourceError(Exception):
    """The usage could not be read: nothing is known, and nothing was stopped."""


def urgency(visit: Visit) -> tuple[int, str]:
    state = visit.row.state
    return (_ORDER.index(state) if state in _ORDER else len(_ORDER), visit.sandbox.name)


def whole_second(at: datetime) -> datetime:
    """Down to the second, so that what is stored equals what is compared."""
    return at.astimezone(UTC).replace(microsecond=0)


def asked_of(sandbox: Sandbox, requests: Mapping[str, Sequence[Request]]) -> Sequence[Request]:
    """Its presses and beats; and the beats of Sandboxes in it, as the namespace is not stopped without them."""
    within = [each.uid for each in sandbox.workloads if each.kind == "Sandbox" and each.uid != sandbox.uid]
    beats = [each for uid in within for each in requests.get(uid, ()) if each.kind == "busy"]
    return (*requests.get(sandbox.uid, ()), *beats)


def touched(sandbox: Sandbox, row: Row) -> datetime:
    """The newest sign of a person."""
    return max(each for each in (sandbox.created_at, sandbox.changed_at, row.resumed_at) if each is not None)


def pods_within(sandboxes: Iterable[Sandbox]) -> frozenset[str]:
    """The namespaces of those that are measured by their pods."""
    return frozenset(each.namespace for each in sandboxes if not each.whole and each.measured)
