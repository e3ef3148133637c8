"""What all oscillators of a frame do together, beside the sampled rows: the order parameter and the density. Pure.

A column stands for one frame in the ring and in level 0, for `factor`**l frames in level l. Columns are merged as sums:
a mean of means would forget how many oscillators, and how many frames, each stood for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kaizen.phase.circular import density, order_parameter
from kaizen.phase.frames import Frames
from kaizen.phase.quantise import TAU

BINS = 64
_DIGITS = 4  # of r and psi, finer than a sample of 10^7 could tell


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Sums over all oscillators and all frames of each column [columns].

    `c` and `s` are those of cosines and sines, `r` that of the frames' order parameters, float64; `frames` says how
    many frames there were, `density` [columns, 64] how many oscillators in each 64th of the turn, int64.
    """

    c: NDArray[np.float64]
    s: NDArray[np.float64]
    r: NDArray[np.float64]
    frames: NDArray[np.int64]
    density: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.r)

    def part(self, columns: slice) -> Self:
        return type(self)(*(array[columns] for array in self.arrays()))

    def arrays(self) -> tuple[NDArray[Any], ...]:
        return self.c, self.s, self.r, self.frames, self.density

    def merged(self, factor: int) -> Self:
        """The columns of the next level, each of `factor`; the last one takes what is left."""
        starts = np.arange(0, len(self), factor)
        return type(self)(*(np.add.reduceat(array, starts, axis=0) for array in self.arrays()))


def blank(columns: int) -> Columns:
    """Columns without a frame."""
    c, s, r = np.zeros((3, columns))
    return Columns(c, s, r, np.zeros(columns, np.int64), np.zeros((columns, BINS), np.int64))


def joined(parts: Sequence[Columns]) -> Columns:
    return Columns(*(np.concatenate(arrays) for arrays in zip(*(each.arrays() for each in parts), strict=True)))


def measure(frames: Frames, bits: int) -> Columns:
    """A column for each frame, from all oscillators; r and psi are rounded as they are stored."""
    r, psi = order_parameter(frames.angles, bits, frames.missing)
    psi = np.round(psi, _DIGITS)
    psi[psi >= TAU] = 0.0
    counts = density(frames.angles, bits, BINS, frames.missing)
    return _from_frames(np.round(r, _DIGITS), psi, counts.astype(np.int64))


def document(columns: Columns, first_seq: int, frames_per_column: int) -> dict[str, Any]:
    """As a CONFIG carries them: `r` and `psi` of the mean vector, null without a frame, and the density's counts.

    `first_seq` is the first column's first frame. Where a column stands for several frames, `r_mean` is the mean of
    their order parameters: while all oscillators turn together it stays large, and the mean vector's `r` falls.
    """
    counts = columns.density.sum(axis=1)
    there = counts > 0
    found = {
        "first_seq": first_seq,
        "frames_per_column": frames_per_column,
        "r": _rounded(np.hypot(columns.c, columns.s) / np.maximum(counts, 1), there),
        "psi": _rounded(np.mod(np.arctan2(columns.s, columns.c), TAU), there),
        "density": columns.density.tolist(),
    }
    if frames_per_column > 1:
        found["r_mean"] = _rounded(columns.r / np.maximum(columns.frames, 1), there)
    return {"columns": found}


def read(given: Mapping[str, Any]) -> Columns:
    """The columns that a document of single frames holds."""
    columns = given["columns"]
    r, psi = (np.array(columns[name], np.float64) for name in ("r", "psi"))  # null becomes NaN
    return _from_frames(r, psi, np.array(columns["density"], np.int64))


def _from_frames(r: NDArray[np.float64], psi: NDArray[np.float64], counts: NDArray[np.int64]) -> Columns:
    present = counts.sum(axis=1)
    r, psi = np.where(present > 0, r, 0.0), np.where(present > 0, psi, 0.0)
    return Columns(r * present * np.cos(psi), r * present * np.sin(psi), r, (present > 0).astype(np.int64), counts)


def _rounded(values: NDArray[np.float64], there: NDArray[np.bool_]) -> list[float | None]:
    return [round(value, _DIGITS) if real else None for value, real in zip(values.tolist(), there, strict=True)]
