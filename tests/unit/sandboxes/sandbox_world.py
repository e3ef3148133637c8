"""A fleet in memory for the reaper's tests: a clock, a backend with a fence, a store, Slack, and what is measured."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kaizen.policy.sections.sandboxes import SandboxPolicy
from sandbox_reaper import fleet
from sandbox_reaper.backend import BackendError, FencedError, GoneError, Inventory, Sandbox, Workload
from sandbox_reaper.outcome import Outcome
from sandbox_reaper.ports import UntoldError
from sandbox_reaper.queries import MEASURED, queries
from sandbox_reaper.restore import Record
from sandbox_reaper.run import Run
from sandbox_reaper.state import Owner, Receipt, Request, Row
from sandbox_reaper.usage import Readings
from sandbox_reaper.wording import message

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TICK = timedelta(minutes=5)
LIVE = SandboxPolicy(mode="live", channel="C0SANDBOXES")
LABELS = {"kaizen.dev/reaper": "enabled"}
OWNER = "U0OWNER1"


def workload(name: str = "web", size: int = 2, kind: Any = "Deployment") -> Workload:
    return Workload(kind, name, f"uid-{name}", 1, "1", size, "rollout-1")


def sandbox(name: str, **changed: Any) -> Sandbox:
    given = Sandbox(
        uid=f"uid-{name}",
        name=name,
        created_at=T0 - timedelta(days=3),
        changed_at=T0 - timedelta(days=1),
        labels=LABELS,
        annotations={"kaizen.dev/owner": OWNER},
        workloads=(workload(), workload("db", 1, "StatefulSet")),
        pods=(f"{name}-1", f"{name}-2"),
        measured=(f"{name}/{name}-1", f"{name}/{name}-2"),
        cores=2.0,
        memory=4 * 2**30,
    )
    return replace(given, **changed)


def idle_figures(policy: SandboxPolicy, pods: int = 2) -> dict[str, float]:
    """The figures of one sandbox that does nothing, measured whole. `pods` says how many of its pods are measured."""
    expected = policy.window / policy.scrape
    made = {name: expected if name.endswith("_samples") else 0.0 for name in queries(policy) if name != MEASURED}
    known = {"memory_high": 2.0**30, "memory_low": 2.0**30, "age": 15.0, "clusters": 1.0, "pods": float(pods)}
    return made | known


class Crash(BaseException):
    """The process ends here: nobody catches it."""


@dataclass
class World:
    """`figures` are by sandbox; one without any is not measured. `unknown` are ids that Slack does not know.

    `refused` are the workloads, by name, that cannot be resumed.

    `hooks` run before calls, by the call's name; `ahead` is how far the cluster's clock is.
    """

    policy: SandboxPolicy = LIVE
    now: datetime = T0
    sandboxes: dict[str, Sandbox] = field(default_factory=dict)
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    canary: float = 1.0
    ahead: timedelta = timedelta(0)
    fault: str = ""
    switch: bool = True
    left: float = 1.0
    stored: dict[str, Row] = field(default_factory=dict)
    asked: dict[str, list[Request]] = field(default_factory=dict)
    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    shares: dict[int, float] = field(default_factory=dict)
    messages: dict[str, Any] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    stops: list[tuple[datetime, str, str]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    resumes: list[str] = field(default_factory=list)
    hooks: dict[str, Callable[[], None]] = field(default_factory=dict)
    refused: dict[str, BackendError] = field(default_factory=dict)

    def add(self, given: Sandbox, figures: Mapping[str, float] | None = None) -> Sandbox:
        self.sandboxes[given.name] = given
        if figures is not None:
            self.figures[given.name] = dict(figures)
        return given

    def idle(self, name: str, **changed: Any) -> Sandbox:
        return self.add(sandbox(name, **changed), idle_figures(self.policy))

    def change(self, name: str, **changed: Any) -> None:
        self.sandboxes[name] = replace(self.sandboxes[name], **changed)

    def row(self, name: str) -> Row:
        return self.stored.get(f"uid-{name}") or Row(f"uid-{name}", name)

    def press(self, name: str, kind: Any, hours: int = 0, by: str = OWNER) -> None:
        row = self.row(name)
        since = row.notice.rpartition("/")[2]
        wanted = Request(f"{self.now.isoformat()}#{kind}", row.uid, kind, since, by, self.now, hours)
        self.asked.setdefault(row.uid, []).append(wanted)

    def beat(self, name: str, until: datetime) -> None:
        """As the door puts it down: one row for each sandbox."""
        uid = f"uid-{name}"
        said = Request("busy", uid, "busy", "", "", self.now, until=until)
        self.asked[uid] = [each for each in self.asked.get(uid, ()) if each.kind != "busy"] + [said]

    def run(self, only: str = "") -> Outcome:
        live = self.policy.mode == "live" and self.switch
        made = Run(
            self, self if live else None, self, self.take, self, self, self.policy, lambda: self.switch,
            self.clock, lambda: self.left,
        )  # fmt: skip
        return made.go(only)

    def clock(self) -> datetime:
        return self.now

    def ticks(self, number: int) -> None:
        for _ in range(number):
            self.run()
            self.now += TICK

    def until(self, name: str, state: str, most: int = 60) -> None:
        """Tick until a sandbox is in a state. The tick of the state is the last one."""
        for _ in range(most):
            self.run()
            if self.row(name).state == state:
                return
            self.now += TICK
        raise AssertionError(f"{name} is {self.row(name)}")

    def _hook(self, call: str) -> None:
        if call in self.hooks:
            self.hooks[call]()

    # ------------------------------------------------------------ the usage
    def take(self, at: datetime, within: Collection[str] = ()) -> Readings:
        self._hook("take")
        if self.fault:
            return Readings(at, fault=self.fault)
        names = queries(self.policy)
        figures: dict[str, dict[str, float]] = {name: {} for name in names}
        for place, each in self.figures.items():
            for name, value in each.items():
                if name != "pods":
                    figures[name][place] = value
            number = int(each.get("pods", 0))
            pods = [f"{place}/{place}-{each}" for each in range(1, number + 1)] if "/" not in place else [place]
            figures[MEASURED] |= dict.fromkeys(pods if number else (), 1.0)
        figures["canary"] = {self.policy.canary: self.canary}
        figures["clusters"][self.policy.canary] = 1.0
        figures["canary_samples"] = {self.policy.canary: self.policy.window / self.policy.scrape}
        return Readings(at, figures)

    # ------------------------------------------------------------ the backend
    def inventory(self) -> Inventory:
        self._hook("inventory")
        listed = [each for each in self.sandboxes.values() if each.labels.get("kaizen.dev/reaper") == "enabled"]
        return Inventory(self.now + self.ahead, tuple(listed))

    def sandbox(self, name: str) -> Sandbox | None:
        self._hook("sandbox")
        return self.sandboxes.get(name)

    def stop(self, given: Sandbox, found: Workload, stop_id: str) -> Workload:
        self._hook("stop")
        now = self._fenced(given, found)
        self.stops.append((self.now, given.name, found.name))
        original = now.size if now.original is None or now.size else now.original
        return self._write(given, now, size=0, stop=stop_id, original=original)

    def resume(self, given: Sandbox, found: Workload, size: int, stop_id: str) -> Workload:
        self._hook("resume")
        if found.name in self.refused:
            raise self.refused[found.name]
        now = self._fenced(given, found)
        if now.stop != stop_id and (now.stop or now.size):
            raise FencedError(now.stop)
        self.resumes.append(found.name)
        return self._write(given, now, size=size, stop="", original=None)

    def rehearse(self, given: Sandbox, found: Workload, stop_id: str) -> None:
        self._hook("rehearse")
        self._fenced(given, found)

    def _fenced(self, given: Sandbox, found: Workload) -> Workload:
        here = self.sandboxes.get(given.name)
        now = next((each for each in here.workloads if each.uid == found.uid), None) if here else None
        if now is None:
            raise GoneError(found.name)
        if now.version != found.version:
            raise FencedError(found.name)
        return now

    def _write(self, given: Sandbox, now: Workload, **changed: Any) -> Workload:
        after = replace(now, generation=now.generation + 1, version=str(int(now.version) + 1), **changed)
        here = self.sandboxes[given.name]
        others = tuple(after if each.uid == now.uid else each for each in here.workloads)
        pods = here.pods if any(each.size for each in others) else ()
        self.change(given.name, workloads=others, pods=pods or here.pods[:1] * any(each.size for each in others))
        self._hook("written")
        return after

    # ------------------------------------------------------------ the store
    def rows(self) -> dict[str, Row]:
        return dict(self.stored)

    def requests(self, uid: str = "") -> dict[str, list[Request]]:
        self._hook("requests")
        return {key: list(each) for key, each in self.asked.items() if uid in ("", key)}

    def save(self, row: Row, changes: Iterable[Any], now: datetime) -> Row:
        self._hook("save")
        known = self.stored.get(row.uid)
        if (known.version if known else 0) != row.version:
            raise RuntimeError("overtaken")
        self.stored[row.uid] = replace(row, version=row.version + 1)
        self._hook("saved")
        return self.stored[row.uid]

    def forget(self, row: Row) -> None:
        self.stored.pop(row.uid, None)

    def keep_record(self, record: Record) -> Record | None:
        self._hook("record")
        kept = self.records.setdefault((record.uid, record.stop_id), record)
        self._hook("recorded")
        return kept

    def record(self, uid: str, stop_id: str) -> Record | None:
        return self.records.get((uid, stop_id))

    def history(self) -> Mapping[int, float]:
        return self.shares

    # ------------------------------------------------------------ Slack
    def channel(self, owner: Owner) -> str:
        if owner.target in self.unknown:
            raise UntoldError(owner.target)
        return f"D{owner.target[1:]}" if owner.person else owner.target

    def show(self, row: Row) -> Receipt:
        self._hook("show")
        self.messages[row.notice] = message(row, "secret")
        stamp = f"{len(self.messages)}.0"
        receipt = self.receipts.setdefault(row.notice, Receipt(row.channel, stamp, self.now + timedelta(seconds=1)))
        self._hook("shown")
        return receipt

    def remember(self, done: Outcome) -> None:
        self.shares = fleet.remembered(done.at, self.shares, done.idle, done.alive)
