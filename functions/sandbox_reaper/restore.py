"""What a stop takes away, written down before it: by it, and by nothing else, a sandbox is brought back. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sandbox_reaper.backend import ORDER, Kind, Sandbox, Workload


@dataclass(frozen=True, slots=True)
class Item:
    """One workload as it was; `size` is what it gets back."""

    kind: Kind
    name: str
    uid: str
    generation: int
    size: int


@dataclass(frozen=True, slots=True)
class Record:
    """One for each stop, never changed. Items are in the order in which they are stopped."""

    stop_id: str
    uid: str
    name: str
    at: datetime
    items: tuple[Item, ...]


def record_of(sandbox: Sandbox, stop_id: str, at: datetime) -> Record:
    """What runs is what is stopped; what is at 0 already stays as it is, and is not brought back."""
    running = sorted(
        (each for each in sandbox.workloads if each.size), key=lambda each: (ORDER.index(each.kind), each.name)
    )
    items = tuple(Item(each.kind, each.name, each.uid, each.generation, each.size) for each in running)
    return Record(stop_id, sandbox.uid, sandbox.name, at, items)


def matches(record: Record, sandbox: Sandbox) -> bool:
    """Whether what runs is exactly what the record holds, unchanged since. Workloads are told apart by their uids."""
    return record.items == record_of(sandbox, record.stop_id, record.at).items


def current(sandbox: Sandbox, item: Item) -> Workload | None:
    """The workload of an item as it is now; None when it is gone, or another of that name."""
    return next((each for each in sandbox.workloads if (each.kind, each.uid) == (item.kind, item.uid)), None)


def taken(record: Record, found: Workload | None) -> bool:
    """Whether a workload is at 0 by this stop."""
    return found is not None and found.size == 0 and found.stop == record.stop_id


def stopped(record: Record, sandbox: Sandbox) -> bool:
    """Whether each is at 0 by this stop; one that is gone runs no more."""
    found = [current(sandbox, item) for item in record.items]
    return all(each is None or taken(record, each) for each in found)


def restored(record: Record, sandbox: Sandbox) -> bool:
    """Whether none is at 0 by this stop any more."""
    return not any(taken(record, current(sandbox, item)) for item in record.items)


def scaled_up(record: Record, sandbox: Sandbox) -> bool:
    """Whether something else has started what this stop took away."""
    found = [current(sandbox, item) for item in record.items]
    return any(each is not None and each.size > 0 for each in found)


def rollout_of(sandbox: Sandbox) -> str:
    """Changes with every rollout of any workload, with what is wanted of it, and with their set."""
    return _print(f"{each.kind}/{each.uid}/{each.generation}/{each.rollout}" for each in sandbox.workloads)


def pods_of(sandbox: Sandbox) -> str:
    return _print(sandbox.pods)


def _print(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:24]
