"""The order parameter and density of all oscillators: against float64, and as sums through the levels."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.frames import Frames
from kaizen.phase.history.columns import BINS, Columns, blank, document, joined, measure, read
from kaizen.phase.quantise import TAU, from_bam, to_bam


def frames_of(seed: int, frames: int, rows: int, *, gaps: bool = False, spread: float = 2.0) -> Frames:
    rng = np.random.default_rng(seed)
    phases = rng.normal(rng.uniform(0, TAU, (frames, 1)), spread, (frames, rows))
    missing = rng.random(phases.shape) < 0.3 if gaps else None
    if missing is not None:
        missing[0] = True
    return Frames(to_bam(phases, 16), missing=missing)


def reference(frames: Frames, span: slice) -> tuple[float, float, list[int]]:
    """r, psi and density of all angles of some frames, in double precision."""
    angles = from_bam(frames.angles[span], 16)
    if frames.missing is not None:
        angles = angles[~frames.missing[span]]
    mean = np.exp(1j * angles).mean()
    counts, _ = np.histogram(angles, BINS, (0, TAU))
    return float(np.abs(mean)), float(np.angle(mean) % TAU), counts.tolist()


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.booleans(), st.sampled_from([1, 2, 4, 16]))
def test_a_column_is_the_mean_over_all_oscillators_and_all_its_frames(
    seed: int, count: int, gaps: bool, step: int
) -> None:
    frames = frames_of(seed, count, 37, gaps=gaps)
    columns = measure(frames, 16)
    merged = columns
    for _ in range({1: 0, 2: 1, 4: 2, 16: 4}[step]):
        merged = merged.merged(2)
    found = document(merged, 5 * step, step)["columns"]
    assert (found["first_seq"], found["frames_per_column"]) == (5 * step, step)
    assert len(found["r"]) == len(found["psi"]) == len(found["density"]) == -(-count // step)
    for column in range(len(merged)):
        span = slice(column * step, (column + 1) * step)
        if frames.missing is not None and frames.missing[span].all():
            assert (found["r"][column], found["psi"][column]) == (None, None)
            assert found["density"][column] == [0] * BINS
            continue
        r, psi, density = reference(frames, span)
        assert found["density"][column] == density
        assert abs(found["r"][column] - r) < 2e-4
        if r > 0.2:
            assert abs(np.angle(np.exp(1j * (found["psi"][column] - psi)))) < 1e-3


def test_all_turning_together_keeps_the_mean_of_r_though_their_mean_vector_vanishes() -> None:
    turning = np.linspace(0, TAU, 4, endpoint=False)[:, None] + np.zeros(50)
    merged = measure(Frames(to_bam(turning, 16)), 16).merged(4)
    found = document(merged, 0, 4)["columns"]
    assert found["r"] == [0.0]
    assert found["r_mean"] == [1.0]


def test_the_mean_of_r_is_over_the_frames_that_there_are() -> None:
    phases = np.array([[0.0, 0.0], [0.0, np.pi]])
    columns = joined([measure(Frames(to_bam(phases, 16)), 16), blank(2)]).merged(4)
    assert document(columns, 0, 4)["columns"]["r_mean"] == [0.5]
    assert "r_mean" not in document(blank(1), 0, 1)["columns"]


def same(one: Columns, other: Columns) -> bool:
    return all(a.tolist() == b.tolist() for a, b in zip(one.arrays(), other.arrays(), strict=True))


@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.booleans(), st.sampled_from([0.0, 0.01, 2.0]))
def test_single_frames_come_back_as_they_were_measured(seed: int, count: int, gaps: bool, spread: float) -> None:
    """To the last bit: a chunk is the same whether its frames were in memory or in the ring."""
    measured = measure(frames_of(seed, count, 23, gaps=gaps, spread=spread), 16)
    described = document(measured, 0, 1)
    assert same(read(described), measured)
    assert document(read(described), 0, 1) == described


def test_an_angle_just_below_a_turn_is_stored_as_0() -> None:
    columns = measure(Frames(np.array([[65535]], np.uint16)), 16)
    assert document(columns, 0, 1)["columns"]["psi"] == [6.2831]
    almost = np.full((1, 3), 0, np.uint16)
    almost[0, 0] = 65535
    found = document(measure(Frames(almost), 16), 0, 1)["columns"]
    assert found["psi"] == [0.0]
