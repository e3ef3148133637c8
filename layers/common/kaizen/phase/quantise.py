"""Angles and lengths as integers: binary angles (BAM) of 8, 12 or 16 bits, and R in 8 bits.

A binary angle counts 2^-bits of a turn and wraps as integers wrap, so that prediction is exact in every language.
The error is at most pi / 2^bits radians: 0.0123 at 8 bits, 7.7e-4 at 12, 4.8e-5 at 16.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

TAU = 2 * math.pi

BITS = (8, 12, 16)

# Binary angles: uint8 for 8 bits, else uint16.
Bam = NDArray[np.unsignedinteger[Any]]
# Steps and residuals, modulo 2^bits, of the type of the angles.
Words = Bam
Floats = NDArray[np.floating[Any]]


class NotFiniteError(ValueError):
    """A phase that is NaN or infinite where none may be missing. Permanent."""


def bam_type(bits: int) -> np.dtype[Any]:
    """Little-endian on every host: these arrays go to the wire and into checksums as they lie in memory."""
    return np.dtype(np.uint8) if bits == 8 else np.dtype("<u2")


def wrapped(words: Words, bits: int) -> Words:
    """Modulo 2^bits; 8 and 16 bits wrap by their type."""
    if bits != 12:
        return words
    low: Words = np.bitwise_and(words, 0xFFF)
    return low


def to_bam(theta: Floats, bits: int) -> Bam:
    """Radians of any range and shape to the nearest binary angles. Raises NotFiniteError naming the first bad index."""
    finite = np.isfinite(theta)
    if not finite.all():
        where = np.unravel_index(int(np.argmin(finite)), theta.shape)
        raise NotFiniteError(f"the phase at {tuple(map(int, where))} is not finite")
    turns = np.asarray(theta, np.float64) / TAU
    turns -= np.floor(turns)
    # Just below a whole turn rounds up to 2^bits, which is 0: hence the mask.
    counts = np.rint(turns * (1 << bits)).astype(np.uint32) & ((1 << bits) - 1)
    bam: Bam = counts.astype(bam_type(bits))
    return bam


def to_bam_with_gaps(theta: Floats, bits: int, previous: Bam | None = None) -> tuple[Bam, NDArray[np.bool_]]:
    """Radians [frames, rows] to binary angles and the mask of missing cells: those that are not finite.

    A missing cell holds its row's last value, from `previous` [rows] at the start (0 without one), so that it costs
    next to nothing and the row's prediction goes on where it stood.
    """
    missing = ~np.isfinite(theta)
    bam = to_bam(np.where(missing, 0.0, theta), bits)
    if not missing.any():
        return bam, missing
    held = np.zeros(theta.shape[1], bam.dtype) if previous is None else previous
    for frame, gaps in zip(bam, missing, strict=True):
        np.copyto(frame, held, where=gaps)
        held = frame
    return bam, missing


def from_bam(bam: Bam, bits: int) -> NDArray[np.float64]:
    """Radians in [0, 2 pi)."""
    return bam.astype(np.float64) * (TAU / (1 << bits))


def to_r8(resultant: Floats) -> NDArray[np.uint8]:
    """Mean resultant lengths to the nearest 255th. Rounding may carry a mean past 1; more is a fault.

    Raises NotFiniteError for NaN, ValueError for a length outside [0, 1].
    """
    if not np.isfinite(resultant).all():
        raise NotFiniteError("a resultant length is not finite")
    if resultant.size and not (resultant.min() >= -1e-6 and resultant.max() <= 1 + 1e-6):
        raise ValueError("a resultant length lies outside 0 to 1")
    return np.rint(np.clip(resultant, 0, 1) * 255).astype(np.uint8)


def from_r8(r8: NDArray[np.uint8]) -> NDArray[np.float64]:
    return r8 / 255.0
