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

# Numbers as arrays without axes: over a frame, numpy takes half again as long with Python's.
_HALF = np.array(128, np.int32)
_SHIFTS = [np.array(count, np.int32) for count in range(9)]
_SIGNED: dict[int, np.dtype[Any]] = {1: np.dtype(np.int8), 2: np.dtype("<i2")}  # by bytes per word

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
    leads, rate = None, _first_rate(steps, past)
    if predictor > LEAKY:
        leads, rate = _leads(steps, rate, bits, predictor - LEAKY, skip_first=past is None)
    if whole or predictor == NONE:
        left = angles
    else:
        if leads is not None:
            left = np.subtract(steps, leads, out=leads)
        elif predictor == LINEAR:
            left = _differences(steps, past.step if past is not None else None)
        else:
            left = steps
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
        steps, rate = _steps(angles, bits, past), _first_rate(angles, past)
        _, rate = _leads(steps, rate, bits, predictor - LEAKY, skip_first=past is None)
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
    return wrapped(_differences(angles, past.last if past is not None else None), bits)


def _differences(words: Words, before: Words | None) -> Words:
    """Each frame less the one before, modulo the type; `before` precedes the first, which is 0 without it.

    Row from row, for numpy takes twice as long over a frame that it broadcasts to [1, rows].
    """
    differences = np.empty_like(words)
    if len(words) > 1:
        np.subtract(words[1:], words[:-1], out=differences[1:])
    if before is None:
        differences[0] = 0
    else:
        np.subtract(words[0], before, out=differences[0])
    return differences


def _first_rate(angles: Bam, past: History | None) -> NDArray[np.int32]:
    return np.zeros(angles.shape[1], np.int32) if past is None else past.rate


def _leads(
    steps: Words, rate: NDArray[np.int32], bits: int, shift: int, *, skip_first: bool
) -> tuple[Words, NDArray[np.int32]]:
    """The step that the leaky rate foretells for each frame, and the rate after them. A keyframe foretells none."""
    leads = np.empty_like(steps)
    if skip_first:
        leads[0] = 0
    for t in range(1 if skip_first else 0, len(steps)):
        leads[t] = _lead(rate)  # assignment takes numbers modulo the type, of which 2^bits is a divisor
        rate = _next_rate(rate, steps[t], bits, shift)
    return leads, rate


def _lead(rate: NDArray[np.int32]) -> NDArray[np.int32]:
    """Whole binary angles per frame."""
    lead = rate + _HALF
    lead >>= _SHIFTS[8]
    return lead


def _next_rate(rate: NDArray[np.int32], step: Words, bits: int, shift: int) -> NDArray[np.int32]:
    spare = 8 * step.itemsize - bits
    # With its highest bit the type's highest, a step is signed as the type reads it.
    raised = step << spare if spare else step
    following: NDArray[np.int32] = raised.view(_SIGNED[step.itemsize]).astype(np.int32)
    following <<= _SHIFTS[8 - spare]
    following -= rate
    following >>= _SHIFTS[shift]
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
        step = wrapped(left[t] + _lead(rate).astype(left.dtype), bits)
        angles[t] = wrapped(last + step, bits)
        rate = _next_rate(rate, step, bits, shift)
        last = angles[t]
    return angles, History(angles[-1].copy(), step.copy(), rate)


def _entropy(left: Words) -> float:
    """Bits per residual if each were coded by its own frequency."""
    counts = np.bincount(left.ravel())
    shares = counts[counts > 0] / left.size
    return float(-(shares * np.log2(shares)).sum())
