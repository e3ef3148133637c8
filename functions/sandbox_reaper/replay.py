"""Decisions with all that they follow from, as they are kept, and made again. Pure."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kaizen.policy.sections.sandboxes import SandboxPolicy
from sandbox_reaper.decision import Decision, Facts, decide
from sandbox_reaper.outcome import Outcome
from sandbox_reaper.plain import from_plain, to_plain
from sandbox_reaper.state import Row


@dataclass(frozen=True, slots=True)
class Kept:
    """A sandbox in one run: what was known before each decision, and the guards that did not hold."""

    uid: str
    run: str
    name: str
    policy: str
    steps: tuple[tuple[Row, Facts], ...]
    guarded: tuple[str, ...] = ()

    def text(self) -> str:
        steps = [[to_plain(row), to_plain(facts)] for row, facts in self.steps]
        return json.dumps({"policy": self.policy, "steps": steps, "guarded": list(self.guarded)}, separators=(",", ":"))

    @classmethod
    def read(cls, uid: str, run: str, name: str, text: str) -> "Kept":
        given = json.loads(text)
        steps = tuple((from_plain(Row, row), from_plain(Facts, facts)) for row, facts in given["steps"])
        return cls(uid, run, name, given["policy"], steps, tuple(given["guarded"]))


_UNKEPT = "or it was active and in use, or nothing was known of the whole fleet, which are not kept"


def run_of(at: datetime) -> str:
    """The name of a run: sortable, as `20260302T090000Z`."""
    return f"{at:%Y%m%dT%H%M%SZ}"


def policy_key(policy: SandboxPolicy) -> str:
    text = json.dumps(to_plain(policy), sort_keys=True)
    return f"policy#{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def kept(done: Outcome, policy: str) -> Iterator[Kept]:
    """Of each sandbox about which something else is decided than in the run before.

    Of one that stays active nothing is kept while it is in use, nor while nothing is known of the whole fleet.
    """
    for visit in done.visits:
        if not visit.steps:
            continue
        first, last = visit.steps[0].row, visit.steps[-1].decision
        same = (first.state, first.why) == (visit.row.state, last.why)
        active = first.state == visit.row.state == "ACTIVE"
        if (same and not visit.guarded) or (active and (visit.usage.value == "active" or done.source)):
            continue
        steps = tuple((each.row, each.facts) for each in visit.steps)
        guarded = tuple(f"{name}: {why}" for name, why in visit.guarded)
        yield Kept(visit.row.uid, run_of(done.at), visit.row.name, policy, steps, guarded)


def replayed(found: Kept, policy: SandboxPolicy) -> list[Decision]:
    """The same decisions, made again from what was kept."""
    return [decide(row, facts, policy) for row, facts in found.steps]


def words(found: Kept, policy: SandboxPolicy, asked: str) -> str:
    """The replay for people: what was known, what was decided, and what a stop was refused for. `asked` is the run that
    they asked for: what was kept may be an older one."""
    lines = [f"{found.name} ({found.uid}), run {found.run}"]
    if found.run < asked:
        lines.insert(0, f"Nothing else was kept up to {asked}: since the run below, the same was decided; {_UNKEPT}.")
    for (row, facts), decision in zip(found.steps, replayed(found, policy), strict=True):
        lines.append(
            f"  {row.state} at {facts.now:%Y-%m-%d %H:%M:%S} UTC, usage {facts.usage.value}: {facts.usage.reason}"
        )
        lines += [f"    {name} = {value:.6g}" for name, value in sorted(facts.usage.figures.items())]
        acts = f", then {decision.action}" if decision.action != "none" else ""
        lines.append(f"  -> {decision.row.state}: {decision.why} ({decision.reason}){acts}")
    lines += [f"  not stopped, {each}" for each in found.guarded]
    return "\n".join(lines)
