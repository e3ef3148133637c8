"""Tiles of angles to sums of their unit vectors: the inner loops of `circular`. Pure.

A tile's scratch stays in the processor's cache, and numpy lets go of the interpreter lock within one. Tiles lie the
same for any number of threads: sums do not depend on it.
"""

from collections.abc import Iterator
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kaizen.phase.quantise import TAU, Bam, Floats

Singles = NDArray[np.float32]
Complexes = NDArray[np.complex64]
Gaps = NDArray[np.bool_]

# Cells of a tile: so many that numpy's calls cost a few hundredths of it, and so few that its scratch, a megabyte for
# radians and four for binary angles, does not leave the caches.
TILE_CELLS = 1 << 18
# A tile is as wide as the frames are, up to here: numpy walks through contiguous memory in one go.
TILE_ROWS = 1 << 14

# Entries of the tables are whole multiples of 2^-18. A sum of 64 of them takes at most 24 bits, which single precision
# holds: it is exact, hence the same in any order and on any processor. An entry is off by 1.9e-6 at most, a 25th of
# what 16 bits cost an angle.
_TABLE_ONE = 2.0**18
EXACT_TERMS = 64


class Vectors[Angles](Protocol):
    """Unit vectors of tiles [frames, rows] of TILE_CELLS at most; none where `gaps` is True. For one thread."""

    def along(self, tile: Angles, gaps: Gaps | None, length: int, c: Floats, s: Floats) -> None:
        """Write the sums of every `length` frames, of which there is a whole number, to c and s [bins, rows]."""

    def across(self, tile: Angles, gaps: Gaps | None) -> Complexes:
        """The sums of all rows, [frames]."""


class OfRadians:
    """Of single precision, and of any range. What is not finite has no finite sum."""

    def __init__(self) -> None:
        self._scratch = np.empty(TILE_CELLS, np.float32)

    def along(self, tile: Singles, gaps: Gaps | None, length: int, c: Floats, s: Floats) -> None:
        for component, sums in zip(self._components(tile, gaps), (c, s), strict=True):
            np.add.reduce(component.reshape(-1, length, tile.shape[1]), axis=1, out=sums)

    def across(self, tile: Singles, gaps: Gaps | None) -> Complexes:
        sums = np.empty(len(tile), np.complex64)
        for component, part in zip(self._components(tile, gaps), (sums.real, sums.imag), strict=True):
            np.add.reduce(component, axis=1, out=part)
        return sums

    def _components(self, tile: Singles, gaps: Gaps | None) -> Iterator[Singles]:
        """The cosines, then the sines, in the same place."""
        component = self._scratch[: tile.size].reshape(tile.shape)
        for function in (np.cos, np.sin):
            function(tile, out=component)
            if gaps is not None:
                np.copyto(component, 0, where=gaps)
            yield component


class OfBam:
    """Of binary angles, from a table: one gather brings both components."""

    def __init__(self, bits: int) -> None:
        self._table = table(bits)
        self._indices = np.empty(TILE_CELLS, np.intp)
        self._scratch = np.empty(TILE_CELLS, np.complex64)

    def along(self, tile: Bam, gaps: Gaps | None, length: int, c: Floats, s: Floats) -> None:
        pairs = self._vectors(tile, gaps).view(np.float32).reshape(-1, length, 2 * tile.shape[1])
        sums = np.add.reduce(pairs, axis=1)
        c[...] = sums[:, 0::2]
        s[...] = sums[:, 1::2]

    def across(self, tile: Bam, gaps: Gaps | None) -> Complexes:
        sums: Complexes = np.add.reduce(self._vectors(tile, gaps), axis=1)
        return sums

    def _vectors(self, tile: Bam, gaps: Gaps | None) -> Complexes:
        indices = self._indices[: tile.size].reshape(tile.shape)
        vectors = self._scratch[: tile.size].reshape(tile.shape)
        np.copyto(indices, tile)
        np.take(self._table, indices, out=vectors, mode="clip")  # `raise` would go through another buffer
        if gaps is not None:
            np.copyto(vectors, 0, where=gaps)
        return vectors


@cache
def table(bits: int) -> Complexes:
    """The unit vector of each binary angle, rounded to 2^-18: opposite ones cancel exactly."""
    radians = np.arange(1 << bits) * (TAU / (1 << bits))
    entries = np.empty(1 << bits, np.complex64)
    entries.real = np.rint(np.cos(radians) * _TABLE_ONE) / _TABLE_ONE
    entries.imag = np.rint(np.sin(radians) * _TABLE_ONE) / _TABLE_ONE
    entries.flags.writeable = False
    return entries


def spans(size: int, limit: int) -> Iterator[slice]:
    """`size` in equal parts of at most `limit`; the last may be shorter."""
    if size:
        part = -(-size // -(-size // limit))
        yield from (slice(start, min(start + part, size)) for start in range(0, size, part))
