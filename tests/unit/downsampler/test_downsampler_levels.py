"""Which chunks close, against counting frame by frame; what is in them, against the vectors of all their frames."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.circular import bin_bam
from kaizen.phase.frames import Frames
from kaizen.phase.history import cells, levels
from kaizen.phase.history.columns import measure
from kaizen.phase.history.levels import Chunk
from kaizen.phase.history.pieces import Piece
from kaizen.phase.quantise import TAU, from_bam, to_bam
from kaizen.phase.streams import Epoch

EPOCH = Epoch(
    epoch=7, first_seq=0, last_seq=0, t0_us=10**15, dt_us=1000, rows=6, total=6, method="all", bits=16, levels=3,
    factor=2, chunk_columns=4,
)  # fmt: skip

Deliveries = list[tuple[int, int]]  # frames left out, then frames that came


deliveries = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), min_size=1, max_size=8)


def by_counting(epoch: Epoch, bodies: Deliveries) -> tuple[list[set[tuple[int, int]]], set[tuple[int, int]]]:
    """The chunks with a frame that are complete after each body and were not before; and those open at the end."""
    present: set[int] = set()
    done: set[tuple[int, int]] = set()
    steps = []
    last = -1
    held: set[tuple[int, int]] = set()
    for left_out, came in bodies:
        first, last = last + 1 + left_out, last + left_out + came
        present |= set(range(first, last + 1))
        held = {
            (level, frame // (epoch.chunk_columns * epoch.factor**level))
            for frame in present
            for level in range(epoch.levels + 1)
        }
        whole = {
            (level, chunk)
            for level, chunk in held
            if (chunk + 1) * epoch.chunk_columns * epoch.factor**level <= last + 1
        }
        steps.append(whole - done)
        done |= whole
    return steps, held - done


@given(deliveries, st.sampled_from([2, 4]), st.integers(0, 3))
def test_closing_agrees_with_counting(bodies: Deliveries, factor: int, above: int) -> None:
    epoch = replace(EPOCH, factor=factor, levels=above)
    expected, open_at_end = by_counting(epoch, bodies)
    before: int | None = None
    for (left_out, came), whole in zip(bodies, expected, strict=True):
        first = (-1 if before is None else before) + 1 + left_out
        epoch = replace(epoch, last_seq=first + came - 1)
        if before is None:
            epoch = replace(epoch, first_seq=first)
        closing = list(levels.closing(epoch, before, first))
        assert len(closing) == len(set(closing))
        assert set(closing) == whole
        assert [level for level, _ in closing] == sorted(level for level, _ in closing)
        before = epoch.last_seq
    assert set(levels.ending(epoch)) == open_at_end
    # What readers are told agrees with what is written, but for chunks that lie in gaps.
    ended = replace(epoch, ended=True)
    for level in range(above + 1):
        told = {(level, chunk) for chunk in ended.chunks(level)}
        assert {each for each in {*set().union(*expected), *open_at_end} if each[0] == level} <= told


def test_a_gap_of_four_billion_frames_closes_two_chunks_a_level() -> None:
    epoch = replace(EPOCH, last_seq=2**32 - 1)
    assert list(levels.closing(epoch, 9, 2**32 - 2)) == [
        (level, chunk) for level in range(4) for chunk in (9 // (4 << level), (2**32 - 1) // (4 << level))
    ]


@given(deliveries)
def test_children_are_the_chunks_below_with_frames_in_the_parent(bodies: Deliveries) -> None:
    last = sum(left_out + came for left_out, came in bodies) - 1
    epoch = replace(EPOCH, first_seq=bodies[0][0], last_seq=last)
    for level, chunk in levels.ending(epoch):
        if level:
            first, end = levels.frames_of(epoch, level, chunk)
            assert end == last
            span = 4 << (level - 1)
            wanted = {frame // span for frame in range(max(first, epoch.first_seq), end + 1)}
            assert set(levels.children_of(epoch, level, chunk)) == wanted


@pytest.mark.parametrize(
    ("wanted", "factor", "dt_us", "levels_there_are"),
    [(6, 4, 33_333, 6), (6, 4, 1_048_575, 6), (6, 4, 1_048_577, 5), (10, 2, 60_000_000, 6), (6, 4, 2**32 - 1, 0)],
)
def test_levels_stop_where_a_column_outgrows_a_frame_header(
    wanted: int, factor: int, dt_us: int, levels_there_are: int
) -> None:
    assert levels.possible(wanted, factor, dt_us) == levels_there_are


def piece_of(phases: np.ndarray, first_seq: int, missing: np.ndarray | None = None) -> Piece:
    frames = Frames(to_bam(phases, 16), missing=missing)
    return Piece(first_seq, 10**15 + first_seq * 1000, 1000, frames, measure(frames, 16))


def build(epoch: Epoch, pieces: list[Piece]) -> dict[tuple[int, int], Chunk]:
    """Every chunk with a frame, each made from those below as they are stored."""
    found: dict[tuple[int, int], Chunk] = {}
    for level in range(epoch.levels + 1):
        span = epoch.columns_per_chunk_frames(level)
        for number in range(epoch.last_seq // span + 1):
            if level == 0:
                chunk = levels.lowest(epoch, number, pieces)
            else:
                below = [(child, found[level - 1, child].cells) for child in levels.children_of(epoch, level, number)
                         if (level - 1, child) in found]  # fmt: skip
                kept = [(child, cells.from_object(cells.to_object(each))) for child, each in below if each]
                chunk = levels.parent(epoch, level, number, kept)
            if chunk is not None:
                found[level, number] = chunk
    return found


@given(st.integers(0, 2**32 - 1), st.integers(1, 70), st.booleans(), st.integers(0, 5))
def test_a_parent_is_the_vector_mean_over_its_leaves(seed: int, frames: int, gaps: bool, first_seq: int) -> None:
    rng = np.random.default_rng(seed)
    phases = rng.normal(0, rng.uniform(0.1, 3), (frames, 6)) + rng.uniform(0, TAU, 6)
    missing = rng.random((frames, 6)) < 0.3 if gaps else None
    epoch = replace(EPOCH, first_seq=first_seq, last_seq=first_seq + frames - 1)
    piece = piece_of(phases, first_seq, missing)
    found = build(epoch, [piece])
    there = np.zeros((first_seq + frames, 6), np.bool_)
    there[first_seq:] = True if missing is None else ~missing
    vectors = np.zeros(there.shape, np.complex128)
    vectors[first_seq:] = np.exp(1j * from_bam(piece.frames.angles, 16))
    vectors[~there] = 0
    for (level, number), chunk in found.items():
        step = 2**level
        for column in range(len(chunk.columns)):
            start = (number * 4 + column) * step
            span = slice(start, start + step)
            counts = there[span].sum(axis=0)
            mean = vectors[span].sum(axis=0) / np.maximum(counts, 1)
            gone = np.zeros(6, np.bool_) if chunk.frames.missing is None else chunk.frames.missing[column]
            assert (gone == (counts == 0)).all()
            if chunk.frames.resultant is not None:
                lengths = chunk.frames.resultant[column] / 255
                assert np.abs(lengths - np.abs(mean))[~gone].max(initial=0) <= 0.5 / 255 + 1e-4
            sure = ~gone & (np.abs(mean) > 0.2)
            off = np.angle(np.exp(1j * from_bam(chunk.frames.angles[column], 16))[sure] / mean[sure])
            assert np.abs(off).max(initial=0) < 1e-3


def test_a_chunk_that_lacks_frames_is_whole_and_masked() -> None:
    epoch = replace(EPOCH, first_seq=1, last_seq=9)
    phases = np.full((9, 6), 0.5)
    first = piece_of(phases[:1], 1)
    later = piece_of(phases[:2], 3)
    chunk = levels.lowest(epoch, 0, [first, later])
    assert chunk is not None
    assert chunk.t0_us == 10**15  # of frame 0, which never came
    assert chunk.frames.missing is not None
    assert chunk.frames.missing.tolist() == [[True] * 6, [False] * 6, [True] * 6, [False] * 6]
    assert chunk.frames.angles[2].tolist() == chunk.frames.angles[1].tolist()  # held
    assert chunk.columns.frames.tolist() == [0, 1, 0, 1]
    assert chunk.cells is not None
    assert chunk.cells.sums.n.tolist() == [[1] * 6, [1] * 6]


def test_a_whole_chunk_has_no_mask() -> None:
    chunk = levels.lowest(replace(EPOCH, last_seq=3), 0, [piece_of(np.zeros((4, 6)), 0)])
    assert chunk is not None
    assert chunk.frames.missing is None
    assert chunk.frames.resultant is None


def test_the_last_chunk_ends_with_its_epoch() -> None:
    epoch = replace(EPOCH, last_seq=9)
    found = build(epoch, [piece_of(np.zeros((10, 6)), 0)])
    assert {each: len(chunk.columns) for each, chunk in found.items()} == {
        (0, 0): 4, (0, 1): 4, (0, 2): 2, (1, 0): 4, (1, 1): 1, (2, 0): 3, (3, 0): 2,
    }  # fmt: skip
    assert found[3, 0].cells is None
    assert found[3, 0].columns.frames.tolist() == [8, 2]


def test_a_chunk_without_a_frame_is_none() -> None:
    assert levels.lowest(EPOCH, 3, [piece_of(np.zeros((4, 6)), 0)]) is None
    assert levels.parent(EPOCH, 1, 0, []) is None


def test_a_parent_starts_on_time_though_its_first_child_is_missing() -> None:
    epoch = replace(EPOCH, first_seq=0, last_seq=7)
    found = build(epoch, [piece_of(np.full((2, 6), 1.0), 6)])
    parent = found[1, 0]
    assert (1, 0) in found
    assert (0, 0) not in found
    assert parent.t0_us == 10**15
    assert parent.frames.missing is not None
    assert parent.frames.missing[:, 0].tolist() == [True, True, True, False]
    assert parent.frames.resultant is not None
    assert parent.frames.resultant[3].tolist() == [255] * 6


def test_no_time_before_1970() -> None:
    frames = Frames(to_bam(np.zeros((1, 6)), 16))
    piece = Piece(3, 1000, 1000, frames, measure(frames, 16))
    chunk = levels.lowest(replace(EPOCH, last_seq=3), 0, [piece])
    assert chunk is not None
    assert chunk.t0_us == 0


def test_vectors_come_back_from_their_object() -> None:
    rng = np.random.default_rng(3)
    piece = piece_of(rng.uniform(0, 6, (4, 6)), 0, rng.random((4, 6)) < 0.4)
    chunk = levels.lowest(replace(EPOCH, last_seq=3), 0, [piece])
    assert chunk is not None
    assert chunk.cells is not None
    stored = cells.from_object(cells.to_object(chunk.cells))
    rounded = chunk.cells.packed()
    assert stored.t0_us == rounded.t0_us
    for name in ("c", "s", "n"):
        assert getattr(stored.sums, name).tolist() == getattr(rounded.sums, name).tolist()
    exact = bin_bam(piece.frames.angles, 16, 2, piece.frames.missing)
    assert np.abs(stored.sums.c - exact.c).max() < 2 * 2e-5
    for one, other in zip(stored.columns.arrays(), chunk.cells.columns.arrays(), strict=True):
        assert one.tolist() == other.tolist()
