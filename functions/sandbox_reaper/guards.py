"""What must hold for a stop: every guard, at the moment of it. Each says why not, or nothing. Pure.

A guard is asked after all that the state machine has seen, with what was read anew at most a minute ago. Taking any one
of them away lets a wrong stop through: tests/unit/sandboxes/test_reaper_guards.py takes each away in turn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kaizen.policy.sections.sandboxes import SandboxPolicy
from sandbox_reaper import protection
from sandbox_reaper.backend import Sandbox
from sandbox_reaper.restore import Record, matches
from sandbox_reaper.state import Owner, Row
from sandbox_reaper.usage import COVERAGE, Usage

FRESH = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Case:
    """One write of a stop that is about to be made. `sandbox` and `usage` are the re-check, `read_at` when it was made.

    `kept`: somebody pressed *Keep* since the look; `busy` is until when the sandbox says that it is, if it does.
    `switch` is False where the kill switch holds; `whole` says that the inventory was read to its end; `cap` and
    `breaker` are why they hold, empty where they do not; `config`, `owner`, `rollout`, `pods` are those of now.
    """

    now: datetime
    row: Row
    sandbox: Sandbox | None
    usage: Usage
    kept: bool
    busy: datetime | None
    read_at: datetime
    policy: SandboxPolicy
    owner: Owner
    switch: bool
    whole: bool
    config: str
    rollout: str
    pods: str
    canary: float
    cap: str
    breaker: str
    record: Record | None


Guard = Callable[[Case], str]


def switch(case: Case) -> str:
    return "" if case.switch else "the switch is off"


def mode(case: Case) -> str:
    return "" if case.policy.mode == "live" else "this is a dry run"


def there(case: Case) -> str:
    return "" if case.sandbox is not None and case.sandbox.uid == case.row.uid else "it is gone, or another by now"


def opt_in(case: Case) -> str:
    return "" if case.sandbox is None or protection.opted_in(case.sandbox) else "it is not opted in any more"


def denied(case: Case) -> str:
    return "its name is protected" if protection.protected(case.row.name, case.policy.protected) else ""


def exempt(case: Case) -> str:
    return protection.exempt(case.sandbox, case.now) if case.sandbox is not None else ""


def snoozed(case: Case) -> str:
    return "it is kept" if case.kept or (case.row.until is not None and case.now < case.row.until) else ""


def busy(case: Case) -> str:
    return "it says that it is busy" if case.busy is not None and case.now < case.busy else ""


def restorable(case: Case) -> str:
    """What a controller would undo, what nothing would bring back, or what would be deleted with it."""
    if case.sandbox is None:
        return ""
    if case.sandbox.controllers:
        return f"{case.sandbox.controllers[0]} would scale it up again"
    if case.sandbox.bare:
        return f"nothing would bring {case.sandbox.bare[0]} back"
    return protection.deleted(case.sandbox)


def inventory(case: Case) -> str:
    return "" if case.whole else "the list of sandboxes is not whole"


def policy(case: Case) -> str:
    return "" if case.row.config == case.config else "the policy is not the one of the notice"


def owner(case: Case) -> str:
    told = case.row.owner
    return "" if told is not None and told.same(case.owner) else "its owner is another than the one who was told"


def idle(case: Case) -> str:
    return "" if case.usage.value == "idle" else f"it is not known to be idle: {case.usage.reason}"


def coverage(case: Case) -> str:
    """The whole window of every signal, seen once more by the figures themselves."""
    least = COVERAGE * case.policy.window / case.policy.scrape
    short = [each for each in case.policy.signals if case.usage.figures.get(f"{each}_samples", 0.0) < least]
    return f"the samples of {short[0]} do not cover the window" if short else ""


def canary(case: Case) -> str:
    return "" if case.canary > 0 else "the canary shows no work"


def recheck(case: Case) -> str:
    return "" if timedelta(0) <= case.now - case.read_at <= FRESH else "the re-check is too old"


def readings(case: Case) -> str:
    """Two idle readings in a row, the re-check among them."""
    first = case.row.first_reading
    apart = timedelta(seconds=case.policy.apart)
    return "" if first is not None and case.read_at - first >= apart else "there is no second reading yet"


def receipt(case: Case) -> str:
    """The owner was told, and has had the time to answer; who asks for the stop needs none."""
    if case.row.receipt is None or not case.row.receipt.stamp:
        return "nobody was told"
    known = case.row.owner is not None and case.row.owner.known
    grace = timedelta(seconds=case.policy.grace if known else case.policy.unknown_owner_grace)
    return "" if case.row.asked or case.now - case.row.receipt.at >= grace else "its owner was told too lately"


def deadline(case: Case) -> str:
    """What the notice promised, later by any time in which nothing was known."""
    after = case.row.stop_after
    return "" if case.row.asked or (after is not None and case.now >= after) else "its deadline is still to come"


def rollout(case: Case) -> str:
    return "" if case.row.rollout == case.rollout else "it was rolled out since the notice"


def pods(case: Case) -> str:
    return "" if case.row.pods == case.pods else "its pods are others since the notice"


def cap(case: Case) -> str:
    return case.cap


def breaker(case: Case) -> str:
    return case.breaker


def record(case: Case) -> str:
    return "" if case.record is not None and case.record.uid == case.row.uid else "there is no durable record of it"


def fence(case: Case) -> str:
    """The objects are those of the record: what was written down is what is stopped."""
    if case.sandbox is None or case.record is None:
        return ""
    return "" if matches(case.record, case.sandbox) else "its workloads are not those of the record"


GUARDS: tuple[Guard, ...] = (
    switch, mode, there, opt_in, denied, exempt, snoozed, busy, restorable, inventory, policy, owner, idle, coverage,
    canary, recheck, readings, receipt, deadline, rollout, pods, cap, breaker, record, fence,
)  # fmt: skip


def refusals(case: Case, guards: Iterable[Guard] = GUARDS) -> list[tuple[str, str]]:
    """(guard, why not) of each that does not hold; a stop needs an empty list."""
    found = [(guard.__name__, guard(case)) for guard in guards]
    return [(name, why) for name, why in found if why]


def words(case: Case) -> list[tuple[str, str]]:
    """What people and the sandbox itself say against it: after the last write, nothing else undoes a stop."""
    return refusals(case, (opt_in, exempt, snoozed, busy))


def before_writing(case: Case) -> list[tuple[str, str]]:
    """The same without the record, which is written once all others hold."""
    return refusals(case, [guard for guard in GUARDS if guard not in (record, fence)])
