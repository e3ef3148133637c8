"""A stop and its undoing, workload by workload, each write fenced. What was written down before it is all it knows."""

from collections.abc import Callable
from typing import Literal, Protocol

from sandbox_reaper.backend import FencedError, GoneError, Reader, Sandbox, Workload, Writer
from sandbox_reaper.restore import Item, Record, current, owed, restored, stopped, taken

_ATTEMPTS = 3


class Resumer(Protocol):
    """The half of a writer that takes nothing away: a dry run has this alone."""

    def resume(self, sandbox: Sandbox, workload: Workload, size: int, stop_id: str) -> Workload: ...


class UnfinishedError(Exception):
    """Not everything is as it should be after several attempts; the next run goes on."""


def stop(
    reader: Reader, writer: Writer, record: Record, sandbox: Sandbox, holds: Callable[[Sandbox], bool]
) -> Literal["done", "undone"]:
    """Take every workload of the record to 0. `undone` where it is not what it was: then nothing of this stop is left.

    `holds` asks all guards again before a write that was refused is tried once more while nothing has been changed yet.
    Raises BackendError and UnfinishedError; whether the last write took effect is unknown then.
    """
    seen: Sandbox | None = sandbox
    for _ in range(_ATTEMPTS):
        if seen is None or seen.uid != record.uid:
            return "undone"  # it is gone, with all that was changed
        found = [(item, current(seen, item)) for item in record.items]
        ours = [item for item, each in found if taken(record, each)]
        same = all(item in ours or _as_recorded(item, each) for item, each in found)
        if not same or (not ours and not holds(seen)):
            break
        try:
            _stop_rest(writer, record, seen)
        except (FencedError, GoneError):
            seen = reader.sandbox(record.name)
            continue
        seen = reader.sandbox(record.name)
        if seen is not None and seen.uid == record.uid and stopped(record, seen):
            return "done"
    restore(reader, writer, record)
    return "undone"


def _as_recorded(item: Item, found: Workload | None) -> bool:
    """Whether a workload is wanted as it was; its version also moves with its status, and says nothing."""
    return found is not None and (found.generation, found.size) == (item.generation, item.size)


def _stop_rest(writer: Writer, record: Record, sandbox: Sandbox) -> None:
    for item in record.items:
        workload = current(sandbox, item)
        if workload is None:
            raise GoneError(item.name)
        if not taken(record, workload):
            writer.stop(sandbox, workload, record.stop_id)


def finish(reader: Reader, writer: Writer | None, resumer: Resumer, record: Record | None) -> Literal["done", "undone"]:
    """After a run that broke off: go on where its id is on an object, else there is nothing to undo.

    Without a writer, what it has changed is undone. Raises as `stop` does.
    """
    if record is None:
        return "undone"  # it broke off before the first write: the record comes first
    sandbox = reader.sandbox(record.name)
    if sandbox is None or sandbox.uid != record.uid:
        return "undone"
    if not any(taken(record, current(sandbox, item)) for item in record.items):
        return "undone"
    if writer is None:
        restore(reader, resumer, record)
        return "undone"
    if stopped(record, sandbox):
        return "done"
    return stop(reader, writer, record, sandbox, lambda _: False)


def restore(reader: Reader, resumer: Resumer, record: Record, *, unmarked: bool = False) -> Sandbox | None:
    """Give every workload of this stop its size back, what stores first; the sandbox after it, None where it is gone.

    What is another's by now is left alone. `unmarked`: a workload at 0 that has lost our mark is given back, too.
    Raises BackendError and UnfinishedError.
    """
    for _ in range(_ATTEMPTS):
        sandbox = _same(record, reader.sandbox(record.name))
        if sandbox is None or restored(record, sandbox, unmarked=unmarked):
            return sandbox
        for item in reversed(record.items):
            workload = current(sandbox, item)
            if workload is None or not owed(record, workload, unmarked=unmarked):
                continue
            try:
                resumer.resume(sandbox, workload, item.size, record.stop_id)
            except (FencedError, GoneError):
                continue  # it is read again
    sandbox = _same(record, reader.sandbox(record.name))
    if sandbox is not None and not restored(record, sandbox, unmarked=unmarked):
        raise UnfinishedError(f"{record.name} is not wholly brought back")
    return sandbox


def _same(record: Record, sandbox: Sandbox | None) -> Sandbox | None:
    return sandbox if sandbox is not None and sandbox.uid == record.uid else None
