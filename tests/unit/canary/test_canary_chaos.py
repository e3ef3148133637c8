"""Histories of two canaries in which every call may fail before or after it takes effect, a run may be cut off, and
another may come in between. Once all is quiet, pages, message and alarms are what the facts ask for. Seeded."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary_monitor.alarms import Alarm
from canary_monitor.group import Canary, Group, Standing, Status, standing
from canary_monitor.monitor import CanaryFailedError
from canary_monitor.plan import RUN, due_at
from canary_monitor.presses import Press
from canary_monitor.store import Record
from kaizen.events.canary import CanaryAlert
from kaizen.metrics.changes import Change
from kaizen.slack.blocks import Message
from kaizen.storage.transact import CancelledError
from tests.effort import examples
from tests.unit.canary.canary_world import KEY, Table, World, at, event
from tests.unit.canary.test_canary_presses import open_incidents

LIFE = timedelta(hours=24)
TITLES = {
    "success": {"Canary finished", "Canary is done"},
    "failure": {"Canary failed"},
    "superseded": {"Canary superseded"},
    "in_flight": {"Canary is over its time budget", "Canary has more time"},
}
Job = Callable[["Chaos"], object]


class CutOffError(BaseException):
    """Lambda's time-out: nothing after it runs."""


def overtaken() -> CancelledError:
    error = ClientError({"Error": {"Code": "TransactionCanceledException"}}, "TransactWriteItems")
    return CancelledError(error, ["ConditionalCheckFailed"])


class Shelf(Table):
    """The table with its condition on the version, and calls that may fail."""

    def __init__(self, world: "Chaos") -> None:
        super().__init__()
        self.world = world

    def load(self, repository_id: int, environment: str, task: str) -> Record | None:
        found: Record | None = self.world.call(lambda: self.record)
        return found

    def save(self, record: Record, changes: list[Change], now: datetime, press: Press | None = None) -> Record:
        def write() -> Record:
            if record.version != (self.record.version if self.record else 0):
                raise overtaken()
            return Table.save(self, record, changes, now, press)

        saved: Record = self.world.call(write)
        return saved


@dataclass
class Chaos(World):
    """`faults` and `meetings` are the shares of calls that fail, and in which another run comes in between."""

    rng: random.Random = field(default_factory=random.Random)
    faults: float = 0
    meetings: float = 0
    quiet: bool = False
    queue: list[Job] = field(default_factory=list)
    depth: int = 0

    def __post_init__(self) -> None:
        self.table = Shelf(self)

    def call(self, act: Callable[[], Any]) -> Any:
        if self.quiet:
            return act()
        if not self.depth and self.queue and self.rng.random() < self.meetings:
            self.depth += 1
            self.step()
            self.depth -= 1
        luck = self.rng.random()
        if luck < self.faults:
            self._break()
        answer = act()
        if luck > 1 - self.faults:
            self._break()
        return answer

    def _break(self) -> None:
        raise CutOffError if self.rng.random() < 0.3 else ConnectionError

    def step(self) -> None:
        """One message of the queue; one that fails comes again."""
        job = self.queue.pop(self.rng.randrange(len(self.queue)))
        try:
            job(self)
        except (CanaryFailedError, ConnectionError, CutOffError, CancelledError):
            self.queue.append(job)

    def set(self, alarm: Alarm, at: datetime) -> None:
        self.call(lambda: self.alarms.__setitem__(alarm, at))

    def unset(self, alarm: Alarm) -> None:
        self.call(lambda: self.alarms.pop(alarm, None))

    def page(self, event: Any) -> None:
        self.call(lambda: World.page(self, event))

    def show(self, subject: str, message: Message, thread: str = "") -> None:
        self.call(lambda: World.show(self, subject, message, thread))

    def reread(self, group: Group, canary: Canary) -> list[Status]:
        found: list[Status] = self.call(list)
        return found

    def pass_time(self, minutes: float) -> None:
        """Alarms that are due fire: each is gone then, and in the queue."""
        self.minutes = minutes
        for alarm, due in list(self.alarms.items()):
            if due <= at(minutes):
                del self.alarms[alarm]
                self.queue.append(lambda world, alarm=alarm: world.monitor.check(alarm))  # type: ignore[misc]

    def settle(self) -> None:
        self.quiet = True
        for _ in range(300):
            if not self.queue:
                return
            self.step()
        raise AssertionError("the queue does not get empty")


def deliveries(rng: random.Random) -> Iterator[tuple[float, Job]]:
    """Two deployments; some ends never come, some deliveries come late or twice."""
    for deployment in (1, 2):
        begun = rng.choice([1, 1, 50, 120, 130]) + (deployment - 1) * rng.choice([10, 100, 200])
        facts = [(begun, "in_progress")]
        if rng.random() < 0.6:
            end = begun + rng.choice([5, 119, 121, 125, 180, 250])
            facts.append((end, rng.choice(["success", "failure", "error"])))
        for minute, state in facts:
            given = event(state, minute, deployment)
            for _ in range(1 + (rng.random() < 0.3)):
                yield minute + rng.choice([0, 0, 0, 3, 60]), lambda world, given=given: world.monitor.take(given)  # type: ignore[misc]


def alerts(rng: random.Random) -> Iterator[tuple[float, Job]]:
    """Prometheus tells of those that are known."""
    for _ in range(rng.randrange(3)):
        deployment = rng.choice([1, 2])

        def tell(world: Chaos, deployment: int = deployment) -> None:
            if world.table.find(deployment, "production"):
                alert = CanaryAlert(at(world.minutes), "acme/shop", "production", deployment, True, at(0))
                world.monitor.alerted(alert)

        yield rng.choice([121, 122, 130, 185, 190, 260, 300]), tell


def presses(rng: random.Random) -> Iterator[tuple[float, Job]]:
    for _ in range(rng.randrange(3)):
        verb = rng.choice(["extend", "done"])

        def press(world: Chaos, verb: str = verb) -> None:
            if world.shown and f"canary.{verb}" in world.buttons():
                world.press(verb, world.minutes)

        yield rng.choice([123, 130, 150, 190, 250]), press


def lived(seed: int, faults: float, meetings: float) -> Chaos:
    rng = random.Random(seed)
    world = Chaos(rng=rng, faults=faults, meetings=meetings)
    for minute, job in sorted([*deliveries(rng), *alerts(rng), *presses(rng)], key=lambda each: each[0]):
        while world.minutes < minute:
            world.pass_time(min(minute, world.minutes + 5))
            if world.queue and rng.random() < 0.5:
                world.step()
        world.queue.append(job)
        while world.queue and rng.random() < 0.7:
            world.step()
    world.settle()
    return world


def check(world: Chaos) -> None:
    record = world.table.record
    assert record is not None
    wanted = set()
    for canary in record.group.canaries:
        key, is_now = f"{KEY[:-1]}{canary.deployment}", standing(record.group, canary, at(world.minutes), LIFE)
        if is_now.state == "in_flight":
            wanted |= _in_flight(world, record, canary, key)
        told = [message.text.partition("\n")[0] for subject, message in world.shown if subject == key]
        assert not told or told[-1] in TITLES[is_now.state], (told[-1], is_now)
        assert is_now == Standing("waiting") or is_now.since is not None or is_now.ended_at is not None
    assert open_incidents(world) == wanted


def _in_flight(world: Chaos, record: Record, canary: Canary, key: str) -> set[str]:
    """The incident that is to be open; and its one alarm is set for the right time."""
    assert canary.started_at is not None
    due = due_at(canary.started_at, record.told[canary.deployment])
    over = at(world.minutes) >= due
    set_for = [when for alarm, when in world.alarms.items() if alarm.deployment == canary.deployment]
    assert set_for == [canary.started_at + LIFE if over else due]
    return {key} if over else set()


@pytest.mark.parametrize(("faults", "meetings"), [(0, 0), (0.08, 0), (0, 0.15), (0.05, 0.1)])
def test_whatever_fails_and_meets_pages_message_and_alarms_are_right_in_the_end(faults: float, meetings: float) -> None:
    for seed in range(examples(300)):
        world = lived(seed, faults, meetings)
        for later in (RUN / timedelta(minutes=1), 10, 400):
            world.pass_time(world.minutes + later)
            world.settle()
            check(world)
