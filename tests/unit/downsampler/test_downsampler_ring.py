"""Where groups start, what predicts them, and what the ring still holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.predict import CANDIDATES, LINEAR, residuals
from kaizen.phase.quantise import to_bam
from kaizen.phase.streams import Gop, Segment
from phase_downsampler.ring import RING_FRAMES, gop_frames, groups, kept, starts


@pytest.mark.parametrize(
    ("dt_us", "frames"),
    [
        (1, 64),
        (33_333, 64),  # 150 would be 5 s
        (78_125, 64),
        (78_126, 63),
        (1_000_000, 5),
        (2_500_000, 2),
        (2_500_001, 1),
        (3_600_000_000, 1),
    ],
)
def test_keyframes_are_five_seconds_or_64_frames_apart(dt_us: int, frames: int) -> None:
    assert gop_frames(dt_us) == frames


def test_groups_start_first_then_at_their_distance_and_after_a_gap() -> None:
    assert list(starts(None, 5, 3, 14, gap=False)) == [3, 8, 13]
    assert list(starts(Gop(13, 2), 5, 15, 17, gap=False)) == []
    assert list(starts(Gop(13, 2), 5, 18, 18, gap=False)) == [18]
    assert list(starts(Gop(13, 2), 5, 16, 22, gap=True)) == [16, 21]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 7), st.data())
def test_groups_do_not_depend_on_the_cutting(lengths: list[int], distance: int, data: st.DataObject) -> None:
    """`lengths` are those of bodies without a gap; the frames together start the same groups."""
    last = sum(lengths) - 1
    whole = list(starts(None, distance, 0, last, gap=False))
    found: list[int] = []
    first = 0
    for length in lengths:
        before = Gop(found[-1], 2) if found else None
        found += starts(before, distance, first, first + length - 1, gap=False)
        first += length
    assert found == whole == list(range(0, last + 1, distance))


def test_a_group_is_predicted_with_what_was_best_for_the_one_before() -> None:
    rng = np.random.default_rng(5)
    smooth = to_bam(rng.uniform(0, 6, 200) + rng.uniform(0, 1, 200) * np.arange(8)[:, None], 16)
    rough = to_bam(rng.uniform(0, 6.28, (8, 200)).cumsum(axis=0), 16)
    frames = np.concatenate([smooth, rough])
    asked = []

    def angles(first: int, last: int) -> list[np.ndarray]:
        asked.append((first, last))
        return [frames[first : last + 1]]

    found = groups((), [0, 8, 16], angles, 16)
    assert asked == [(0, 7), (8, 15)]

    def best(part: np.ndarray) -> int:
        sizes = {}
        for predictor in CANDIDATES:
            left = residuals(part, 16, predictor, None)[0][1:]
            _, counts = np.unique(left, return_counts=True)
            sizes[predictor] = -(counts * np.log2(counts / left.size)).sum()
        return min(sizes, key=lambda each: sizes[each])

    assert found == (Gop(0, LINEAR), Gop(8, best(smooth)), Gop(16, best(rough)))
    assert found[1].predictor != found[2].predictor


def test_a_group_whose_frames_are_all_gone_tells_nothing() -> None:
    assert groups((Gop(0, 1),), [8], lambda *_: (), 16)[-1] == Gop(8, LINEAR)


@given(
    st.lists(st.integers(1, 90), min_size=1, max_size=40),
    st.integers(1, 64),
    st.sampled_from([8, 64, 512]),
    st.sets(st.integers(0, 39)),
)
def test_the_ring_keeps_what_is_promised_and_not_much_more(
    lengths: list[int], distance: int, chunk_columns: int, gaps: set[int]
) -> None:
    segments: tuple[Segment, ...] = ()
    gops: tuple[Gop, ...] = ()
    every: list[int] = []
    first = 0
    for index, length in enumerate(lengths):
        gap = index in gaps and index > 0
        first += 7 * gap
        last = first + length - 1
        found = starts(gops[-1] if gops else None, distance, first, last, gap=gap)
        every += found
        gops = (*gops, *(Gop(start, 2) for start in found))
        segments, gops = kept((*segments, Segment(first, last, 0)), gops, last, chunk_columns)
        needed = min(last - RING_FRAMES + 1, (last + 1) // chunk_columns * chunk_columns)
        # All that came from there on is there, and every group in the ring is there from its first frame.
        assert segments[0].first_seq <= max(gops[0].first_seq, 0)
        assert gops[0].first_seq <= max(needed, 0) or gops[0].first_seq == every[0]
        assert [gop.first_seq for gop in gops] == [start for start in every if start >= gops[0].first_seq]
        # And nothing that a smaller ring would do without: the next group starts too late.
        assert len(gops) == 1 or gops[1].first_seq > needed
        assert segments[0].last_seq >= gops[0].first_seq
        first = last + 1
