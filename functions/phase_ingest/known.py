"""Which rows each epoch has: settled by the first CONFIG, then the same for ever."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from kaizen.phase.decode import decode
from phase_ingest.body import Config
from phase_ingest.faults import RefusedError
from phase_ingest.rowset import count_rows, fingerprint

MOST_KNOWN = 1000  # epochs that one process remembers; a producer has one at a time


class RowStore(Protocol):
    def rows(self, stream: str, epoch: int) -> bytes | None:
        """The CONFIG message of an epoch, None before its first."""

    def put_rows(self, stream: str, epoch: int, message: bytes) -> bool:
        """Whether this is the first CONFIG of the epoch, and now stored; if not, nothing changes."""


@dataclass(frozen=True, slots=True)
class _Rows:
    count: int
    fingerprint: str


class KnownRows:
    """Asks the store once for each epoch."""

    def __init__(self, store: RowStore) -> None:
        self._store = store
        self._known: OrderedDict[tuple[str, int], _Rows] = OrderedDict()

    def rows(self, stream: str, epoch: int, config: Config | None) -> int:
        """How many rows an epoch has; `config`, which came with the frames, settles it if it is the first.

        Raises RefusedError 409: the epoch has other rows than `config` says, or none that are known.
        """
        place = (stream, epoch)
        known = self._known.get(place) or self._settled(stream, epoch, config)
        self._known[place] = known
        self._known.move_to_end(place)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        if config is not None and _said(config) != known:
            raise RefusedError(409, "rows", f"epoch {epoch} already has other rows: start a new epoch")
        return known.count

    def _settled(self, stream: str, epoch: int, config: Config | None) -> _Rows:
        # Written before it is read: of two that come first at the same time, the bucket lets one pass.
        if config is not None and self._store.put_rows(stream, epoch, config.message):
            return _said(config)
        message = self._store.rows(stream, epoch)
        if message is None:
            raise RefusedError(409, "config", f"the rows of epoch {epoch} are not known: send the CONFIG first")
        document = decode(message).document
        assert document is not None
        return _Rows(count_rows(document), fingerprint(document))


def _said(config: Config) -> _Rows:
    return _Rows(config.rows, fingerprint(config.document))
