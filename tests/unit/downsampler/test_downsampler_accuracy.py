"""Level 6, through six rounds of stored sums, against float64, of angles that an arithmetic mean gets wrong."""

import numpy as np
import pytest
from numpy.typing import NDArray

from kaizen.phase import keys
from kaizen.phase.quantise import TAU, from_bam
from phase_downsampler.body import converted
from tests.unit.downsampler.world import NAME, MemoryStore, Producer, chunk, policy_of, send

COLUMN = 4**6  # frames of a column of level 6
FRAMES = 2 * COLUMN + 700
ROWS = 24


def around_the_wrap(rng: np.random.Generator) -> NDArray[np.float64]:
    """Each row scatters around 0 by its own width: half of its angles lie just below a turn."""
    return rng.normal(0, np.linspace(0.001, 2.2, ROWS), (FRAMES, ROWS))


def opposite(rng: np.random.Generator) -> NDArray[np.float64]:
    """Two angles almost opposite, on both sides of the wrap: what is left of their vectors is short."""
    lean = np.linspace(0.42, 1.5, ROWS)
    return np.where(np.arange(FRAMES)[:, None] % 2 == 0, np.pi / 2 + lean, -np.pi / 2 - lean) + rng.normal(0, 0.01)


def slow_turn(rng: np.random.Generator) -> NDArray[np.float64]:
    """Most of a turn within a column: mean vectors shrink from level to level."""
    return rng.uniform(0, TAU, ROWS) + np.linspace(0.1, 0.75, ROWS) * TAU * np.arange(FRAMES)[:, None] / COLUMN


def bursts(rng: np.random.Generator) -> NDArray[np.float64]:
    """One angle most of the time, and its opposite in bursts that fill whole columns of the lower levels."""
    away = (np.arange(FRAMES) // 64 % 8 < 2)[:, None]
    return np.where(away, np.pi, 0.0) + np.linspace(-0.01, 0.01, ROWS) + rng.normal(0, 0.002, (FRAMES, ROWS))


@pytest.mark.parametrize("shape", [around_the_wrap, opposite, slow_turn, bursts])
@pytest.mark.parametrize(("bits", "gaps"), [(16, False), (16, True), (8, False)])
def test_level_6_is_within_a_hundredth_of_a_radian(shape: object, bits: int, gaps: bool) -> None:
    """Of the angles as the stream has them, in 8 bits too: means are finer than what they are made of."""
    assert callable(shape)
    rng = np.random.default_rng(6)
    missing = None
    if gaps:
        missing = rng.random((FRAMES, ROWS)) < np.linspace(0, 0.9, ROWS)
        missing[1000:1900, 3] = True
    producer = Producer.of(shape(rng), missing=missing, dt_us=33_333)
    store = MemoryStore()
    bodies = [(0, 4999), (5000, 5010), (5011, FRAMES - 1)]
    send(store, producer, policy_of(levels=6, factor=4, chunk_columns=512, bits=bits), *bodies)
    send(store, Producer.of(np.zeros((1, 2)), epoch=8), policy_of(), (0, 0))  # the epoch ends, its chunks close
    message, columns = chunk(store, 6, 0)
    assert keys.chunk(NAME, 7, 6, 1, "zstd") not in store.objects
    assert message.frames is not None
    assert message.frames.resultant is not None
    assert message.header.n_frames == 3

    there = np.ones(producer.angles.shape, np.bool_) if missing is None else ~missing
    vectors = np.exp(1j * from_bam(converted(producer.angles, 16, bits), bits)) * there
    for column in range(3):
        span = slice(column * COLUMN, (column + 1) * COLUMN)
        mean = vectors[span].sum(axis=0) / there[span].sum(axis=0)
        found = np.exp(1j * from_bam(message.frames.angles[column], message.header.bits))
        sure = np.abs(mean) > 0.2
        assert sure.any()
        assert np.abs(np.angle(found / mean))[sure].max() < 0.01
        assert np.abs(message.frames.resultant[column] / 255 - np.abs(mean)).max() < 0.5 / 255 + 2e-4
        whole = vectors[span].sum() / there[span].sum()
        assert abs(columns["r"][column] - abs(whole)) < 2e-4
        if abs(whole) > 0.2:
            assert abs(np.angle(np.exp(1j * columns["psi"][column]) / whole)) < 1e-3
        assert sum(columns["density"][column]) == there[span].sum()


def test_an_arithmetic_mean_would_not_pass() -> None:
    """What the test above is there for: these data tell a mean of angles from an angle of means."""
    phases = np.mod(around_the_wrap(np.random.default_rng(6)), TAU)[:COLUMN]
    true = np.angle(np.exp(1j * phases).mean(axis=0))
    assert np.abs(np.angle(np.exp(1j * (phases.mean(axis=0) - true)))).max() > 3
