"""Angles as integers: the error bound, the wrap, the traps of floating point, and gaps."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from kaizen.phase.quantise import (
    BITS,
    TAU,
    NotFiniteError,
    bam_type,
    from_bam,
    from_r8,
    to_bam,
    to_bam_with_gaps,
    to_r8,
    wrapped,
)

bits_of = st.sampled_from(BITS)


def circular_distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    distance: np.ndarray = np.abs(np.angle(np.exp(1j * (one - other))))
    return distance


@given(npst.arrays(np.float64, st.integers(1, 50), elements=st.floats(-1e4, 1e4)), bits_of)
def test_the_error_is_at_most_half_a_step(theta: np.ndarray, bits: int) -> None:
    back = from_bam(to_bam(theta, bits), bits)
    assert ((back >= 0) & (back < TAU)).all()
    assert circular_distance(back, theta).max() <= math.pi / 2**bits + 1e-9


@given(npst.arrays(np.float32, st.integers(1, 50), elements=st.floats(-10, 10, width=32)), bits_of)
def test_single_precision_is_as_good(theta: np.ndarray, bits: int) -> None:
    back = from_bam(to_bam(theta, bits), bits)
    assert circular_distance(back, theta.astype(np.float64)).max() <= math.pi / 2**bits + 1e-9


@given(bits_of, st.data())
def test_binary_angles_come_back(bits: int, data: st.DataObject) -> None:
    kind = bam_type(bits)
    bam = data.draw(npst.arrays(kind, st.integers(1, 50), elements=st.integers(0, 2**bits - 1)))
    again = to_bam(from_bam(bam, bits), bits)
    assert again.dtype == kind
    assert (again == bam).all()


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize(
    "theta", [0.0, -0.0, TAU, -TAU, 1e-300, -1e-300, -1e-9, np.nextafter(TAU, 0), 1e300, float(np.float32(TAU))]
)
def test_a_whole_turn_is_zero(theta: float, bits: int) -> None:
    """Just below a turn rounds up to 2^bits, which must wrap and not overflow. 1e300 has no fraction of a turn left."""
    for kind in (np.float64, np.float32) if abs(theta) < 1e30 else (np.float64,):
        assert to_bam(np.array([theta], kind), bits)[0] == 0


def test_the_first_bad_phase_is_named() -> None:
    theta = np.zeros((3, 4))
    theta[1, 2] = np.nan
    theta[2, 0] = np.inf
    with pytest.raises(NotFiniteError, match=r"\(1, 2\)"):
        to_bam(theta, 16)


def test_gaps_repeat_the_last_angle() -> None:
    nan = np.nan
    theta = np.array([[nan, 1.0, 2.0], [0.5, nan, 2.5], [nan, nan, np.inf]])
    bam, missing = to_bam_with_gaps(theta, 16)
    assert missing.tolist() == [[True, False, False], [False, True, False], [True, True, True]]
    one, two, half, later = to_bam(np.array([1.0, 2.0, 0.5, 2.5]), 16).tolist()
    assert bam.tolist() == [[0, one, two], [half, one, later], [half, one, later]]
    following, _ = to_bam_with_gaps(np.full((1, 3), nan), 16, previous=bam[-1])
    assert following.tolist() == [[half, one, later]]


def test_without_gaps_nothing_is_missing() -> None:
    theta = np.linspace(0, 6, 12).reshape(3, 4)
    bam, missing = to_bam_with_gaps(theta, 8)
    assert not missing.any()
    assert (bam == to_bam(theta, 8)).all()


@given(npst.arrays(np.float64, st.integers(1, 50), elements=st.floats(0, 1)))
def test_lengths_keep_to_half_a_step(lengths: np.ndarray) -> None:
    assert np.abs(from_r8(to_r8(lengths)) - lengths).max() <= 0.5 / 255 + 1e-12


def test_lengths_that_rounding_carried_past_one_are_one() -> None:
    assert to_r8(np.array([1 + 5e-7, -5e-7])).tolist() == [255, 0]


@pytest.mark.parametrize("length", [1.1, -0.1])
def test_a_length_outside_its_range_is_refused(length: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        to_r8(np.array([length]))


def test_a_length_that_is_not_finite_is_refused() -> None:
    with pytest.raises(NotFiniteError):
        to_r8(np.array([np.nan]))


def test_twelve_bits_wrap_by_mask() -> None:
    words = np.array([0x1000, 0xFFFF, 0x0FFF], np.uint16)
    assert wrapped(words, 12).tolist() == [0, 0xFFF, 0xFFF]
    assert wrapped(words, 16) is words
