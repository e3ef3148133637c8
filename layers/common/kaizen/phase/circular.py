"""Means of angles: each cell is a sum of unit vectors and its count, never a bare angle, until the end. Pure.

`bin_time` and `bin_bam` sum the frames of each bin, `merge` sums bins to those of the next level, `finish` turns sums
into the mean angle and the mean resultant length R. An arithmetic mean is wrong across the wrap, and a mean of means
has forgotten how long the vectors were and how many angles they stood for.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaizen.phase.quantise import BITS, TAU, Bam, Floats, NotFiniteError, bam_type
from kaizen.phase.vectors import EXACT_TERMS, TILE_CELLS, TILE_ROWS, Gaps, OfBam, OfRadians, Singles, Vectors, spans

# 1 in a stored component, the mean vector's greatest length.
_PACKED_ONE = 32767

_TOO_LONG = "a sum of unit vectors is longer than their count"


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Cells [bins, rows]: `c` and `s` sum the cosines and sines of `n` angles.

    float32 where no cell sums more than 64 frames, else float64. `n` is int32, 0 where every angle is missing; it may
    be a read-only view.
    """

    c: Floats
    s: Floats
    n: NDArray[np.int32]


class Means(NamedTuple):
    """Cells [bins, rows]: mean angles, mean resultant lengths R in 255ths, and where every angle is missing."""

    angles: Bam
    r8: NDArray[np.uint8]
    missing: Gaps


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Sums to be stored: the mean vector's components in 32767ths, and the counts.

    Packing moves a mean vector by at most 2.2e-5, six levels that are each packed and merged by 1.3e-4: 7e-4 rad where
    R is 0.2.
    """

    c: NDArray[np.int16]
    s: NDArray[np.int16]
    n: NDArray[np.int32]


def bin_time(block: Singles, step: int, missing: Gaps | None = None, threads: int = 1) -> Sums:
    """The sums of every `step` frames of radians [frames, rows]; the last bin takes what is left.

    Radians are of any range, and where `missing` (of the same shape) is True anything at all. Mean vectors are off by
    4e-6 at most: single precision sums 64 frames, double precision the rest.

    Raises NotFiniteError naming the first bad phase.
    """
    _check(block, None, missing, step)
    sums = _bin(block, step, missing, threads, OfRadians)
    if not np.isfinite(np.add.reduce(sums.c, axis=None)):
        raise _not_finite(block, missing)
    return sums


def bin_bam(angles: Bam, bits: int, step: int, missing: Gaps | None = None, threads: int = 1) -> Sums:
    """The same of binary angles [frames, rows]. Their vectors come from a table and sum up exactly."""
    _check(angles, bits, missing, step)
    return _bin(angles, step, missing, threads, lambda: OfBam(bits))


def merge(children: Sums, factor: int) -> Sums:
    """The sums of every `factor` bins, those of the next level; the last one takes what is left.

    In double precision: 29 bits more than the children's 24, so that what came from binary angles stays exact up to
    2^35 frames, and the rest is off by 1e-16 of its count per term.
    """
    if factor < 1:
        raise ValueError(f"{factor} bins make no parent")
    double, whole = np.dtype(np.float64), np.dtype(np.int32)
    return Sums(
        _merged(children.c, factor, double), _merged(children.s, factor, double), _merged(children.n, factor, whole)
    )


def finish(sums: Sums, bits: int, threads: int = 1) -> Means:
    """Mean angles, as binary angles, and R. Where R rounds to 0 the angle would be noise: it is 0.

    Raises ValueError for a vector that is longer than its count.
    """
    shape = sums.c.shape
    # Where all rows of a bin have the same count, its column stands for them.
    n = sums.n if not sums.n.size or sums.n.strides[1] else sums.n[:, :1]
    means = Means(np.empty(shape, bam_type(bits)), np.empty(shape, np.uint8), np.zeros(shape, np.bool_))
    if not n.all():
        np.equal(n, 0, out=means.missing)

    def work(parts: Iterator[tuple[slice, slice]]) -> None:
        for bins, rows in parts:
            part = bins, rows
            c, s = sums.c[part].astype(np.float32, copy=False), sums.s[part].astype(np.float32, copy=False)
            lengths = c * c
            lengths += s * s
            np.sqrt(lengths, out=lengths)
            lengths *= np.float32(255) / np.maximum(n[bins, rows if n is sums.n else slice(1)], 1).astype(np.float32)
            if np.rint(lengths, out=lengths).max() > 255:
                raise ValueError(_TOO_LONG)
            means.r8[part] = lengths
            angles = np.arctan2(s, c, out=lengths)
            angles *= np.float32((1 << bits) / TAU)
            counts = np.rint(angles, out=angles).astype(np.int32)
            counts &= (1 << bits) - 1  # a negative angle comes in from the other side, a whole turn is 0
            means.angles[part] = counts

    _share(_tiles(shape), threads, work)
    if not means.r8.all():
        means.angles[means.r8 == 0] = 0
    return means


def pack(sums: Sums) -> Packed:
    """Raises ValueError for a vector that is longer than its count."""
    return Packed(_packed(sums.c, sums.n), _packed(sums.s, sums.n), np.array(sums.n))


def unpack(packed: Packed) -> Sums:
    scale = packed.n / _PACKED_ONE
    return Sums(packed.c * scale, packed.s * scale, packed.n)


def order_parameter(
    angles: Singles | Bam, bits: int | None = None, missing: Gaps | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Length r and angle psi, in [0, 2 pi), of the mean vector of each frame of [frames, rows]; NaN if it has no angle.

    Exact over all rows but for 1e-6. Binary angles need their `bits`; radians are float32.

    Raises NotFiniteError naming the first bad phase.
    """
    _check(angles, bits, missing)
    vectors: Vectors[Any] = OfRadians() if bits is None else OfBam(bits)
    totals = np.zeros(len(angles), np.complex128)
    with np.errstate(invalid="ignore"):
        for frames, rows in _tiles(angles.shape):
            totals[frames] += vectors.across(angles[frames, rows], _part(missing, frames, rows))
    if not np.isfinite(totals).all():
        raise _not_finite(angles, missing)
    present = np.full(len(angles), angles.shape[1]) if missing is None else np.count_nonzero(~missing, axis=1)
    psi = np.angle(totals)
    psi[psi < 0] += TAU
    psi[psi >= TAU] = 0.0  # it was just below 0
    psi[present == 0] = np.nan
    return np.abs(totals) / np.where(present, present, np.nan), psi


def density(
    angles: Singles | Bam, bits: int | None = None, bins: int = 64, missing: Gaps | None = None
) -> NDArray[np.uint32]:
    """How many of all rows lie in each of `bins` equal parts of the turn, [frames, bins], exactly.

    Part i goes from i / bins of a turn to below (i + 1) / bins. Binary angles need their `bits`, of which `bins` takes
    whole ones, such as 64; radians are float32.

    Raises NotFiniteError naming the first bad phase.
    """
    _check(angles, bits, missing)
    if bins < 1 or bins & (bins - 1) or bins > 1 << 8:
        raise ValueError(f"{bins} bins are no power of two up to 256")
    counts = np.zeros((len(angles), bins), np.uint32)
    for frames, rows in _tiles(angles.shape):
        tile, gaps = angles[frames, rows], _part(missing, frames, rows)
        parts = _parts_of_turn(tile, bits, bins, gaps)
        if parts is None:
            raise _not_finite(angles, missing)
        parts += np.arange(0, len(tile) * bins, bins)[:, None]  # one count for all frames of the tile
        found = np.bincount(parts.ravel() if gaps is None else parts[~gaps], minlength=len(tile) * bins)
        counts[frames] += found.reshape(-1, bins).astype(np.uint32)
    return counts


class _Job(NamedTuple):
    """Some bins of some rows; each bin takes `length` frames, from `start` on."""

    bins: slice
    rows: slice
    start: int
    length: int


def _jobs(n_frames: int, n_rows: int, step: int) -> Iterator[_Job]:
    whole = n_frames // step
    for rows in spans(n_rows, TILE_ROWS):
        fitting = TILE_CELLS // ((rows.stop - rows.start) * step) if step <= EXACT_TERMS else 1
        for bins in spans(whole, max(fitting, 1)):
            yield _Job(bins, rows, bins.start * step, step)
        if n_frames % step:
            yield _Job(slice(whole, whole + 1), rows, whole * step, n_frames % step)


def _bin[Angles: (Singles, Bam)](
    angles: Angles, step: int, missing: Gaps | None, threads: int, vectors_of: Callable[[], Vectors[Angles]]
) -> Sums:
    n_frames, n_rows = angles.shape
    shape = -(-n_frames // step), n_rows
    kind = np.float32 if step <= EXACT_TERMS else np.float64
    c, s = np.empty(shape, kind), np.empty(shape, kind)

    def work(jobs: Iterator[_Job]) -> None:
        vectors = vectors_of()
        with np.errstate(invalid="ignore"):  # the callers look for what is not finite
            for bins, rows, start, length in jobs:
                here, width = (bins, rows), rows.stop - rows.start
                piece = min(TILE_CELLS // width, EXACT_TERMS)
                if length <= piece:
                    frames = slice(start, start + length * (bins.stop - bins.start))
                    vectors.along(angles[frames, rows], _part(missing, frames, rows), length, c[here], s[here])
                    continue
                c[here] = s[here] = 0
                part = np.empty((2, 1, width), np.float32)
                for span in spans(length, piece):
                    frames = slice(start + span.start, start + span.stop)
                    gaps = _part(missing, frames, rows)
                    vectors.along(angles[frames, rows], gaps, span.stop - span.start, part[0], part[1])
                    c[here] += part[0]
                    s[here] += part[1]

    _share(_jobs(n_frames, n_rows, step), threads, work)
    return Sums(c, s, _counts(n_frames, n_rows, step, missing))


def _share[Job](jobs: Iterable[Job], threads: int, work: Callable[[Iterator[Job]], None]) -> None:
    """Each job to one of `threads` calls of `work`, whichever is free."""
    queue = deque(jobs)
    if threads == 1:
        work(_drained(queue))
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, _drained(queue)) for _ in range(threads)]:
            done.result()


def _drained[Job](queue: deque[Job]) -> Iterator[Job]:
    while True:
        try:
            job = queue.popleft()
        except IndexError:
            return
        yield job


def _counts(n_frames: int, n_rows: int, step: int, missing: Gaps | None) -> NDArray[np.int32]:
    """How many frames each bin sums, [bins, rows]."""
    lengths = np.full((-(-n_frames // step), 1), step, np.int32)
    if n_frames % step:
        lengths[-1] = n_frames % step
    counts: NDArray[np.int32] = np.broadcast_to(lengths, (len(lengths), n_rows))
    if missing is None:
        return counts
    counts = counts.copy()
    for offset in range(min(step, n_frames)):
        gaps = missing[offset::step]
        counts[: len(gaps)] -= gaps
    return counts


def _merged(children: NDArray[Any], factor: int, kind: np.dtype[Any]) -> NDArray[Any]:
    parents = children[::factor].astype(kind)
    for offset in range(1, min(factor, len(children))):
        siblings = children[offset::factor]
        parents[: len(siblings)] += siblings
    return parents


def _packed(component: Floats, n: NDArray[np.int32]) -> NDArray[np.int16]:
    stored = np.rint(component / np.maximum(n, 1) * _PACKED_ONE)
    if stored.size and np.abs(stored).max() > _PACKED_ONE:
        raise ValueError(_TOO_LONG)
    return stored.astype(np.int16)


def _parts_of_turn(tile: NDArray[Any], bits: int | None, bins: int, gaps: Gaps | None) -> NDArray[np.intp] | None:
    """The part of the turn in which each angle lies; None if one is not finite."""
    parts: NDArray[np.intp]
    if bits is not None:
        parts = np.right_shift(tile, bits - (bins - 1).bit_length()).astype(np.intp)
        return parts
    turns = np.multiply(tile, 1 / TAU, dtype=np.float64)  # not single precision: edges are to be exact
    if gaps is not None:
        turns[gaps] = 0
    if not np.isfinite(np.add.reduce(turns, axis=None)):
        return None
    turns -= np.floor(turns)
    turns *= bins
    parts = turns.astype(np.intp)
    parts &= bins - 1  # just below a whole turn may have rounded up to it
    return parts


def _tiles(shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """Frames (or bins) and rows of each tile."""
    for rows in spans(shape[1], TILE_ROWS):
        for frames in spans(shape[0], TILE_CELLS // (rows.stop - rows.start)):
            yield frames, rows


def _part(missing: Gaps | None, frames: slice, rows: slice) -> Gaps | None:
    return None if missing is None else missing[frames, rows]


def _check(angles: Singles | Bam, bits: int | None, missing: Gaps | None, step: int = 1) -> None:
    """Raises ValueError for arrays that do not fit: a fault of the caller, not of data."""
    if bits is not None and bits not in BITS:
        raise ValueError(f"{bits} bits are none of {BITS}")
    kind = np.dtype(np.float32) if bits is None else bam_type(bits)
    if angles.ndim != 2 or angles.dtype != kind:
        raise ValueError(f"angles are [frames, rows] of {kind}, not {angles.ndim}-dimensional {angles.dtype}")
    if bits == 12 and angles.size and angles.max() > 0xFFF:
        raise ValueError("an angle of 12 bits is larger than 12 bits")
    if missing is not None and (missing.shape != angles.shape or missing.dtype != np.bool_):
        raise ValueError("the mask of missing cells has another shape than the angles, or is not bool")
    if step < 1:
        raise ValueError(f"{step} frames make no bin")


def _not_finite(angles: Singles | Bam, missing: Gaps | None) -> NotFiniteError:
    bad = ~np.isfinite(angles)
    if missing is not None:
        bad &= ~missing
    where = np.unravel_index(int(np.argmax(bad)), bad.shape)
    return NotFiniteError(f"the phase at {tuple(map(int, where))} is not finite")
