"""Which rows of a large oscillator set are shown: a coordinated sample, by the hash of each stable oscillator id. Pure.

The rows with the lowest hashes are a simple random sample without replacement. An id keeps its hash: so the sample is
the same for every frame, half as many rows are a subset, and one oscillator more changes at most one row. A fresh draw
would make the picture flicker; hashing row indices instead of ids would, as soon as a row is inserted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint64]
Indices = NDArray[np.int64]
Labels = NDArray[np.integer[Any]]

Method = Literal["all", "bottom-k", "stratified"]

HASH = "splitmix64"  # to be recorded beside the seed

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIERS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = 30, 27, 31
# The high bits of a hash, which its last shift leaves alone, decide whether it is worth finishing.
_HIGH_BITS = 31

_TILE = 1 << 16  # ids; two such buffers are a megabyte, and stay in the cache
_TABLE = 1 << 16  # labels or ids that lie closer together than this, or than they are many, are counted in a table


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The chosen rows, ascending, and with what probability each was chosen.

    A mean over the whole set weighs each row by 1 / inclusion. The probability is over seeds; with strata, among those
    in which each stratum gets as many rows as it did.
    """

    rows: Indices
    inclusion: NDArray[np.float64]
    method: Method


def splitmix64(ids: Ids, seed: int) -> Ids:
    """The hash of each id: the output of that number, counted from 0, of a splitmix64 generator started at `seed`.

    Different ids have different hashes. Raises ValueError for a seed of more than 64 bits.
    """
    hashes = np.empty_like(ids)
    for part, mixed in _mixed(ids, seed):
        hashes[part] = _mixed_at_last(mixed)
    return hashes


def choose_rows(ids: Ids, k: int, seed: int, strata: Labels | None = None) -> Sample:
    """`k` of the rows with these ids, or all if there are no more.

    Without strata those of the lowest hashes. `strata` are labels, one per row, such as groups of natural frequency:
    then each gets rows in proportion to its size by Webster's method, one before any gets two, and within it those of
    the lowest hashes. (If there are more strata than rows, the largest get them.)

    Either way there is one order of all rows, of which the first `k` are taken: samples of any two sizes are nested.
    And whatever single id comes or goes, at most one other row does. Largest remainders would keep neither promise.

    Raises ValueError: an id occurs twice, arrays that do not fit, no rows wanted, a seed of more than 64 bits.
    """
    _check(ids, k, seed, strata)
    if k >= len(ids):
        return Sample(np.arange(len(ids), dtype=np.int64), np.ones(len(ids)), "all")
    if strata is None:
        rows, hashes = _lowest(ids, seed, np.array([k]), np.array([len(ids)]), None)
        rows = rows[np.argpartition(hashes, k - 1)[:k]]
        return Sample(np.sort(rows), np.full(k, k / len(ids)), "bottom-k")
    labels, sizes = _counted(strata)
    rows = _first_by_strata(ids, k, seed, labels, sizes)
    chosen = labels[rows]
    return Sample(rows, np.bincount(chosen, minlength=len(sizes))[chosen] / sizes[chosen], "stratified")


def _check(ids: Ids, k: int, seed: int, strata: Labels | None) -> None:
    if ids.ndim != 1 or ids.dtype != np.uint64:
        raise ValueError(f"ids are [rows] of uint64, not {ids.ndim}-dimensional {ids.dtype}")
    if strata is not None and (strata.shape != ids.shape or not np.issubdtype(strata.dtype, np.integer)):
        raise ValueError("strata are integers, one per id")
    if k < 1:
        raise ValueError(f"{k} rows are no sample")
    _check_seed(seed)
    if len(ids) < 2 or (ids[1:] > ids[:-1]).all():
        return  # a roster is mostly kept in order: then there is no need to sort it
    twice = _twice(ids)
    if twice is not None:
        raise ValueError(f"id {twice} occurs twice")


def _check_seed(seed: int) -> None:
    if not 0 <= seed < 1 << 64:
        raise ValueError(f"seed {seed} has more than 64 bits, or a sign")


def _twice(ids: Ids) -> int | None:
    """An id that occurs twice."""
    lowest, highest = int(ids.min()), int(ids.max())
    if highest - lowest < max(_TABLE, 8 * len(ids)):
        seen = np.zeros(highest - lowest + 1, np.bool_)
        seen[(ids - np.uint64(lowest)).astype(np.int64)] = True
        if np.count_nonzero(seen) == len(ids):
            return None
    ordered = np.sort(ids)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    return int(again[0]) if len(again) else None


def _mixed(ids: Ids, seed: int) -> Iterator[tuple[slice, Ids]]:
    """Tile by tile the hashes of its ids before their last shift, in a buffer that the next tile takes over."""
    _check_seed(seed)
    start = np.uint64((seed + int(_GOLDEN)) % (1 << 64))
    buffer, shifted = np.empty((2, min(_TILE, len(ids))), np.uint64)
    for first in range(0, len(ids), _TILE):
        part = slice(first, min(first + _TILE, len(ids)))
        z, t = buffer[: part.stop - first], shifted[: part.stop - first]
        np.multiply(ids[part], _GOLDEN, out=z)
        z += start
        for shift, multiplier in zip(_SHIFTS, _MULTIPLIERS, strict=False):
            np.right_shift(z, shift, out=t)
            z ^= t
            z *= multiplier
        yield part, z


def _mixed_at_last(mixed: Ids) -> Ids:
    hashes: Ids = np.bitwise_xor(mixed, np.right_shift(mixed, _SHIFTS[-1]))
    return hashes


def _lowest(ids: Ids, seed: int, wanted: Indices, sizes: Indices, labels: Indices | None) -> tuple[Indices, Ids]:
    """Rows with low hashes, ascending, and those hashes: of each stratum at least the `wanted` lowest of its `sizes`.

    Without labels there is one stratum. Only rows below a ceiling are looked at, which hardly ever leaves too few.
    """
    # Six standard deviations of how many hashes fall below it, and some for the smallest strata.
    share = (wanted + 6 * np.sqrt(wanted) + 18) / sizes
    while True:
        rows, hashes = _below(ids, seed, _ceilings(share), labels)
        found = np.array([len(rows)]) if labels is None else np.bincount(labels[rows], minlength=len(sizes))
        short = found < wanted
        if not short.any():
            return rows, hashes
        share[short] = 1  # the lot


def _ceilings(share: NDArray[np.float64]) -> Ids:
    """The highest hash of each share of all hashes, in steps that the high bits tell apart."""
    steps = np.ceil(np.minimum(share, 1) * (1 << _HIGH_BITS)).astype(np.uint64)
    ceilings: Ids = ((steps - np.uint64(1)) << np.uint64(64 - _HIGH_BITS)) | np.uint64((1 << (64 - _HIGH_BITS)) - 1)
    return ceilings


def _below(ids: Ids, seed: int, ceilings: Ids, labels: Indices | None) -> tuple[Indices, Ids]:
    """Rows whose hashes lie at or below their stratum's ceiling, and those hashes."""
    rows, hashes = [], []
    for part, mixed in _mixed(ids, seed):
        ceiling = ceilings[0] if labels is None else ceilings[labels[part]]
        found = np.flatnonzero(mixed <= ceiling)
        hashes.append(_mixed_at_last(mixed[found]))
        rows.append(found + part.start)
    return np.concatenate(rows), np.concatenate(hashes)


def _counted(strata: Labels) -> tuple[Indices, Indices]:
    """Each row's stratum, numbered from 0, and how many rows each has; a number may stand for none."""
    lowest, highest = int(strata.min()), int(strata.max())
    if highest - lowest < max(_TABLE, len(strata)):
        wide = strata if strata.dtype.itemsize == 8 else strata.astype(np.int64)
        numbers = (wide - lowest).astype(np.int64)
        return numbers, np.bincount(numbers)
    _, numbers, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    return numbers, sizes


def _first_by_strata(ids: Ids, k: int, seed: int, labels: Indices, sizes: Indices) -> Indices:
    """The first `k` rows of one order of all: those that are first in their stratum, then all others, both by key.

    The key of the row with the i-th lowest hash in its stratum, counted from 0, is (i + 1/2) / size, which gives out
    rows as Webster's method does seats. Among equal keys the lower hash comes first.

    One id more lowers the keys of its stratum only, and too little for two more of its rows to come among the first:
    (i + 3/2) / (size + 1) is beyond the key (i + 1/2) / size at which it stopped, as long as any was left out.
    """
    held = np.flatnonzero(sizes)
    # Webster's method gives a stratum with n of N rows no more than 1/2 above (k + strata / 2) n / N.
    most = np.zeros_like(sizes)
    most[held] = np.minimum(np.ceil((k + len(held) / 2) * (sizes[held] / len(ids)) + 0.5) + 1, sizes[held])
    rows, hashes = _lowest(ids, seed, most, np.maximum(sizes, 1), labels)
    order = np.lexsort((hashes, labels[rows]))
    rows, hashes = rows[order], hashes[order]
    own = labels[rows]
    found = np.bincount(own, minlength=len(sizes))
    rank = np.arange(len(rows)) - (np.cumsum(found) - found)[own]
    first = np.lexsort((hashes, (rank + 0.5) / sizes[own], rank > 0))[:k]
    return np.sort(rows[first])
