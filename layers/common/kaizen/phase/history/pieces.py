"""Stretches of sampled frames in memory, and as objects of the ring. Pure.

An object of the ring is a CHUNK message and a CONFIG message with the columns of all oscillators, together in zstd.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kaizen.phase import encode
from kaizen.phase.coding import compress, decompress
from kaizen.phase.decode import decode_all
from kaizen.phase.frames import Frames, Place
from kaizen.phase.history.columns import Columns, document, joined, read
from kaizen.phase.predict import LINEAR
from kaizen.phase.streams import Epoch

CODING = "zstd"
# Of one object: the density of so many frames stays well within what a reader takes for a CONFIG.
MOST_FRAMES = 512
_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Successive frames of the chosen rows from `first_seq` on, the first one of the time `t0_us`; `dt_us` apart."""

    first_seq: int
    t0_us: int
    dt_us: int
    frames: Frames
    columns: Columns

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.frames.angles) - 1

    @property
    def last_us(self) -> int:
        return self.time_of(self.last_seq)

    @property
    def cells(self) -> int:
        return self.frames.angles.size

    def time_of(self, seq: int) -> int:
        return self.t0_us + (seq - self.first_seq) * self.dt_us

    def part(self, first_seq: int, last_seq: int) -> Self | None:
        """What lies between two frames, both included; None if nothing does."""
        first, last = max(first_seq, self.first_seq), min(last_seq, self.last_seq)
        if first > last:
            return None
        span = slice(first - self.first_seq, last - self.first_seq + 1)
        missing = self.frames.missing
        frames = Frames(self.frames.angles[span], missing=None if missing is None else gaps_of(missing[span]))
        return type(self)(first, self.time_of(first), self.dt_us, frames, self.columns.part(span))

    def split(self) -> Iterator[Self]:
        """In parts of which each fits an object of the ring."""
        for first in range(self.first_seq, self.last_seq + 1, MOST_FRAMES):
            part = self.part(first, first + MOST_FRAMES - 1)
            assert part is not None
            yield part


def join(parts: Sequence[Piece]) -> Piece:
    """Pieces that follow on each other as one."""
    if len(parts) == 1:
        return parts[0]
    first, frames = parts[0], [each.frames for each in parts]
    missing = None
    if any(each.missing is not None for each in frames):
        missing = np.concatenate([_mask(each) for each in frames])
    angles = np.concatenate([each.angles for each in frames])
    return Piece(
        first.first_seq,
        first.t0_us,
        first.dt_us,
        Frames(angles, None, missing),
        joined([each.columns for each in parts]),
    )


def gaps_of(missing: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    """The mask, None if it marks nothing: then it is not written."""
    return missing if missing is not None and missing.any() else None


def _mask(frames: Frames) -> NDArray[np.bool_]:
    return np.zeros(frames.angles.shape, np.bool_) if frames.missing is None else frames.missing


def to_ring(piece: Piece, epoch: Epoch) -> bytes:
    """The object that `from_ring` reads."""
    place = Place(epoch.epoch, piece.last_seq, piece.t0_us, piece.dt_us, sampled=epoch.rows < epoch.total)
    chunk = encode.chunk(piece.frames, place, epoch.bits, LINEAR)
    described = encode.config(document(piece.columns, piece.first_seq, 1), place, epoch.bits, epoch.rows)
    return compress(CODING, chunk + described)


def from_ring(data: bytes) -> Piece:
    """Raises PhaseFormatError: the object is damaged."""
    chunk, described = decode_all(decompress(CODING, data, _MOST_BYTES))
    assert chunk.frames is not None
    assert described.document is not None
    header = chunk.header
    return Piece(header.first_seq, header.t0_us, header.dt_us, chunk.frames, read(described.document))
