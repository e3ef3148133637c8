"""Thirty days of fifty sandboxes whose true use is known: with outages, gaps, silences of Slack, crashes and clicks."""

import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from kaizen.slack.errors import UnreachableError
from sandbox_reaper.queries import queries
from sandbox_reaper.usage import Readings
from tests.effort import examples
from tests.unit.sandboxes import truth
from tests.unit.sandboxes.sandbox_world import LIVE, T0, Crash, World, sandbox

DAYS, FLEET, TICK = examples(30), 50, 5
POLICY = replace(LIVE, most_per_owner=50)
WINDOW, LAG = POLICY.window / 60, POLICY.lag / 60
LATEST = 165  # minutes from the end of use to the stop
_CALLS = ("save", "saved", "show", "shown", "record", "stop", "written", "resume")


@dataclass
class Simulation(World):
    """The world of the unit tests, measured by what truly happens."""

    seed: int = 0
    lives: dict[str, truth.Life] = field(default_factory=dict)
    weather: truth.Weather = field(default_factory=lambda: truth.Weather([], []))
    wrong: list[str] = field(default_factory=list)
    delayed: truth.Spans = field(default_factory=list)
    people_at: dict[str, list[float]] = field(default_factory=dict)
    decisions: int = 0

    def __post_init__(self) -> None:
        self.luck = random.Random(self.seed)
        minutes = DAYS * 1440
        self.weather = truth.weather(self.luck, minutes)
        for number in range(FLEET):
            given = sandbox(f"s{number:02}", annotations={"kaizen.dev/owner": f"U0OWNER{number}"})
            self.add(given)
            self.lives[given.name] = truth.life(self.luck, minutes)
        self.constant = {name: dict.fromkeys(self.lives, value) for name, value in _level().items()}
        self.hooks |= {"stop": self._judge, "show": self._slack}

    @property
    def minute(self) -> float:
        return (self.now - T0) / timedelta(minutes=1)

    def take(self, at: datetime) -> Readings:
        """What Prometheus shows: peaks of what was measured, samples less those that are missing."""
        if truth.during(self.weather.outages, self.minute, self.minute + 0.1):
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

    def _judge(self) -> None:
        """A write that stops something: by the truth, and by what was known."""
        for row in self.stored.values():
            if row.state != "STOP_CLAIMED" or any(name == row.name for at, name, _ in self.stops if at == self.now):
                continue
            life = self.lives[row.name]
            if truth.during(life.work, self.minute - WINDOW, self.minute - LAG - 1):
                self.wrong.append(f"{row.name} was in use at {self.minute}")
            if row.receipt is None or (not row.asked and self.now - row.receipt.at < timedelta(minutes=30)):
                self.wrong.append(f"{row.name} was not told for 30 minutes at {self.minute}")
            unknown = truth.during(self.weather.outages, self.minute, self.minute + 0.1)
            if unknown or truth.lost(life.gaps, self.minute - LAG - WINDOW, self.minute - LAG) > 0.05 * WINDOW:
                self.wrong.append(f"{row.name} was unknown at {self.minute}")

    def _slack(self) -> None:
        if truth.during(self.weather.silences, self.minute, self.minute + 0.1):
            raise UnreachableError("gaierror", "no connection")

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
        here = self.sandboxes[name].workloads
        after = tuple(
            replace(each, size=2, version=f"{each.version}0", generation=each.generation + 1, stop="", original=None)
            for each in here
        )
        self.change(name, workloads=after, pods=(f"{name}-h1", f"{name}-h2"), changed_at=self.now)

    def tick(self) -> None:
        """One run, or none, or two; at times one that breaks off at some call."""
        self.people()
        if self.now.hour == 0:
            self.asked.clear()  # as the table's time to live does
        chance = self.luck.random()
        runs_now = 0 if chance < 0.01 else 2 if chance < 0.02 else 1
        whole = False
        for _ in range(runs_now):
            before = len(self.stops)
            with suppress(Crash), self.broken():
                done = self.run()
                self.decisions += len(done.visits)
                whole = not done.faults
            runs = Counter(name for _, name, _ in self.stops[before:])
            if len(runs) > POLICY.most_stops + 1:  # one that broke off may be finished beside them
                self.wrong.append(f"{len(runs)} were stopped at once at {self.minute}")
        if not whole:  # an outage, a cap, the breaker, a run that broke off or never came
            self.delayed.append((self.minute, self.minute + 0.1))
        self.now += timedelta(minutes=TICK)

    def idle_times(self) -> tuple[int, int]:
        """How many pauses of use were long, measured and undisturbed; and how many of these ended in a stop in time."""
        whole = stopped = 0
        begins = {(name, (at - T0) / timedelta(minutes=1)) for at, name, _ in self.stops}
        by_name: dict[str, list[float]] = {}
        for name, at in sorted(begins):
            by_name.setdefault(name, []).append(at)
        for name, life in self.lives.items():
            for (_, begin), (end, _) in pairwise(life.work):
                if end - begin >= LATEST and end <= self.minute and not self._disturbed(name, begin):
                    whole += 1
                    stopped += any(begin < at <= begin + LATEST for at in by_name.get(name, ()))
        return whole, stopped

    def _disturbed(self, name: str, begin: float) -> bool:
        """Whether a person or a fault had a part in the two hours and three quarters from there."""
        span, life = (begin - WINDOW - LAG, begin + LATEST), self.lives[name]
        faults = (self.weather.silences, life.gaps, life.deploys)
        if truth.during(self.delayed, begin, span[1]) or any(truth.during(each, *span) for each in faults):
            return True
        return any(begin - 4 * 60 - TICK < at < span[1] for at in self.people_at.get(name, ()))

    def broken(self) -> "Broken":
        return Broken(self, self.luck.choice(_CALLS) if self.luck.random() < 0.02 else "")


class Broken:
    """For the time of a run, one call ends the process: the first or second of its kind."""

    def __init__(self, world: Simulation, call: str) -> None:
        self.world, self.call, self.left = world, call, world.luck.choice((1, 2))
        self.before = world.hooks.get(call)

    def __enter__(self) -> None:
        if self.call:
            self.world.hooks[self.call] = self._crash

    def __exit__(self, *_: object) -> None:
        if self.call and self.before:
            self.world.hooks[self.call] = self.before
        elif self.call:
            del self.world.hooks[self.call]

    def _crash(self) -> None:
        if self.before:
            self.before()
        self.left -= 1
        if not self.left:
            raise Crash


def _level() -> dict[str, float]:
    whole = POLICY.window / POLICY.scrape
    level = {name: whole if name.endswith("_samples") else 0.0 for name in queries(POLICY)}
    return level | {"memory_high": 2.0**30, "memory_low": 2.0**30, "pods": 2.0}


_CANARY = {"canary": {POLICY.canary: 1.0}, "canary_samples": {POLICY.canary: POLICY.window / POLICY.scrape}}


def test_a_month_of_fifty_sandboxes() -> None:
    world = Simulation(policy=POLICY, seed=18)
    while world.minute < DAYS * 1440:
        world.tick()
    assert world.wrong == []
    assert world.decisions > 0.95 * FLEET * DAYS * 1440 / TICK
    stopped = {row.name for row in world.stored.values() if row.stop_id} | {name for _, name, _ in world.stops}
    assert len(stopped) == FLEET  # each of them once at least
    assert len(world.stops) > 30 * DAYS
    whole, in_time = world.idle_times()
    assert whole > 5 * DAYS
    assert in_time >= 0.99 * whole, (in_time, whole)


def test_the_simulation_sees_a_grace_that_is_too_short() -> None:
    world = Simulation(policy=replace(POLICY, grace=600), seed=18)
    while world.minute < 1440:
        world.tick()
    assert any("was not told for 30 minutes" in each for each in world.wrong)
