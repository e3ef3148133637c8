"""What is written into the bucket: the bytes, and how they are kept. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from kaizen.phase import encode, keys
from kaizen.phase.coding import Effort, compress
from kaizen.phase.frames import Place
from kaizen.phase.history import cells, levels, pieces
from kaizen.phase.history.columns import document
from kaizen.phase.history.levels import Chunk
from kaizen.phase.history.pieces import Piece
from kaizen.phase.history.reel import Shelf
from kaizen.phase.streams import Epoch

# Written once, read often: zstd may take its time. gzip is for who knows nothing better, and gains little by effort.
_EFFORT = {"zstd": Effort.ARCHIVE, "gzip": Effort.LIVE}

# Tags that the bucket's lifecycle goes by: level 0, levels 1 and 2; what lies above stays.
_FINE, _MEDIUM = "fine", "medium"
_KEPT = {0: _FINE, 1: _MEDIUM, 2: _MEDIUM}

# Vectors wait for their parent to close, and with a stream that pauses somewhat longer. `fine` may be a day. What takes
# longer has no date: it is a few objects a day.
_SOON_US = 12 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Object:
    """`data` are in the content coding `coding`; `kept` is the object's tag, `immutable` whether it may be cached."""

    key: str
    data: bytes
    coding: str | None = None
    kept: str | None = None
    immutable: bool = False


class Bucket(Shelf, Protocol):
    """Where objects lie; `store.PhaseStore` and the tests' twin in memory are two."""

    def put(self, objects: Iterable[Object]) -> None: ...


def config_object(stream: str, epoch: Epoch, described: Mapping[str, Any]) -> Object:
    place = Place(epoch.epoch, epoch.first_seq, epoch.t0_us, epoch.dt_us, sampled=epoch.rows < epoch.total)
    return Object(keys.config(stream, epoch.epoch), encode.config(described, place, epoch.bits, epoch.rows))


def ring_object(stream: str, epoch: Epoch, piece: Piece) -> Object:
    key = keys.ring(stream, epoch.epoch, piece.first_seq, piece.last_seq)
    return Object(key, pieces.to_ring(piece, epoch), pieces.CODING)


def chunk_objects(stream: str, epoch: Epoch, chunk: Chunk) -> Iterator[Object]:
    """The chunk in each coding, and its vectors if there is a level above."""
    step = epoch.factor**chunk.level
    first = chunk.chunk * epoch.chunk_columns
    last = first + len(chunk.columns) - 1
    place = Place(epoch.epoch, last, chunk.t0_us, epoch.dt_us * step, sampled=epoch.rows < epoch.total)
    bits = levels.bits(epoch, chunk.level)
    described = encode.config(document(chunk.columns, first * step, step), place, bits, epoch.rows)
    message = encode.chunk(chunk.frames, place, bits) + described
    for coding in keys.CHUNK_CODINGS:
        key = keys.chunk(stream, epoch.epoch, chunk.level, chunk.chunk, coding)
        data = compress(coding, message, _EFFORT[coding])
        yield Object(key, data, coding, _KEPT.get(chunk.level), immutable=True)
    if chunk.cells is not None:
        waits_us = epoch.columns_per_chunk_frames(chunk.level + 1) * epoch.dt_us
        key = keys.sums(stream, epoch.epoch, chunk.level, chunk.chunk)
        kept = _FINE if waits_us <= _SOON_US else None
        yield Object(key, cells.to_object(chunk.cells), cells.CODING, kept)
