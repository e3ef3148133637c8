"""The ring of newest frames: where groups of pictures start, how they are predicted, and what may leave. Pure.

Groups depend on the frames alone, never on how these were cut into bodies: a client's state is the same either way.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from kaizen.phase.predict import LINEAR, choose_predictor
from kaizen.phase.quantise import Bam
from kaizen.phase.streams import Gop, Segment

RING_FRAMES = 120
GOP_US = 5_000_000
GOP_FRAMES = 64


def gop_frames(dt_us: int) -> int:
    """Frames from keyframe to keyframe: five seconds, at most 64; `dt_us` is at least 1."""
    return min(max(GOP_US // dt_us, 1), GOP_FRAMES)


def starts(before: Gop | None, distance: int, first_seq: int, last_seq: int, *, gap: bool) -> range:
    """The new frames with which groups start; `before` is the group that is open, None for an epoch's first frames.

    One starts with the epoch's first frame, after a gap, and `distance` frames after the last start.
    """
    following = first_seq if before is None or gap else before.first_seq + distance
    return range(following, last_seq + 1, distance)


def groups(
    before: Sequence[Gop], found: Iterable[int], angles: Callable[[int, int], Sequence[Bam]], bits: int
) -> tuple[Gop, ...]:
    """The groups `before` and those that start at `found`.

    Each is predicted with what was best for the one before it, the first one linearly: an encoder that waited for a
    group's end would be late by it. `angles` gives the frames there are between two, both included.
    """
    known = list(before)
    for first_seq in found:
        previous = angles(known[-1].first_seq, first_seq - 1) if known else ()
        predictor = choose_predictor(np.concatenate(previous), bits) if previous else LINEAR
        known.append(Gop(first_seq, predictor))
    return tuple(known)


def kept(
    segments: Sequence[Segment], gops: Sequence[Gop], last_seq: int, chunk_columns: int
) -> tuple[tuple[Segment, ...], tuple[Gop, ...]]:
    """What stays: the newest 120 frames, those of the chunk of level 0 that is still open, and their groups whole."""
    wanted = min(last_seq - RING_FRAMES + 1, (last_seq + 1) // chunk_columns * chunk_columns)
    oldest = max((gop.first_seq for gop in gops if gop.first_seq <= wanted), default=gops[0].first_seq)
    return (
        tuple(segment for segment in segments if segment.last_seq >= oldest),
        tuple(gop for gop in gops if gop.first_seq >= oldest),
    )
