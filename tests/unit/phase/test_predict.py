"""The predictors against their definition in plain integers, one cell at a time."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.planes import from_planes, planes_per_cell, to_planes, unzigzag, zigzag
from kaizen.phase.predict import (
    CANDIDATES,
    DELTA,
    LEAKY,
    LINEAR,
    NONE,
    History,
    choose_predictor,
    is_predictor,
    residuals,
    restore,
)
from kaizen.phase.quantise import BITS, bam_type

PREDICTORS = (NONE, DELTA, LINEAR, *(LEAKY + shift for shift in range(1, 9)))


@dataclass
class Cell:
    """One row of the definition: x[t-1], step and v as in docs/phase-format.md."""

    bits: int
    predictor: int
    x: int | None = None
    step: int = 0
    v: int = 0

    def signed(self, value: int) -> int:
        half = 1 << (self.bits - 1)
        return (value + half) % (1 << self.bits) - half

    def residual(self, x: int, whole: bool) -> int:
        if self.x is None:  # a keyframe
            self.x = x
            return x
        shift = self.predictor - LEAKY
        if whole or self.predictor == NONE:
            p = 0
        elif self.predictor == DELTA:
            p = self.x
        elif self.predictor == LINEAR:
            p = self.x + self.step
        else:
            p = self.x + ((self.v + 128) >> 8)
        self.step = self.signed(x - self.x)
        if shift > 0:
            self.v += ((self.step << 8) - self.v) >> shift
        self.x = x
        return (x - p) % (1 << self.bits)


@st.composite
def streams(draw: st.DrawFn) -> tuple[int, int, np.ndarray]:
    """Bits, predictor, frames; values near the wrap and half a turn apart are likely."""
    bits, predictor = draw(st.sampled_from(BITS)), draw(st.sampled_from(PREDICTORS))
    turn = 1 << bits
    edges = st.sampled_from([0, 1, turn // 2 - 1, turn // 2, turn // 2 + 1, turn - 1])
    value = edges | st.integers(0, turn - 1)
    n_rows = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(value, min_size=n_rows, max_size=n_rows), min_size=1, max_size=12))
    return bits, predictor, np.array(rows, bam_type(bits))


def same(one: History, other: History, bits: int) -> bool:
    mask = (1 << bits) - 1
    return (
        (one.last == other.last).all()
        and (one.step & mask == other.step & mask).all()
        and bool((one.rate == other.rate).all())
    )


@given(streams(), st.booleans())
def test_residuals_follow_the_definition(stream: tuple[int, int, np.ndarray], whole: bool) -> None:
    bits, predictor, angles = stream
    cells = [Cell(bits, predictor) for _ in range(angles.shape[1])]
    expected = [[cell.residual(int(x), whole) for cell, x in zip(cells, frame, strict=True)] for frame in angles]
    left, after = residuals(angles, bits, predictor, None, whole=whole)
    assert left.dtype == angles.dtype
    assert left.tolist() == expected
    assert after.last.tolist() == [cell.x for cell in cells]
    assert after.rate.tolist() == [cell.v for cell in cells]
    assert [cells[0].signed(int(step)) for step in after.step] == [cell.step for cell in cells]


@given(streams(), st.booleans())
def test_restore_is_the_inverse(stream: tuple[int, int, np.ndarray], whole: bool) -> None:
    bits, predictor, angles = stream
    left, after = residuals(angles, bits, predictor, None, whole=whole)
    kept = left.copy()
    restored, restored_after = restore(left, bits, predictor, None, whole=whole)
    assert (restored == angles).all()
    assert same(restored_after, after, bits)
    assert (left == kept).all()  # the input is not worn


@given(streams(), st.data())
def test_the_cut_into_messages_does_not_matter(stream: tuple[int, int, np.ndarray], data: st.DataObject) -> None:
    """The history after a frame is the same however the frames before it travelled, whole ones included."""
    bits, predictor, angles = stream
    _, straight = residuals(angles, bits, predictor, None)
    sent: History | None = None
    got: History | None = None
    start = 0
    while start < len(angles):
        stop = data.draw(st.integers(start + 1, len(angles)))
        whole = data.draw(st.booleans())
        left, sent_after = residuals(angles[start:stop], bits, predictor, sent, whole=whole)
        restored, got_after = restore(left, bits, predictor, got, whole=whole)
        assert (restored == angles[start:stop]).all()
        sent, got, start = sent_after, got_after, stop
    assert sent is not None
    assert got is not None
    assert same(sent, straight, bits)
    assert same(got, straight, bits)


def test_histories_own_their_arrays() -> None:
    angles = np.arange(12, dtype="<u2").reshape(3, 4)
    for after in (residuals(angles, 16, LINEAR, None)[1], restore(angles, 16, LINEAR, None)[1]):
        assert after.last.base is None
        assert after.step.base is None


@pytest.mark.parametrize("bits", BITS)
def test_a_steady_rotation_leaves_nothing_to_linear(bits: int) -> None:
    """Through the wrap, forwards and backwards."""
    t = np.arange(20)[:, None]
    angles = (t * np.array([3, -5, 2 ** (bits - 1) - 1]) % 2**bits).astype(bam_type(bits))
    assert not residuals(angles, bits, LINEAR, None)[0][2:].any()


def test_codes_of_predictors() -> None:
    assert [code for code in range(256) if is_predictor(code)] == [0, 1, 2, *range(17, 25)]
    assert all(map(is_predictor, CANDIDATES))


def test_the_best_predictor_is_found() -> None:
    numbers = np.random.default_rng(3)
    t = np.arange(64)[:, None]
    speeds = numbers.integers(-9000, 9000, 200)
    rotating = (t * speeds).astype("<u2")
    wandering = np.cumsum(numbers.normal(0, 700, (64, 200)), axis=0).astype(np.int64).astype("<u2")
    both = (rotating.astype(np.int64) + wandering).astype("<u2")
    assert choose_predictor(rotating, 16) == LINEAR
    assert choose_predictor(wandering, 16) == DELTA
    assert choose_predictor(both, 16) in (LEAKY + 2, LEAKY + 3)
    assert choose_predictor(rotating[:1], 16) == LINEAR


@pytest.mark.parametrize("bits", BITS)
def test_zigzag_orders_by_size(bits: int) -> None:
    turn = 1 << bits
    words = np.array([0, turn - 1, 1, turn - 2, 2, turn // 2 - 1, turn // 2], bam_type(bits))
    assert zigzag(words, bits).tolist() == [0, 1, 2, 3, 4, turn - 2, turn - 1]


@pytest.mark.parametrize("bits", BITS)
def test_every_word_survives_the_planes(bits: int) -> None:
    words = np.arange(1 << bits).astype(bam_type(bits))
    assert (unzigzag(zigzag(words, bits), bits) == words).all()
    planes = to_planes(words, bits)
    assert len(planes) == len(words) * planes_per_cell(bits)
    assert (from_planes(memoryview(planes), bits) == words).all()


def test_low_bytes_come_before_high_ones() -> None:
    assert to_planes(np.array([[1, 0x180]], "<u2"), 16) == bytes([2, 0, 0, 3])
