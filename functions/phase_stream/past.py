"""Columns of a level, chunk by chunk: those that are stored, and the open ones made as they will be stored. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from kaizen.phase import encode, keys
from kaizen.phase.coding import decompress
from kaizen.phase.decode import decode_all
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Frames, Place
from kaizen.phase.history import columns, levels
from kaizen.phase.history.closing import closed
from kaizen.phase.history.levels import Chunk
from kaizen.phase.history.pieces import gaps_of
from kaizen.phase.history.reel import Reel, Shelf
from kaizen.phase.schema import Version
from kaizen.phase.streams import Epoch, Stream

_OBJECT_BYTES = 64 << 20  # of a chunk once decoded
_CODING = "zstd"
_LISTS = ("r", "psi", "r_mean", "density")


@dataclass(frozen=True, slots=True)
class Part:
    """Successive columns of a level, column `first` of the time `t0_us`; `lists` have what all oscillators do, by name.

    Each list has an item for each column.
    """

    first: int
    t0_us: int
    dt_us: int
    frames: Frames
    lists: Mapping[str, list[Any]]

    @property
    def last(self) -> int:
        return self.first + len(self.frames.angles) - 1

    def cut(self, first: int, last: int, rows: tuple[int, int]) -> Self:
        """Columns and rows from the first to the last; it must have some of them."""
        start, stop = max(first, self.first), min(last, self.last) + 1
        span, side = slice(start - self.first, stop - self.first), slice(rows[0], rows[1] + 1)
        given = self.frames
        frames = Frames(
            given.angles[span, side],
            None if given.resultant is None else given.resultant[span, side],
            None if given.missing is None else gaps_of(given.missing[span, side]),
        )
        lists = {name: items[span] for name, items in self.lists.items()}
        return type(self)(start, self.t0_us + (start - self.first) * self.dt_us, self.dt_us, frames, lists)


class Past:
    """An epoch's history; `stream` where the epoch is the current one, whose newest columns are in no chunk yet."""

    def __init__(self, shelf: Shelf, name: str, epoch: Epoch, stream: Stream | None) -> None:
        self._shelf = shelf
        self._name = name
        self._epoch = epoch
        self._stream = stream

    def parts(self, level: int, first: int, last: int, rows: tuple[int, int]) -> Iterator[Part]:
        """What there is of columns and rows, both ends included, a part for each chunk that has some of it.

        Raises PhaseFormatError for an object that is not what it should be.
        """
        wide, stored = self._epoch.chunk_columns, self._epoch.chunks(level)
        numbers = range(first // wide, last // wide + 1)
        written = [number for number in numbers if number in stored]
        wanted = [keys.chunk(self._name, self._epoch.epoch, level, number, _CODING) for number in written]
        for data in self._shelf.get(wanted):
            if data is not None:
                yield _read(data, self._epoch, level).cut(first, last, rows)
        tail = self._tail(level) if numbers.stop > stored.stop else None
        if tail is not None and tail.first <= last:
            yield tail.cut(first, last, rows)

    def _tail(self, level: int) -> Part | None:
        """The open chunk of a level, as it would be stored if its epoch ended now."""
        if self._stream is None:
            return None
        epoch = replace(self._epoch, ended=True)
        closing = [each for each in levels.ending(epoch) if each[0] <= level]
        made: dict[int, Chunk] = {}
        for chunk in closed(self._shelf, self._name, epoch, closing, Reel(self._shelf, self._stream, {})):
            made[chunk.level] = chunk
        return _made(made[level], self._epoch) if level in made else None


def message(part: Part, epoch: Epoch, level: int, version: Version, *, columns: bool) -> bytes:
    """A part as a stored chunk has it: a CHUNK message, and with `columns` a CONFIG with those of all oscillators."""
    rows = part.frames.angles.shape[1]
    place = Place(epoch.epoch, part.last, part.t0_us, part.dt_us, rows < epoch.total, version)
    bits = levels.bits(epoch, level)
    found = encode.chunk(part.frames, place, bits)
    if columns:
        step = epoch.factor**level
        document = {"first_seq": part.first * step, "frames_per_column": step, **part.lists}
        found += encode.config({"columns": document}, place, bits, rows)
    return found


def _made(chunk: Chunk, epoch: Epoch) -> Part:
    step = epoch.factor**chunk.level
    first = chunk.chunk * epoch.chunk_columns
    found = columns.document(chunk.columns, first * step, step)["columns"]
    lists = {name: found[name] for name in _LISTS if name in found}
    return Part(first, chunk.t0_us, epoch.dt_us * step, chunk.frames, lists)


def _read(data: bytes, epoch: Epoch, level: int) -> Part:
    """A stored chunk, which must be one of the epoch. Raises PhaseFormatError."""
    frames, found, head = None, {}, None
    for each in decode_all(decompress(_CODING, data, _OBJECT_BYTES)):
        if each.frames is not None:
            frames, head = each.frames, each.header
        elif each.document is not None:
            found = each.document.get("columns", {})
    if frames is None or head is None or (head.epoch, head.n_rows) != (epoch.epoch, epoch.rows):
        raise PhaseFormatError(Reason.FIELD, f"an object of level {level} is no chunk of epoch {epoch.epoch}")
    lists = {name: found[name] for name in _LISTS if name in found}
    if any(len(items) != head.n_frames for items in lists.values()):
        raise PhaseFormatError(Reason.PAYLOAD, f"an object of level {level} has not as many columns as it should")
    return Part(head.first_seq, head.t0_us, head.dt_us, frames, lists)
