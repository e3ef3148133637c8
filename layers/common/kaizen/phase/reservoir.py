"""A simple random sample of a stream of unknown length, in one pass. Pure.

Algorithm L (Li, 1994): instead of a random number per item it draws how many items to pass over.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NEVER = 1 << 62  # more items than any stream has
_DRAWN = 256  # random numbers at a time; one by one they take four times as long


class AlgorithmL[Item]:
    """A sample of `k` of all items so far, each equally likely; all of them while there are no more."""

    def __init__(self, k: int, rng: np.random.Generator) -> None:
        if k < 1:
            raise ValueError(f"{k} items are no sample")
        self._k = k
        self._uniform = _uniform(rng)
        self._items: list[Item] = []
        self._seen = 0
        # The logarithm of the largest of k random keys below which all kept items lie; as such it cannot underflow.
        self._log_w = 0.0
        self._next = 0  # the number of the next item to keep

    @property
    def seen(self) -> int:
        return self._seen

    @property
    def items(self) -> list[Item]:
        """The sample, in no order that means anything."""
        return list(self._items)

    def add(self, item: Item) -> None:
        self.add_block((item,))

    def add_block(self, block: Sequence[Item] | NDArray[Any]) -> None:
        """Items in their order; of a long block all but the few that are kept cost nothing."""
        end = self._seen + len(block)
        while self._next < end:
            item = block[self._next - self._seen]
            if len(self._items) < self._k:
                self._items.append(item)
            else:
                self._items[int(next(self._uniform) * self._k)] = item
            self._pass_over()
        self._seen = end

    def _pass_over(self) -> None:
        self._next += 1
        if len(self._items) < self._k:
            return
        self._log_w += math.log(next(self._uniform)) / self._k
        gap = math.log(next(self._uniform)) / _log_of_rest(self._log_w)
        self._next = self._next + int(gap) if gap < _NEVER else _NEVER


def _uniform(rng: np.random.Generator) -> Iterator[float]:
    """Random numbers in (0, 1), drawn by the block. numpy's may be 0, whose logarithm is not finite: it is left out."""
    while True:
        yield from (number for number in rng.random(_DRAWN).tolist() if number)


def _log_of_rest(log_w: float) -> float:
    """log(1 - W), below 0, for W in (0, 1). As it is written, it would be 0 from a W of 1e-16 down, and -inf near 1."""
    if log_w > -math.log(2):
        return math.log(-math.expm1(log_w))
    return math.log1p(-math.exp(log_w)) or -math.ulp(0.0)
