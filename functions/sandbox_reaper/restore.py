"""What a stop takes away, written down before it: by it, and by nothing else, a sandbox is brought back. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    """One for each stop, never changed. Items are in the order in which they are stopped; `pods` ran before it."""

    stop_id: str
    uid: str
    name: str
    at: datetime
    items: tuple[Item, ...]
    pods: tuple[str, ...] = ()


def record_of(sandbox: Sandbox, stop_id: str, at: datetime) -> Record:
    """What runs is what is stopped; what is at 0 already stays as it is, and is not brought back."""
    running = sorted(
        (each for each in sandbox.workloads if each.size), key=lambda each: (ORDER.index(each.kind), each.name)
    )
    items = tuple(Item(each.kind, each.name, each.uid, each.generation, each.size) for each in running)
    return Record(stop_id, sandbox.uid, sandbox.name, at, items, sandbox.pods)


def matches(record: Record, sandbox: Sandbox) -> bool:
    """Whether what runs is exactly what the record holds, unchanged since, less what this stop has taken already.

    Workloads are told apart by their uids.
    """
    left = tuple(item for item in record.items if not taken(record, current(sandbox, item)))
    return left == record_of(sandbox, record.stop_id, record.at).items


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


def untouched(record: Record, sandbox: Sandbox) -> bool:
    """Whether nothing is at 0 by this stop."""
    return not _taken(record, sandbox)


def ran_since(item: Item, found: Workload) -> bool:
    """Whether somebody scaled it up and down again after the stop: whoever did wants it at 0.

    Each change of what is wanted moves the generation: our stop, and a rollout at 0, are two at most.
    """
    return found.generation - item.generation > 2


def without_those_that_ran(record: Record, sandbox: Sandbox) -> Record:
    """The record less what its mark is stale on."""
    found = ((item, current(sandbox, item)) for item in record.items)
    return replace(record, items=tuple(item for item, each in found if each is None or not ran_since(item, each)))


def owed(record: Record, found: Workload | None, *, unmarked: bool) -> bool:
    """Whether a workload is to get its size back. `unmarked`: also where the mark of this stop was lost.

    What runs was started by somebody, and what bears the mark of another stop is that one's.
    """
    return taken(record, found) or (unmarked and found is not None and not found.size and not found.stop)


def restored(record: Record, sandbox: Sandbox, *, unmarked: bool) -> bool:
    return not any(owed(record, current(sandbox, item), unmarked=unmarked) for item in record.items)


def lacking(record: Record, sandbox: Sandbox) -> tuple[str, ...]:
    """What is not as the record holds it, each in a few words for people; empty where all is."""
    found = ((item, current(sandbox, item)) for item in record.items)
    return tuple(filter(None, (_lacks(item, each) for item, each in found)))


def _lacks(item: Item, found: Workload | None) -> str:
    if found is None:
        return f"{item.kind} {item.name} is gone"
    if found.size == item.size:
        return ""
    if item.kind in ("Deployment", "StatefulSet"):
        return f"{item.kind} {item.name} has {found.size} of {item.size} replicas"
    return f"{item.kind} {item.name} is suspended"


def by_marks(sandbox: Sandbox, stop_id: str, at: datetime) -> Record | None:
    """The record of a stop as far as the annotations on what it stopped hold it; None where none does."""
    marked = sorted(
        (each for each in sandbox.workloads if each.stop == stop_id and not each.size and each.original),
        key=lambda each: (ORDER.index(each.kind), each.name),
    )
    items = tuple(Item(each.kind, each.name, each.uid, each.generation - 1, each.original or 0) for each in marked)
    return Record(stop_id, sandbox.uid, sandbox.name, at, items) if stop_id and items else None


def running(sandbox: Sandbox) -> bool:
    """Whether anything in it runs, or would: after a whole stop, something else started that."""
    return any(each.size for each in sandbox.workloads)


def rollout_of(sandbox: Sandbox, record: Record | None = None) -> str:
    """Changes with every rollout of any workload, with what is wanted of it, and with their set.

    In the midst of the stop of a record, what it has taken counts as it was before.
    """
    before = {item.uid: item.generation for item in _taken(record, sandbox)}
    return _print(
        f"{each.kind}/{each.uid}/{before.get(each.uid, each.generation)}/{each.rollout}" for each in sandbox.workloads
    )


def pods_of(sandbox: Sandbox, record: Record | None = None) -> str:
    """Changes with every pod; in the midst of the stop of a record, with those alone that it did not have."""
    if record is not None and _taken(record, sandbox) and set(sandbox.pods) <= set(record.pods):
        return _print(record.pods)
    return _print(sandbox.pods)


def _taken(record: Record | None, sandbox: Sandbox) -> list[Item]:
    return [item for item in record.items if taken(record, current(sandbox, item))] if record is not None else []


def _print(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:24]
