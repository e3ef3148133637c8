"""The reservoir: every item while few, blocks of any length, and the numbers at which logarithms end."""

import math
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kaizen.phase.reservoir import AlgorithmL, _log_of_rest


@given(st.integers(1, 10), st.lists(st.integers(0, 20), max_size=12), st.integers(0, 2**32))
def test_how_a_stream_is_cut_into_blocks_does_not_matter(k: int, cuts: list[int], seed: int) -> None:
    blocks: AlgorithmL[int] = AlgorithmL(k, np.random.default_rng(seed))
    single: AlgorithmL[int] = AlgorithmL(k, np.random.default_rng(seed))
    start = 0
    for length in cuts:
        blocks.add_block(range(start, start + length))
        start += length
    for item in range(start):
        single.add(item)
    assert blocks.items == single.items
    assert blocks.seen == single.seen == start
    assert len(set(blocks.items)) == min(k, start)


def test_few_items_are_all_kept() -> None:
    reservoir: AlgorithmL[str] = AlgorithmL(3, np.random.default_rng(0))
    reservoir.add_block(["a", "b"])
    assert reservoir.items == ["a", "b"]
    reservoir.add("c")
    assert reservoir.items == ["a", "b", "c"]


def test_arrays_are_blocks() -> None:
    reservoir: AlgorithmL[np.float32] = AlgorithmL(5, np.random.default_rng(0))
    phases = np.linspace(0, 6, 1000, dtype=np.float32)
    reservoir.add_block(phases)
    assert set(reservoir.items) <= set(phases)


def test_the_sample_is_a_copy() -> None:
    reservoir: AlgorithmL[int] = AlgorithmL(2, np.random.default_rng(0))
    reservoir.add_block(range(2))
    reservoir.items.clear()
    assert reservoir.items == [0, 1]


def test_a_stream_of_a_million_million_items() -> None:
    """Some 10 log(10^11) are kept on the way; the mean of the places is that of a uniform sample."""
    length = 10**12
    places = []
    for seed in range(40):
        reservoir: AlgorithmL[int] = AlgorithmL(10, np.random.default_rng(seed))
        reservoir.add_block(range(length))
        assert len(set(reservoir.items)) == 10
        places += reservoir.items
    error = 1 / math.sqrt(12 * len(places))
    assert abs(sum(places) / len(places) / length - 0.5) < 5 * error


class Scripted:
    """A generator that gives out these numbers, whatever the size of the block, and then the last one for ever."""

    def __init__(self, *numbers: float) -> None:
        self._numbers = list(numbers)

    def random(self, size: int) -> NDArray[np.float64]:
        given = [*self._numbers[:size], *self._numbers[-1:] * size][:size]
        del self._numbers[: min(size, len(self._numbers) - 1)]
        return np.array(given)


def scripted(k: int, *numbers: float) -> AlgorithmL[int]:
    return AlgorithmL(k, cast(Any, Scripted(*numbers)))


def test_a_random_number_of_zero_is_left_out() -> None:
    reservoir = scripted(2, 0.0, 0.25, 0.0, 0.0, 0.5, 0.7)
    # W = sqrt(0.25) = 1/2; log(1/2) / log(1 - 1/2) = 1 item is passed over, then item 3 takes the place 0.7 * 2.
    reservoir.add_block(range(4))
    assert reservoir.items == [0, 3]


@pytest.mark.parametrize("number", [5e-324, 2.0**-53, 1 - 2.0**-53])
def test_extreme_random_numbers_end_no_stream_in_an_error(number: float) -> None:
    reservoir = scripted(1, number)
    reservoir.add_block(range(10**9) if number < 0.5 else range(100))
    assert reservoir.seen == (10**9 if number < 0.5 else 100)


@pytest.mark.parametrize(
    ("log_w", "expected"),
    [
        (math.log(0.25), math.log(0.75)),
        (math.log(0.9), math.log(0.1)),
        (-1e-300, math.log(1e-300)),
        (math.log(1e-30), -1e-30),
        (-700.0, -math.exp(-700)),
    ],
)
def test_the_logarithm_of_the_rest(log_w: float, expected: float) -> None:
    assert _log_of_rest(log_w) == pytest.approx(expected, rel=1e-12)


def test_the_logarithm_of_the_rest_is_never_zero() -> None:
    assert _log_of_rest(-1e6) < 0


def test_a_sample_has_an_item() -> None:
    with pytest.raises(ValueError, match="no sample"):
        AlgorithmL(0, np.random.default_rng(0))
