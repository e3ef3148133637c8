"""What an arrival means: the module's table at its edges, and no frame taken twice in whatever order they come."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.arrival import Arrival, MalformedArrivalError
from kaizen.phase.streams import Epoch, Gop, Segment, Stream
from phase_downsampler.decision import Decision, Step, decide

EPOCH = Epoch(7, 0, 99, 0, 1000, 10, 10, "all", 16, 2, 2, 8)
STREAM = Stream("kuramoto", 3, EPOCH, 5, 99_000, (Segment(0, 99, 0),), (Gop(0, 2),))


def arrival(first: int, last: int, epoch: int = 7) -> Arrival:
    return Arrival("kuramoto", epoch, first, last, "raw/key", "zstd", 0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (arrival(100, 109), Decision(Step.APPEND, 100)),
        (arrival(95, 104), Decision(Step.APPEND, 100, dropped=5)),
        (arrival(101, 109), Decision(Step.APPEND, 101, gap=True)),
        (arrival(99, 99), Decision(Step.DUPLICATE, 99, dropped=1)),
        (arrival(10, 19), Decision(Step.DUPLICATE, 10, dropped=10)),
        (arrival(100, 109, epoch=6), Decision(Step.STALE, 100, dropped=10)),
        (arrival(0, 9, epoch=8), Decision(Step.BEGIN, 0)),
        (arrival(5, 9, epoch=8), Decision(Step.BEGIN, 5)),
    ],
)
def test_table(given: Arrival, expected: Decision) -> None:
    assert decide(STREAM, given) == expected


def test_the_first_frames_of_a_stream_begin_its_epoch() -> None:
    assert decide(None, arrival(40, 49)) == Decision(Step.BEGIN, 40)


@pytest.mark.parametrize(("first", "last"), [(5, 4), (-1, 4)])
def test_frames_that_are_none(first: int, last: int) -> None:
    with pytest.raises(MalformedArrivalError, match=f"frames {first} to {last}"):
        decide(STREAM, arrival(first, last))


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=30))
def test_each_frame_is_taken_at_most_once_and_all_are_accounted_for(bodies: list[tuple[int, int]]) -> None:
    stream = None
    taken: list[int] = []
    for first, more in bodies:
        decision = decide(stream, arrival(first, first + more))
        frames = []
        if decision.step in (Step.BEGIN, Step.APPEND):
            frames = list(range(decision.first_seq, first + more + 1))
            stream = replace(STREAM, epoch=replace(EPOCH, last_seq=first + more))
        assert len(frames) + decision.dropped == more + 1
        assert decision.gap == bool(taken and frames and frames[0] > taken[-1] + 1)
        taken += frames
    assert taken == sorted(set(taken))
