"""A stop and its undoing, workload by workload, each write fenced. What was written down before it is all it knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from sandbox_reaper.backend import BackendError, FencedError, GoneError, Reader, Sandbox, Workload, Writer
from sandbox_reaper.restore import Item, Record, current, owed, restored, taken

_ATTEMPTS = 3
GONE, CHANGED = "it is gone, or another by now", "it was changed while it was being stopped"


class Resumer(Protocol):
    """The half of a writer that takes nothing away: a dry run has this alone."""

    def resume(self, sandbox: Sandbox, workload: Workload, size: int, stop_id: str) -> Workload: ...


class UnfinishedError(Exception):
    """Not everything is as it should be after several attempts; the next run goes on. `retryable`: nothing of it was
    refused for good."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Ended:
    """`undone`: nothing of the stop is left, and `why`. `refused`: the same, since the backend does not take it."""

    how: Literal["done", "undone", "refused"]
    why: str = ""


def stop(
    reader: Reader,
    writer: Writer,
    record: Record,
    sandbox: Sandbox,
    look: Callable[[], Sandbox | None],
    refusal: Callable[[Sandbox], str],
    words: Callable[[Sandbox], str],
) -> Ended:
    """Take to 0 whatever of the record is not yet, one write after the other; what was taken is undone on any refusal.

    `look` reads the sandbox anew; `refusal` asks all guards, before each write, with the sandbox as it is then; `words`
    asks after the last one what people and the sandbox itself say: they may have answered meanwhile.
    Raises BackendError and UnfinishedError; whether the last write took effect is unknown then.
    """
    seen: Sandbox | None = sandbox
    fenced = 0
    while True:
        if seen is None or seen.uid != record.uid:
            return Ended("undone", GONE)  # with all that was changed
        left = [(item, each) for item in record.items if not taken(record, each := current(seen, item))]
        if not left:
            if why := words(seen):
                ended = Ended("undone", why)
                break
            return Ended("done")
        if not all(_as_recorded(item, each) for item, each in left):
            ended = Ended("undone", CHANGED)
            break
        if why := refusal(seen):
            ended = Ended("undone", why)
            break
        (_, workload) = left[0]
        assert workload is not None
        try:
            writer.stop(seen, workload, record.stop_id)
        except (FencedError, GoneError):
            fenced += 1
            if fenced >= _ATTEMPTS:
                ended = Ended("refused", "it is written to all the time, or has a mark that is not ours")
                break
        except BackendError as error:
            if error.retryable:
                raise
            ended = Ended("refused", f"the cluster refused to stop {workload.kind} {workload.name}: {error}")
            break
        seen = look()
    restore(reader, writer, record)
    return ended


def _as_recorded(item: Item, found: Workload | None) -> bool:
    """Whether a workload is wanted as it was; its version also moves with its status, and says nothing."""
    return found is not None and (found.generation, found.size) == (item.generation, item.size)


def restore(reader: Reader, resumer: Resumer, record: Record, *, unmarked: bool = False) -> Sandbox | None:
    """Give every workload of this stop its size back, what stores first; the sandbox after it, None where it is gone.

    What is another's by now is left alone. `unmarked`: a workload at 0 that has lost our mark is given back, too.
    One that is refused keeps no other waiting. Raises BackendError, and UnfinishedError, which names what is left.
    """
    refused: dict[str, BackendError] = {}
    for _ in range(_ATTEMPTS):
        sandbox = _same(record, reader.sandbox(record.name))
        if sandbox is None or restored(record, sandbox, unmarked=unmarked):
            return sandbox
        for item in reversed(record.items):
            workload = current(sandbox, item)
            if workload is None or item.uid in refused or not owed(record, workload, unmarked=unmarked):
                continue
            try:
                resumer.resume(sandbox, workload, item.size, record.stop_id)
            except (FencedError, GoneError):
                continue  # it is read again
            except BackendError as error:
                refused[item.uid] = error
    sandbox = _same(record, reader.sandbox(record.name))
    if sandbox is not None and not restored(record, sandbox, unmarked=unmarked):
        raise _unfinished(record, sandbox, refused, unmarked=unmarked)
    return sandbox


def _unfinished(
    record: Record, sandbox: Sandbox, refused: Mapping[str, BackendError], *, unmarked: bool
) -> UnfinishedError:
    left = [item for item in record.items if owed(record, current(sandbox, item), unmarked=unmarked)]
    words = [f"{each.kind} {each.name}: {refused.get(each.uid, 'it is written to all the time')}" for each in left]
    retryable = all(refused[each.uid].retryable for each in left if each.uid in refused)
    return UnfinishedError("; ".join(words), retryable=retryable)


def _same(record: Record, sandbox: Sandbox | None) -> Sandbox | None:
    return sandbox if sandbox is not None and sandbox.uid == record.uid else None
