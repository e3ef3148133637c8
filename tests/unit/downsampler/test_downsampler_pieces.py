"""Stretches of frames, and what of them lies in the ring."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.coding import decompress
from kaizen.phase.decode import decode_all
from kaizen.phase.errors import PhaseFormatError
from kaizen.phase.frames import Frames
from kaizen.phase.history.columns import measure
from kaizen.phase.history.pieces import MOST_FRAMES, Piece, from_ring, join, to_ring
from kaizen.phase.predict import LINEAR
from kaizen.phase.quantise import bam_type
from kaizen.phase.streams import Epoch
from kaizen.phase.wire import Kind

EPOCH = Epoch(7, 0, 99, 10**15, 1000, 5, 9, "bottom-k", 16, 2, 2, 8)


def piece(frames: int, *, bits: int = 16, gaps: float = 0.0, first_seq: int = 10, rows: int = 5) -> Piece:
    rng = np.random.default_rng(frames)
    angles = rng.integers(0, 1 << bits, (frames, rows)).astype(bam_type(bits))
    missing = rng.random((frames, rows)) < gaps if gaps else None
    whole = Frames(angles, None, missing)
    return Piece(first_seq, 10**15 + first_seq * 1000, 1000, whole, measure(whole, bits))


def same(one: Piece, other: Piece) -> bool:
    masks = [each.frames.missing for each in (one, other)]
    return (
        (one.first_seq, one.t0_us, one.dt_us) == (other.first_seq, other.t0_us, other.dt_us)
        and one.frames.angles.tolist() == other.frames.angles.tolist()
        and (masks[0] is None) == (masks[1] is None)
        and (masks[0] is None or masks[1] is None or masks[0].tolist() == masks[1].tolist())
        and all(a.tolist() == b.tolist() for a, b in zip(one.columns.arrays(), other.columns.arrays(), strict=True))
    )


@given(st.integers(1, 20), st.sampled_from([8, 12, 16]), st.sampled_from([0.0, 0.4]))
def test_the_ring_gives_back_what_went_in(frames: int, bits: int, gaps: float) -> None:
    given = piece(frames, bits=bits, gaps=gaps)
    assert same(from_ring(to_ring(given, replace(EPOCH, bits=bits))), given.part(0, 1000) or given)


def test_an_object_of_the_ring_is_a_chunk_and_its_columns() -> None:
    found, described = decode_all(decompress("zstd", to_ring(piece(4), EPOCH), 1 << 20))
    assert (found.header.kind, described.header.kind) == (Kind.CHUNK, Kind.CONFIG)
    assert (found.header.epoch, found.header.seq, found.header.predictor) == (7, 13, LINEAR)
    assert found.header.flags & 4  # sampled
    assert described.document is not None
    assert set(described.document["columns"]) == {"first_seq", "frames_per_column", "r", "psi", "density"}
    assert described.document["columns"]["first_seq"] == 10


def test_a_damaged_object_is_refused() -> None:
    with pytest.raises(PhaseFormatError):
        from_ring(to_ring(piece(4), EPOCH)[:-9])


@given(st.integers(1, 12), st.integers(0, 25), st.integers(0, 25))
def test_a_part_is_what_lies_between(frames: int, first: int, last: int) -> None:
    given = piece(frames, gaps=0.3)
    part = given.part(first, last)
    wanted = [seq for seq in range(10, 10 + frames) if first <= seq <= last]
    if part is None:
        assert not wanted
        return
    assert [part.first_seq, part.last_seq] == [wanted[0], wanted[-1]]
    assert part.t0_us == given.time_of(wanted[0])
    assert part.frames.angles.tolist() == given.frames.angles[wanted[0] - 10 : wanted[-1] - 9].tolist()
    assert part.columns.r.tolist() == given.columns.r[wanted[0] - 10 : wanted[-1] - 9].tolist()


@given(st.integers(1, 12), st.sets(st.integers(1, 11)))
def test_parts_join_to_the_whole(frames: int, cuts: set[int]) -> None:
    given = piece(frames, gaps=0.2)
    edges = [0, *sorted(cut for cut in cuts if cut < frames), frames]
    parts = [given.part(10 + a, 9 + b) for a, b in pairwise(edges)]
    assert same(join([part for part in parts if part is not None]), given.part(0, 100) or given)


def test_the_largest_object_is_one_that_readers_take() -> None:
    """A column of a million oscillators has 64 counts of up to seven digits; a CONFIG may have a megabyte."""
    long = piece(2 * MOST_FRAMES + 1)
    parts = list(long.split())
    assert [len(part.frames.angles) for part in parts] == [MOST_FRAMES, MOST_FRAMES, 1]
    crowded = replace(parts[0], columns=replace(parts[0].columns, density=parts[0].columns.density * 0 + (1 << 20)))
    assert len(from_ring(to_ring(crowded, EPOCH)).columns) == MOST_FRAMES
