"""Whether a sandbox is in use: three values, and idle is the one that must be proven. Pure.

It is decided from the list of sandboxes, never from the names in an answer: what an answer leaves out is not known.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from kaizen.durations import human
from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.prometheus.results import Result, Vector
from sandbox_reaper.backend import Sandbox
from sandbox_reaper.queries import MEASURED

COVERAGE, MOST_COVERAGE = 0.95, 1.2
SKEW = timedelta(minutes=2)  # between clocks; what lies further ahead is not believed
_STALE = timedelta(minutes=1)  # an answer for another instant than was asked for is an old one
_OLDEST_STEPS = 3  # samples that the newest one may lack, and one step of the question

Value = Literal["active", "idle", "unknown"]


class OddAnswerError(Exception):
    """An answer is not what was asked for: another type, or something may be missing. Nothing follows from it."""


@dataclass(frozen=True, slots=True)
class Readings:
    """The figures of the whole fleet, by question and namespace or `namespace/pod`, or why there are none (`fault`).

    `at` is when they were asked for; the window ends `lag` before it.
    """

    at: datetime
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    fault: str = ""

    def of(self, question: str, place: str) -> float | None:
        return self.figures.get(question, {}).get(place)


@dataclass(frozen=True, slots=True)
class Usage:
    """`why` is one of a few words, `reason` says it to people, `figures` are those it follows from."""

    value: Value
    why: str
    reason: str
    figures: Mapping[str, float] = field(default_factory=dict)


def by_place(result: Result, labels: Sequence[str], asked: datetime) -> dict[str, float]:
    """The values of an answer by namespace, or by `namespace/pod`; `asked` is the instant that was asked for.

    Raises OddAnswerError for anything but a whole vector of one value per place, of that instant.
    """
    if not isinstance(result, Vector) or result.histograms:
        raise OddAnswerError(
            f"the answer is a {type(result).__name__.lower()} or a histogram, and no vector of numbers"
        )
    if not result.notes.complete:
        raise OddAnswerError(f"something may be missing: {'; '.join(result.notes.warnings) or 'a partial answer'}")
    found: dict[str, float] = {}
    for sample in result.samples:
        names = [sample.labels.get(label, "") for label in labels]
        place = "/".join(names)
        if set(sample.labels) - set(labels) or place in found:
            raise OddAnswerError(f"the answer has more than one value for a {labels[-1]}")
        if abs(sample.at - asked.timestamp()) > _STALE.total_seconds():
            raise OddAnswerError(f"the answer is of {sample.at:.0f}, and was asked for {asked.timestamp():.0f}")
        if all(names) and math.isfinite(sample.value):
            found[place] = sample.value
    return found


def judged(
    sandbox: Sandbox, touched: datetime, readings: Readings, policy: SandboxPolicy, busy: datetime | None = None
) -> Usage:
    """The usage of a sandbox; `touched` is the newest sign of a person: its creation, a rollout, a resume. It is
    `busy` until then by its own word; that is a sign, too, for as long as any other.

    | condition, the first that holds                                              | value   |
    |------------------------------------------------------------------------------|---------|
    | it is `busy` still                                                           | active  |
    | `touched` lies in the future                                                 | unknown |
    | `touched`, or the end of `busy`, lies in the window                          | active  |
    | there is no whole answer                                                     | unknown |
    | a peak is above its limit: it was there, whatever else is missing            | active  |
    | it asks for graphics processors, or shares the node's network                | unknown |
    | a figure or a pod is missing, samples are missing or old, the canary is dead | unknown |
    | memory changed by more than its limit                                        | active  |
    | else: every peak of the whole window is below its limit                      | idle    |
    """
    if busy is not None and readings.at < busy:
        return Usage("active", "busy", f"it says that it is busy until {busy:%Y-%m-%d %H:%M} UTC")
    if touched > readings.at + SKEW:
        return Usage("unknown", "clock", "its newest change lies in the future")
    if readings.at - touched < timedelta(seconds=policy.window):
        return Usage("active", "touched", f"it was made or changed at {touched:%Y-%m-%d %H:%M} UTC")
    if busy is not None and readings.at - busy < timedelta(seconds=policy.window):
        return Usage("active", "busy", f"it was busy until {busy:%Y-%m-%d %H:%M} UTC by its own word")
    if readings.fault:
        return Usage("unknown", "source", readings.fault)
    figures = _figures(sandbox, readings)
    if peak := _busy(figures, policy):
        return Usage("active", *peak, figures)
    if unclear := _unclear(sandbox, figures, policy) or _canary(readings, policy):
        return Usage("unknown", *unclear, figures)
    if moved := _memory(figures, policy):
        return Usage("active", "memory", moved, figures)
    return Usage("idle", "idle", f"every peak of {human(policy.window)} is below its limit", figures)


def _figures(sandbox: Sandbox, readings: Readings) -> dict[str, float]:
    """Of a namespace as they were answered; of a Sandbox from those of its pods, where all of them have one.

    Peaks of pods are added up, though they need not be of one time: rather too much than too little.
    """
    places = (sandbox.name,) if sandbox.whole else sandbox.measured
    found = {}
    for question, values in readings.figures.items():
        known = [values[place] for place in places if place in values]
        if known and len(known) == len(places) and not question.startswith("canary"):
            found[question] = _together(question, known)
    known_pods = readings.figures.get(MEASURED, {})
    return found | {"pods": float(sum(each in known_pods for each in sandbox.measured))} if readings.figures else found


def _together(question: str, known: Sequence[float]) -> float:
    if question.endswith("_samples"):
        return min(known)
    return max(known) if question in ("age", "clusters") else sum(known)


def _busy(figures: Mapping[str, float], policy: SandboxPolicy) -> tuple[str, str] | None:
    """The first signal above its limit, in a word and in a sentence. A limit that is met is exceeded."""
    for signal, limit, unit in (
        ("cpu", policy.cpu, "cores"),
        ("receive", policy.receive, "bytes received per second"),
        ("transmit", policy.transmit, "bytes sent per second"),
        ("disk", policy.disk, "bytes written per second"),
    ):
        if signal in policy.signals and figures.get(signal, -1.0) >= limit:
            return signal, f"a peak of {figures[signal]:.4g} {unit}"
    return None


def _memory(figures: Mapping[str, float], policy: SandboxPolicy) -> str:
    """By how much it changed. A pod that is not measured looks the same, so that samples are counted first."""
    change = figures["memory_high"] - figures["memory_low"]
    if change < max(policy.memory_share * figures["memory_high"], policy.memory_bytes):
        return ""
    return f"memory changed by {change / 2**20:.0f} MiB"


def _unclear(sandbox: Sandbox, figures: Mapping[str, float], policy: SandboxPolicy) -> tuple[str, str] | None:
    if sandbox.gpus:
        return "gpu", "it asks for graphics processors, whose work is not measured"
    if sandbox.host_network:
        return "host_network", f"{sandbox.host_network[0]} shares the network of its node"
    for signal in policy.signals:
        for name in ("memory_high", "memory_low") if signal == "memory" else (signal,):
            if figures.get(name) is None or figures[name] < 0:
                return "missing", f"no figure for {signal}"
        samples = figures.get(f"{signal}_samples")
        if fault := _coverage(samples, signal, policy):
            return "coverage", fault
    age = figures.get("age")
    if age is None or not -SKEW.total_seconds() <= age <= _OLDEST_STEPS * policy.scrape + 60:
        return "stale", "the newest sample is too old" if age is not None else "no sample of late"
    if mixed := _mixed(figures.get("clusters")):
        return "clusters", mixed
    if figures["pods"] < len(sandbox.pods):
        every = ", ".join(policy.signals)
        return "pods", f"only {figures['pods']:.0f} of its {len(sandbox.pods)} pods are measured by each of {every}"
    return None


def _mixed(clusters: float | None) -> str:
    """Why figures may be those of a namesake in another cluster; empty where they are of one cluster."""
    if clusters is None:
        return "it is not known of which cluster its figures are"
    return f"its figures are of {clusters:.0f} clusters: [sandboxes.matchers] must name one" if clusters > 1 else ""


def _coverage(samples: float | None, signal: str, policy: SandboxPolicy) -> str:
    """Why the samples of a signal do not cover the window; empty where they do."""
    expected = policy.window / policy.scrape
    if samples is None and signal == "cpu":
        return "no samples of cpu, or a gap among them that is longer than five minutes"
    if samples is None or samples < COVERAGE * expected:
        return f"{samples or 0:.0f} of {expected:.0f} samples of {signal}"
    if samples > MOST_COVERAGE * expected:
        return f"{samples:.0f} samples of {signal} where {expected:.0f} were expected: gaps could not be seen"
    return ""


def _canary(readings: Readings, policy: SandboxPolicy) -> tuple[str, str] | None:
    lowest, samples = readings.of("canary", policy.canary), readings.of("canary_samples", policy.canary)
    if lowest is None or lowest <= 0:
        return "canary", f"{policy.canary}, which always works, shows no work"
    if fault := _coverage(samples, f"{policy.canary}, the canary", policy):
        return "canary", fault
    if fault := _mixed(readings.of("clusters", policy.canary)):
        return "canary", f"{policy.canary}: {fault}"
    return None
