"""A fleet whose true use is known, and the reaper over it for weeks: with all that goes wrong with what it depends on.

What sandboxes truly do comes from `truth`, which knows nothing of the reaper. What Prometheus shows is made from that,
with its gaps. The judge compares what is stopped with the truth. `make simulate` prints the figures.
"""

import random
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.slack.errors import UnreachableError
from sandbox_reaper.backend import Inventory, Sandbox, Workload
from sandbox_reaper.outcome import BlockedError, Outcome
from sandbox_reaper.queries import MEASURED, queries
from sandbox_reaper.state import Row
from sandbox_reaper.usage import Readings
from tests.unit.sandboxes import truth
from tests.unit.sandboxes.sandbox_world import LIVE, T0, Crash, World, sandbox, workload

TICK = 5  # minutes
POLICY = replace(LIVE, most_per_owner=50)
WINDOW, LAG = POLICY.window / 60, POLICY.lag / 60
LATEST = 165  # minutes from the end of use to the stop


def policy_of(fleet: int) -> SandboxPolicy:
    """The default's caps; wider ones for a large fleet, in which more is due at once after each silence of Slack."""
    return POLICY if fleet <= 100 else replace(POLICY, most_stops=fleet // 2, most_share=0.5)


# Every call to something outside, before or after it has taken effect.
CALLS = (
    "inventory", "take", "requests", "sandbox", "save", "saved", "show", "shown", "record", "recorded", "stop",
    "resume", "written",
)  # fmt: skip
_LATEST_ANSWER = 240  # seconds that Slack takes at most in one run


@dataclass
class Running:
    """One run while it is under way: the minute of its last figures, and what it stops.

    `drift` is how far its own clock is off.
    """

    drift: timedelta
    read: float = 0.0
    stops: set[str] = field(default_factory=set)


@dataclass
class Figures:
    """What is counted on the way. `earliest` is the shortest time from a receipt to a stop that nobody asked for."""

    decisions: int = 0
    earliest: float = float("inf")
    most: int = 0
    restores: int = 0
    faults: Counter[str] = field(default_factory=Counter)


@dataclass
class Simulation(World):
    """The world of the unit tests, measured by what truly happens. `wrong` names each thing that must never be."""

    seed: int = 0
    days: float = 30
    fleet: int = 50
    lives: dict[str, truth.Life] = field(default_factory=dict)
    weather: truth.Weather = field(default_factory=lambda: truth.Weather([], [], []))
    wrong: list[str] = field(default_factory=list)
    delayed: dict[str, truth.Spans] = field(default_factory=dict)
    waited: dict[str, list[float]] = field(default_factory=dict)
    people_at: dict[str, list[float]] = field(default_factory=dict)
    failed_at: dict[str, list[float]] = field(default_factory=dict)
    seen: Figures = field(default_factory=Figures)
    running: list[Running] = field(default_factory=list)
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    claims: dict[str, Row] = field(default_factory=dict)
    again: Counter[str] = field(default_factory=Counter)
    late: float = 0.0

    def __post_init__(self) -> None:
        self.luck = random.Random(self.seed)
        minutes = self.days * 1440
        self.weather = truth.weather(self.luck, minutes)
        for number in range(self.fleet):
            owner = {"kaizen.dev/owner": f"U0OWNER{number}"}
            given = self.add(sandbox(f"s{number:03}", annotations=owner, workloads=_workloads(self.luck)))
            self.lives[given.name] = truth.life(self.luck, minutes)
        self.constant = {name: dict.fromkeys(self.lives, value) for name, value in _level().items()}
        self.constant[MEASURED] = {f"{name}/{name}-{each}": 1.0 for name in self.lives for each in (1, 2)}
        self.constant["clusters"] |= {POLICY.canary: 1.0}
        self.hooks |= {"show": self._slack, "shown": self._lost}

    @property
    def minute(self) -> float:
        return (self.now - T0) / timedelta(minutes=1)

    def chance(self, share: float, name: str) -> bool:
        """Whether that happens now; counted."""
        happens = self.luck.random() < share
        self.seen.faults[name] += happens
        return happens

    # ------------------------------------------------------------ what the reaper sees
    def inventory(self) -> Inventory:
        """With the cluster's clock, which is another than ours at times."""
        found = super().inventory()
        if not truth.during(self.weather.skews, self.minute, self.minute + 0.1):
            return found
        self.seen.faults["runs under a clock that is off"] += 1
        return replace(found, at=found.at + timedelta(seconds=self.luck.choice((-7200, -180, -60, 60, 180, 7200))))

    def clock(self) -> datetime:
        """Ours, a few seconds off in each run, too."""
        return self.now + self.running[-1].drift

    def take(self, at: datetime, within: Collection[str] = ()) -> Readings:
        """What Prometheus shows: peaks of what was measured, samples less those that are missing."""
        self._hook("take")
        self.running[-1].read = self.minute
        if truth.during(self.weather.outages, self.minute, self.minute + 0.1):
            self.seen.faults["runs in an outage of Prometheus"] += 1
            return Readings(at, fault="Prometheus: 503")
        end = self.minute - LAG
        begin, cpu, samples, age = end - WINDOW, {}, {}, {}
        for name, life in self.lives.items():
            missing = truth.lost(life.gaps, begin, end)
            samples[name] = (WINDOW - missing) * 60 / POLICY.scrape
            age[name] = 15.0 + 60 * truth.lost(life.gaps, end - 5, end) if missing else 15.0
            worked = truth.during(life.work, begin, end) and not truth.hidden(life.work, life.gaps, begin, end)
            cpu[name] = 0.4 if worked else 0.002
        return Readings(at, self.constant | {"cpu": cpu, "cpu_samples": samples, "age": age} | _CANARY)

    def _slack(self) -> None:
        """Slack refuses at times, and answers late at others."""
        if truth.during(self.weather.silences, self.minute, self.minute + 0.1):
            self.seen.faults["notices that Slack did not take"] += 1
            raise UnreachableError("gaierror", "no connection")
        if self.late < _LATEST_ANSWER and self.chance(0.02, "late answers of Slack"):
            seconds = self.luck.uniform(20, _LATEST_ANSWER - self.late)
            self.late += seconds
            self.now += timedelta(seconds=seconds)

    def _lost(self) -> None:
        """The message stands there, and nobody hears of it."""
        if self.chance(0.02, "answers of Slack that were lost"):
            raise UnreachableError("timeout", "no answer")

    # ------------------------------------------------------------ the judge
    def save(self, row: Row, changes: Iterable[Any], now: datetime) -> Row:
        if row.state == "STOP_CLAIMED":
            self.claims[row.stop_id] = row
        return super().save(row, changes, now)

    def stop(self, given: Sandbox, found: Workload, stop_id: str) -> Workload:
        before, made = _sizes_before(self.sandboxes[given.name]), len(self.stops)
        try:
            return super().stop(given, found, stop_id)
        finally:
            if len(self.stops) > made:
                self._judge(self.claims[stop_id], before)

    def _judge(self, row: Row, before: dict[str, int]) -> None:
        """A write of a stop was made: was it right, by the truth, and by what was known? The row is that of its claim.

        Each write is judged, also where a stop goes on that a run broke off.
        """
        running = self.running[-1]
        running.stops.add(row.name)
        self.sizes.setdefault(row.name, before)
        life = self.lives[row.name]
        if truth.during(life.work, self.minute - WINDOW, self.minute - LAG - 1):
            self.wrong.append(f"{row.name} was in use at {self.minute}")
        told = (self.now - row.receipt.at) / timedelta(minutes=1) if row.receipt is not None else 0.0
        if row.receipt is None or (not row.asked and told < 30):
            self.wrong.append(f"{row.name} was not told for 30 minutes at {self.minute}")
        if not row.asked:
            self.seen.earliest = min(self.seen.earliest, told)
        unknown = truth.during(self.weather.outages, running.read, running.read + 0.1)
        lost = truth.lost(life.gaps, running.read - LAG - WINDOW, running.read - LAG)
        if unknown or lost > 0.05 * WINDOW or self.minute - running.read > 1.5:
            self.wrong.append(f"{row.name} was unknown at {self.minute}")

    def run(self, only: str = "") -> Outcome:
        self.running.append(Running(timedelta(seconds=self.luck.uniform(-20, 20))))
        try:
            done = super().run(only)
        finally:
            stopped = self.running.pop().stops
            self.seen.most = max(self.seen.most, len(stopped))
            if len(stopped) > self.policy.most_stops:
                self.wrong.append(f"{len(stopped)} were stopped in one run at {self.minute}")
        self.seen.decisions += len(done.visits)
        return done

    def _restored(self) -> None:
        """Whatever was stopped and runs again is exactly as it was, with nothing of ours left on it."""
        for name, before in list(self.sizes.items()):
            if self.row(name).state in ("STOP_CLAIMED", "STOPPED", "RESUMED"):
                continue
            here = self.sandboxes[name]
            if any(each.stop for each in here.workloads) and self.again[name] < 2:
                self.again[name] += 1  # a run that was overtaken stopped it: the next one gives it back
                continue
            del self.sizes[name]
            self.again[name] = 0
            self.seen.restores += 1
            if _sizes(here) != before or any(each.stop or each.original is not None for each in here.workloads):
                self.wrong.append(f"{name} was not restored exactly at {self.minute}: {_sizes(here)} for {before}")

    # ------------------------------------------------------------ time
    def people(self) -> None:
        """Who begins to work resumes first, or scales up by hand; some notices are answered; rollouts change pods."""
        minute = self.minute
        for name, life in self.lives.items():
            row = self.stored.get(f"uid-{name}")
            if truth.during(life.deploys, minute - TICK, minute):
                pods = (f"{name}-{minute}-1", f"{name}-{minute}-2")
                if any(each.size for each in self.sandboxes[name].workloads):
                    self.change(name, changed_at=self.now, pods=pods)
            if row is None:
                continue
            if row.state == "NOTIFIED" and self.luck.random() < 0.02:
                self.press(name, "keep" if self.luck.random() < 0.5 else "stop", 4)
                self.people_at.setdefault(name, []).append(minute)
            if row.state == "UNREAPABLE":
                self.people_at.setdefault(name, []).append(minute)
            if row.state == "STOPPED" and truth.during(life.work, minute - TICK, minute):
                if not truth.during(life.work, minute - 0.1, minute):  # it was short: who resumes comes after it
                    self.people_at.setdefault(name, []).append(minute)
                if self.luck.random() < 0.8:
                    self.press(name, "resume")
                else:
                    self._by_hand(name)

    def _by_hand(self, name: str) -> None:
        self.sizes.pop(name, None)  # to another size, which is not ours to change
        here = self.sandboxes[name].workloads
        after = tuple(
            replace(each, size=2, version=f"{each.version}0", generation=each.generation + 1)  # our marks stay
            for each in here
        )
        self.change(name, workloads=after, pods=(f"{name}-h1", f"{name}-h2"), changed_at=self.now)

    def tick(self) -> None:
        """One run, or none, or two; at times one that breaks off at some call, or that another one comes between."""
        begin, self.late = self.now, 0.0
        self.people()
        if self.now.hour == 0:
            self.asked.clear()  # as the table's time to live does
        runs = 0 if self.chance(0.01, "lost runs") else 2 if self.chance(0.01, "doubled runs") else 1
        held = "a run broke off, or never came"
        for _ in range(runs):
            with suppress(Crash), self._disturbance():
                done = self.run()
                held = self._held_all(done)
                if not done.source:
                    self.remember(done)
        self._restored()
        if held:
            self.delayed.setdefault(held, []).append((self.minute, self.minute + 0.1))
        self.now = begin + timedelta(minutes=TICK)

    def _held_all(self, done: Outcome) -> str:
        """What kept the whole fleet waiting; empty for nothing. What failed for one sandbox is noted there."""
        held = ""
        for each in done.faults:
            names = getattr(each, "__notes__", [])
            if not names:
                held = f"the {each.by} held" if isinstance(each, BlockedError) else "Prometheus was out"
            for name in names:
                self.failed_at.setdefault(name, []).append(self.minute)
        for visit in done.visits:
            if visit.row.why == "crowded":
                self.waited.setdefault(visit.row.name, []).append(self.minute)
        return held

    def go(self) -> None:
        while self.minute < self.days * 1440:
            self.tick()

    def _disturbance(self) -> "Disturbance":
        """For one run: it breaks off at some call, another run goes whole at some call, or nothing."""
        call = self.luck.choice(CALLS)
        if self.luck.random() < 0.02:
            return Disturbance(self, call, "crashes")
        return Disturbance(self, call if self.luck.random() < 0.02 else "", "overlapping runs")

    # ------------------------------------------------------------ the figures
    def idle_times(self) -> "Pauses":
        """Every pause of use that was long enough, and what had a part in those that are left out."""
        found = Pauses()
        by_name: dict[str, list[float]] = {}
        for at, name, _ in self.stops:
            by_name.setdefault(name, []).append((at - T0) / timedelta(minutes=1))
        for name, life in self.lives.items():
            for (_, begin), (end, _) in pairwise(life.work):
                if end - begin < LATEST or end > self.minute:
                    continue
                stopped = any(begin < at <= begin + LATEST for at in by_name.get(name, ()))
                found.every += 1
                found.every_in_time += stopped
                if cause := self._disturbed(name, begin):
                    found.left_out[cause] += 1
                else:
                    found.whole += 1
                    found.in_time += stopped
        return found

    def _disturbed(self, name: str, begin: float) -> str:
        """What had a part in the two hours and three quarters from there, the first that had; empty for nothing."""
        span, life = (begin - WINDOW - LAG, begin + LATEST), self.lives[name]
        for cause, spans in (
            ("it was not measured", life.gaps), ("a rollout", life.deploys),
            ("Slack was silent", self.weather.silences), ("a clock was off", self.weather.skews),
        ):  # fmt: skip
            if truth.during(spans, *span):
                return cause
        for cause, spans in self.delayed.items():
            if truth.during(spans, begin, span[1]):
                return cause
        if any(begin < at < span[1] for at in self.failed_at.get(name, ())):
            return "something failed for it alone"
        if any(begin < at < span[1] for at in self.waited.get(name, ())):
            return "it waited for a cap"
        pressed = any(begin - 4 * 60 - TICK < at < span[1] for at in self.people_at.get(name, ()))
        return "a person" if pressed else ""


@dataclass
class Pauses:
    """Pauses of use: every long one, those with nothing in their way (`whole`), and how many ended in a stop in time.

    `left_out` counts the others by what stood in their way.
    """

    every: int = 0
    every_in_time: int = 0
    whole: int = 0
    in_time: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


class Disturbance:
    """For the time of a run, one call ends the process, or another run goes whole before it: at its first or second."""

    def __init__(self, world: Simulation, call: str, kind: str) -> None:
        self.world, self.call, self.kind, self.left = world, call, kind, world.luck.choice((1, 2))
        self.before = world.hooks.get(call)

    def __enter__(self) -> None:
        if self.call:
            self.world.hooks[self.call] = self._act

    def __exit__(self, *_: object) -> None:
        if self.call and self.before:
            self.world.hooks[self.call] = self.before
        elif self.call:
            self.world.hooks.pop(self.call, None)

    def _act(self) -> None:
        if self.before:
            self.before()
        self.left -= 1
        if self.left:
            return
        self.world.seen.faults[self.kind] += 1
        if self.kind == "crashes":
            raise Crash
        self.__exit__()
        self.world.late = _LATEST_ANSWER  # no run is held up for minutes between its re-check and its write
        self.world.run()  # without the lease, which would have kept it away


def _workloads(luck: random.Random) -> tuple[Workload, ...]:
    """Of different sizes; one may be at 0 already, and stays there."""
    made = [workload("web", luck.randint(1, 5)), workload("db", luck.randint(1, 3), "StatefulSet")]
    made += [workload("nightly", luck.randint(0, 1), "CronJob")] if luck.random() < 0.3 else []
    return (*made, *([workload("old", 0)] if luck.random() < 0.3 else []))


def _sizes(here: Sandbox) -> dict[str, int]:
    return {each.name: each.size for each in here.workloads}


def _sizes_before(here: Sandbox) -> dict[str, int]:
    """Also in the midst of a stop: what is marked had another size before it."""
    return {each.name: (each.original or 0) if each.stop and not each.size else each.size for each in here.workloads}


def _level() -> dict[str, float]:
    whole = POLICY.window / POLICY.scrape
    level = {name: whole if name.endswith("_samples") else 0.0 for name in queries(POLICY)}
    return level | {"memory_high": 2.0**30, "memory_low": 2.0**30, "clusters": 1.0}


_CANARY = {"canary": {POLICY.canary: 1.0}, "canary_samples": {POLICY.canary: POLICY.window / POLICY.scrape}}
