"""History: which chunks close, and what is in them. Pure.

Level l has a column per factor**l frames; column j stands for the frames from j times that on, chunk c for the columns
from c times `chunk_columns` on. A chunk closes with its last frame or a later one, and with its epoch as it stands. It
starts at its first column, be that missing or not; one without any frame is not written.

A level is made of the vectors of the one below, never of its angles; see `cells`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kaizen.phase.circular import Sums, bin_bam, finish, merge
from kaizen.phase.frames import Frames
from kaizen.phase.history.cells import Cells
from kaizen.phase.history.columns import Columns, blank
from kaizen.phase.history.pieces import Piece, gaps_of
from kaizen.phase.quantise import Bam, bam_type
from kaizen.phase.streams import Epoch

# What a frame header has room for: a column of 71 minutes.
_MOST_US = (1 << 32) - 1
# Of a mean angle, at least: 8 bits would put it off by up to 0.012 rad.
_MEAN_BITS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Chunk `chunk` of a level, its first column of the time `t0_us`; `cells` for its parent, None at the top."""

    level: int
    chunk: int
    t0_us: int
    frames: Frames
    columns: Columns
    cells: Cells | None


def possible(levels: int, factor: int, dt_us: int) -> int:
    """How many levels above the frames there can be, `levels` at most: a column's time must fit a frame header."""
    return next(level for level in range(levels, -1, -1) if dt_us * factor**level <= _MOST_US or level == 0)


def bits(epoch: Epoch, level: int) -> int:
    """In how many bits a level's angles are written."""
    return epoch.bits if level == 0 else max(epoch.bits, _MEAN_BITS)


def closing(epoch: Epoch, before: int | None, first_seq: int) -> Iterator[tuple[int, int]]:
    """Level and number of the chunks that frames `first_seq` to the epoch's last close, lower levels first.

    `before` was the epoch's last frame till then, None if these are its first. Between the two nothing closes, however
    far apart they are: no frame lies there.
    """
    for level in range(epoch.levels + 1):
        span = epoch.columns_per_chunk_frames(level)
        closed, whole = (0 if before is None else (before + 1) // span), (epoch.last_seq + 1) // span
        touched = set(range(first_seq // span, epoch.last_seq // span + 1))
        if before is not None:
            touched.add(before // span)
        yield from ((level, chunk) for chunk in sorted(touched) if closed <= chunk < whole)


def ending(epoch: Epoch) -> Iterator[tuple[int, int]]:
    """Level and number of the chunks that are open when the epoch ends: one per level, or none."""
    for level in range(epoch.levels + 1):
        span = epoch.columns_per_chunk_frames(level)
        if (epoch.last_seq + 1) % span:
            yield level, epoch.last_seq // span


def frames_of(epoch: Epoch, level: int, chunk: int) -> tuple[int, int]:
    """The first and the last frame of a chunk that closes now."""
    span = epoch.columns_per_chunk_frames(level)
    return chunk * span, min((chunk + 1) * span - 1, epoch.last_seq)


def children_of(epoch: Epoch, level: int, chunk: int) -> range:
    """The chunks of the level below that may have filled this one."""
    first, last = frames_of(epoch, level, chunk)
    span = epoch.columns_per_chunk_frames(level - 1)
    return range(max(first, epoch.first_seq) // span, last // span + 1)


def lowest(epoch: Epoch, chunk: int, pieces: Sequence[Piece]) -> Chunk | None:
    """A chunk of single frames from those of `pieces` that lie in it; None if none does."""
    first, last = frames_of(epoch, 0, chunk)
    parts = [part for piece in pieces if (part := piece.part(first, last)) is not None]
    if not parts:
        return None
    shape = last - first + 1, epoch.rows
    angles = np.zeros(shape, bam_type(epoch.bits))
    missing = np.ones(shape, np.bool_)
    columns = blank(len(angles))
    for part in parts:
        span = slice(part.first_seq - first, part.last_seq - first + 1)
        angles[span] = part.frames.angles
        missing[span] = False if part.frames.missing is None else part.frames.missing
        for whole, some in zip(columns.arrays(), part.columns.arrays(), strict=True):
            whole[span] = some
    gaps = gaps_of(missing)
    t0_us = max(parts[0].time_of(first), 0)
    frames = Frames(_held(angles, gaps), missing=gaps)
    if not epoch.levels:
        return Chunk(0, chunk, t0_us, frames, columns, None)
    sums = bin_bam(frames.angles, epoch.bits, epoch.factor, gaps)
    return Chunk(0, chunk, t0_us, frames, columns, Cells(t0_us, sums, columns.merged(epoch.factor)))


def parent(epoch: Epoch, level: int, chunk: int, children: Sequence[tuple[int, Cells]]) -> Chunk | None:
    """A chunk above level 0 from the cells of its children, each with its number; None if there are none."""
    if not children:
        return None
    step = epoch.factor**level
    first, last = frames_of(epoch, level, chunk)
    shape = last // step - first // step + 1, epoch.rows
    sums = Sums(np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int32))
    columns = blank(shape[0])
    filled = epoch.chunk_columns // epoch.factor
    for number, cells in children:
        start = number * filled - first // step
        span = slice(start, start + len(cells.columns))
        sums.c[span], sums.s[span], sums.n[span] = cells.sums.c, cells.sums.s, cells.sums.n
        for whole, some in zip(columns.arrays(), cells.columns.arrays(), strict=True):
            whole[span] = some
    number, cells = children[0]
    t0_us = max(cells.t0_us - (number * filled * step - first) * epoch.dt_us, 0)
    means = finish(sums, bits(epoch, level))
    gaps = gaps_of(means.missing)
    frames = Frames(_held(means.angles, gaps), means.r8, gaps)
    above = None
    if level < epoch.levels:
        above = Cells(t0_us, merge(sums, epoch.factor), columns.merged(epoch.factor))
    return Chunk(level, chunk, t0_us, frames, columns, above)


def _held(angles: Bam, missing: NDArray[np.bool_] | None) -> Bam:
    """Missing cells repeat their row's last angle, in place: what is not shown should cost nothing."""
    if missing is not None:
        for t in range(1, len(angles)):
            np.copyto(angles[t], angles[t - 1], where=missing[t])
    return angles
