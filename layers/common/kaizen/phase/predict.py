"""Integer predictors of binary angles, modulo 2^bits: what is left to send after a guess from the past.

    none      p = 0
    delta     p = x[t-1]
    linear    p = x[t-1] + step,                 step = x[t-1] - x[t-2] as a signed number
    leaky k   p = x[t-1] + ((v + 128) >> 8),     v += ((step << 8) - v) >> k after each frame

All of it is integer arithmetic that JavaScript repeats bit by bit: `>>` floors in both, and the leaky rate `v` fits
32 bits. A keyframe is predicted as 0 and forgets step and rate, so that they depend on the frames since it alone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaizen.phase.quantise import Bam, Words, wrapped

NONE, DELTA, LINEAR = 0, 1, 2
LEAKY = 16  # plus the shift k
MAX_SHIFT = 8

# What an encoder chooses from; the others decode as well.
CANDIDATES = (LINEAR, DELTA, LEAKY + 3, LEAKY + 2)


def is_predictor(code: int) -> bool:
    return code in (NONE, DELTA, LINEAR) or LEAKY < code <= LEAKY + MAX_SHIFT


@dataclass(frozen=True, slots=True)
class History:
    """What prediction knows of the past, per row: the last angle, the last step modulo 2^bits, the leaky rate.

    The rate is in 256ths of a binary angle per frame. Predictors other than leaky leave it at 0.
    """

    last: Bam
    step: Words
    rate: NDArray[np.int32]


def residuals(
    angles: Bam, bits: int, predictor: int, past: History | None, *, whole: bool = False
) -> tuple[Words, History]:
    """What frames [frames, rows] differ from their predictions, modulo 2^bits, and the history after them.

    Without `past` the first frame is a keyframe. `whole` predicts 0 for every frame (kind FULL); the history moves on
    all the same.
    """
    steps = _steps(angles, bits, past)
    leads, rate = _leads(steps, bits, predictor, past)
    if whole or predictor == NONE:
        left = angles
    else:
        left = steps if leads is None else steps - leads
        if predictor == LINEAR:
            left = steps.copy()
            left[1:] -= steps[:-1]
            if past is not None:
                left[0] -= past.step
        if past is None:
            left = left.copy()
            left[0] = angles[0]
        left = wrapped(left, bits)
    # Copies, for a history of views would keep the whole block alive.
    return left, History(angles[-1].copy(), steps[-1].copy(), rate)


def restore(
    left: Words, bits: int, predictor: int, past: History | None, *, whole: bool = False
) -> tuple[Bam, History]:
    """The inverse of `residuals`: the frames [frames, rows] and the history after them."""
    if predictor > LEAKY and not whole:
        return _restore_leaky(left, bits, predictor - LEAKY, past)
    angles = left if whole or predictor == NONE else _integrate(left, bits, predictor, past)
    if predictor > LEAKY:
        _, rate = _leads(_steps(angles, bits, past), bits, predictor, past)
    else:
        rate = _first_rate(angles, past)
    tail = _steps(angles[-2:], bits, past if len(angles) == 1 else None)
    return angles, History(angles[-1].copy(), tail[-1].copy(), rate)


def choose_predictor(angles: Bam, bits: int) -> int:
    """The candidate whose residuals of these frames [frames, rows] have the least entropy; linear for a lone frame."""
    if len(angles) < 2:
        return LINEAR
    return min(CANDIDATES, key=lambda predictor: _entropy(residuals(angles, bits, predictor, None)[0][1:]))


def _steps(angles: Bam, bits: int, past: History | None) -> Words:
    """Differences of successive frames; a keyframe's is 0."""
    steps = np.empty_like(angles)
    if len(angles) > 1:
        np.subtract(angles[1:], angles[:-1], out=steps[1:])
    if past is None:
        steps[0] = 0
    else:
        np.subtract(angles[0], past.last, out=steps[0])
    return wrapped(steps, bits)


def _first_rate(angles: Bam, past: History | None) -> NDArray[np.int32]:
    return np.zeros(angles.shape[1], np.int32) if past is None else past.rate


def _leads(steps: Words, bits: int, predictor: int, past: History | None) -> tuple[Words | None, NDArray[np.int32]]:
    """The step that the leaky rate foretells for each frame (None for other predictors), and the rate after them."""
    rate = _first_rate(steps, past)
    if predictor <= LEAKY:
        return None, rate
    leads = np.zeros_like(steps)
    for t in range(0 if past is not None else 1, len(steps)):
        leads[t] = _lead(rate, steps.dtype)
        rate = _next_rate(rate, steps[t], bits, predictor - LEAKY)
    return leads, rate


def _lead(rate: NDArray[np.int32], kind: np.dtype[Any]) -> Words:
    """Whole binary angles per frame, modulo the type (of which 2^bits is a divisor)."""
    lead = rate + np.int32(128)
    lead >>= 8
    return lead.astype(kind)


def _next_rate(rate: NDArray[np.int32], step: Words, bits: int, shift: int) -> NDArray[np.int32]:
    half = 1 << (bits - 1)
    following = step.astype(np.int32)
    following ^= half
    following -= half  # signed now
    following <<= 8
    following -= rate
    following >>= shift
    following += rate
    return following


def _integrate(left: Words, bits: int, predictor: int, past: History | None) -> Bam:
    """Sums undo differences: one for delta, two for linear."""
    angles = left.copy()
    if predictor == LINEAR:
        steps = angles if past is not None else angles[1:]  # a keyframe is no step
        if past is not None:
            steps[0] += past.step
        _sum_up(steps)
    if past is not None:
        angles[0] += past.last
    _sum_up(angles)
    return wrapped(angles, bits)


def _sum_up(words: Words) -> None:
    """Running sums over the frames, in place. Row by row the adds run as vectors; np.cumsum takes 20 times as long."""
    for t in range(1, len(words)):
        words[t] += words[t - 1]


def _restore_leaky(left: Words, bits: int, shift: int, past: History | None) -> tuple[Bam, History]:
    angles = left.copy()
    rate = _first_rate(left, past)
    last, step = (angles[0], np.zeros_like(angles[0])) if past is None else (past.last, past.step)
    for t in range(0 if past is not None else 1, len(angles)):
        step = wrapped(left[t] + _lead(rate, left.dtype), bits)
        angles[t] = wrapped(last + step, bits)
        rate = _next_rate(rate, step, bits, shift)
        last = angles[t]
    return angles, History(angles[-1].copy(), step.copy(), rate)


def _entropy(left: Words) -> float:
    """Bits per residual if each were coded by its own frequency."""
    counts = np.bincount(left.ravel())
    shares = counts[counts > 0] / left.size
    return float(-(shares * np.log2(shares)).sum())
