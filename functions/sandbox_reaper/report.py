"""A run in figures and, of a dry run, in words. Pure."""

from collections import Counter
from collections.abc import Iterable

from kaizen.metrics.catalogue.sandboxes import STATES
from kaizen.metrics.changes import Change, add, set_gauge
from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.slack.blocks import Message
from kaizen.slack.errors import SlackError
from kaizen.slack.notices import BusyError
from sandbox_reaper import wording
from sandbox_reaper.backend import BackendError
from sandbox_reaper.outcome import BlockedError, Outcome, SourceError, Visit
from sandbox_reaper.ports import UntoldError
from sandbox_reaper.stopping import UnfinishedError

# As in the rule SandboxUsageUnknown, which divides by the others.
_NOT_COUNTED = ("STOPPED", "EXEMPT", "UNREAPABLE")


def would_stop(done: Outcome) -> list[Visit]:
    """The sandboxes that a dry run leaves idle; none when live."""
    return [each for each in done.visits if done.held == "dry_run" and each.row.state == "IDLE"]


def message(done: Outcome, policy: SandboxPolicy) -> Message:
    lines = [
        wording.Line(
            each.row.name, each.owner, each.sandbox.cores, each.sandbox.memory, each.row.since,
            f"CPU peak {each.usage.figures.get('cpu', 0.0):.3g} of {policy.cpu:.3g} cores",
        )
        for each in would_stop(done)
    ]  # fmt: skip
    states = Counter(each.row.state for each in done.visits)
    unknown = sum(each.usage.value == "unknown" and each.row.state == "ACTIVE" for each in done.visits)
    others = {
        "in use": states["ACTIVE"] - unknown,
        "unknown, so left alone": unknown,
        "exempt": states["EXEMPT"],
        "cannot be stopped": states["UNREAPABLE"],
    }
    unowned = sum(not each.owner.known for each in done.visits)
    return wording.report(lines, len(done.visits), others, unowned, policy)


def _unknown(visit: Visit) -> bool:
    """Of what runs and could be stopped: what is stopped has no figures, and of an exempt one nobody needs them."""
    return visit.usage.value == "unknown" and visit.row.state not in _NOT_COUNTED


def counts(done: Outcome) -> list[Change]:
    """Each sandbox that was seen to, by why it is left as it is; and each error by its cause."""
    whys = Counter("guarded" if each.guarded else each.steps[-1].decision.why for each in done.visits if each.steps)
    causes = Counter(map(cause, done.faults))
    return [
        *(add("kaizen_sandbox_decisions_total", {"reason": why}, number) for why, number in sorted(whys.items())),
        *(add("kaizen_sandbox_errors_total", {"cause": each}, number) for each, number in sorted(causes.items())),
    ]


def gauges(done: Outcome) -> list[Change]:
    """What stands after a whole run."""
    states = Counter(each.row.state for each in done.visits)
    idle = would_stop(done)
    made = [set_gauge("kaizen_sandboxes", {"state": state}, states[state]) for state in STATES]  # type: ignore[index]
    made += [
        set_gauge("kaizen_sandbox_unknown", {}, sum(_unknown(each) for each in done.visits)),
        set_gauge("kaizen_sandbox_would_stop", {}, len(idle)),
        set_gauge("kaizen_sandbox_would_stop_cores", {}, round(sum(each.sandbox.cores for each in idle), 3)),
        set_gauge("kaizen_sandbox_would_stop_memory_bytes", {}, sum(each.sandbox.memory for each in idle)),
    ]
    if not done.faults and not done.postponed:
        made.append(set_gauge("kaizen_sandbox_last_success_timestamp_seconds", {}, int(done.at.timestamp())))
    return made


def cause(error: BaseException) -> str:
    match error:
        case SourceError():
            return "prometheus"
        case BlockedError():
            return error.by
        case BackendError() | UnfinishedError():
            return "kubernetes"
        case SlackError() | BusyError() | UntoldError():
            return "slack"
    return "other"


def told(faults: Iterable[Exception]) -> str:
    return "; ".join(f"{', '.join(getattr(each, '__notes__', []))}: {each}".removeprefix(": ") for each in faults)


def failed(error: Exception) -> list[Change]:
    """A run that could not begin."""
    return [add("kaizen_sandbox_errors_total", {"cause": cause(error)})]
