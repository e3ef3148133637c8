"""What is sent to whom: the table of reasons, the ring's whole groups, and how much fits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.streams import Gop, Segment, Stream
from phase_stream.plan import Mark, Plan, Resync, Run, frames_that_fit, marks, plan, runs_of
from tests.unit.stream.source import Source

EPOCH = 7


def ring() -> Stream:
    """Frames 0 to 19, lost 20 to 24, then 25 to 44; groups of 8, the ring's oldest whole one from 8 on."""
    source = Source(ring_frames=32)
    source.begin(EPOCH, 5)
    for count, gap in ((5, 0), (10, 0), (5, 5), (15, 0)):
        source.post(count, gap=gap)
    return source.stream


RING = ring()


def planned(after: str | None, resync: Resync | None = None, most: int = 120, stream: Stream = RING) -> Plan:
    return plan(stream, runs_of(stream), Mark.parse(after) if after else None, resync, most)


def spans(made: Plan) -> list[tuple[int, int]]:
    return [(run.first_seq, run.last_seq) for run in made.runs]


def test_the_rings_runs_are_whole_groups_without_gaps() -> None:
    assert [(run.start, run.last_seq) for run in runs_of(RING)] == [(8, 15), (16, 19), (25, 32), (33, 40), (41, 44)]
    assert RING.segments[0].first_seq == 5, "the oldest object holds the end of a group that is gone"


@pytest.mark.parametrize(
    ("after", "resync", "reason", "config", "sent"),
    [
        (None, None, Resync.FIRST, True, [(41, 44)]),
        (None, Resync.CRC, Resync.CRC, True, [(41, 44)]),
        (None, Resync.GAP, Resync.GAP, True, [(41, 44)]),
        ("7.44", Resync.CRC, Resync.CRC, False, [(41, 44)]),
        ("6.44", Resync.CRC, Resync.CRC, True, [(41, 44)]),
        ("6.44", None, Resync.EPOCH, True, [(41, 44)]),
        ("8.44", None, Resync.EPOCH, True, [(41, 44)]),
        ("7.44", None, Resync.NONE, False, []),
        ("7.43", None, Resync.NONE, False, [(44, 44)]),
        ("7.41", None, Resync.NONE, False, [(42, 44)]),
        ("7.40", None, Resync.NONE, False, [(41, 44)]),
        ("7.30", None, Resync.NONE, False, [(31, 32), (33, 40), (41, 44)]),
        ("7.19", None, Resync.NONE, False, [(25, 32), (33, 40), (41, 44)]),
        ("7.8", None, Resync.NONE, False, [(9, 15), (16, 19), (25, 32), (33, 40), (41, 44)]),
        ("7.7", None, Resync.NONE, False, [(8, 15), (16, 19), (25, 32), (33, 40), (41, 44)]),
        ("7.6", None, Resync.TOO_OLD, False, [(41, 44)]),
        ("7.0", None, Resync.TOO_OLD, False, [(41, 44)]),
        ("7.20", None, Resync.GAP, False, [(41, 44)]),
        ("7.24", None, Resync.GAP, False, [(41, 44)]),
        ("7.45", None, Resync.GAP, False, [(41, 44)]),
        ("7.4294967295", None, Resync.GAP, False, [(41, 44)]),
    ],
)
def test_the_table_of_reasons(
    after: str | None, resync: Resync | None, reason: Resync, config: bool, sent: list[tuple[int, int]]
) -> None:
    made = planned(after, resync)
    assert (made.reason, made.config, spans(made)) == (reason, config, sent)


def test_a_frame_before_the_epochs_first_never_was() -> None:
    source = Source()
    source.begin(EPOCH, 3, first_seq=10)
    assert planned("7.9", stream=source.stream).reason is Resync.GAP
    assert planned("7.8", stream=source.stream).reason is Resync.GAP


@pytest.mark.parametrize(
    ("after", "most", "sent"),
    [
        ("7.30", 1, [(31, 31)]),
        ("7.30", 2, [(31, 32)]),
        ("7.30", 3, [(31, 32), (33, 33)]),
        ("7.19", 9, [(25, 32), (33, 33)]),
        (None, 2, [(41, 42)]),
    ],
)
def test_more_than_is_wanted_is_cut_at_its_end(after: str | None, most: int, sent: list[tuple[int, int]]) -> None:
    assert spans(planned(after, most=most)) == sent


def test_a_response_is_made_from_its_first_groups_keyframe_on() -> None:
    assert planned("7.30").oldest_seq == 25
    assert planned("7.40").oldest_seq == 41


def test_a_group_whose_start_is_gone_is_not_served() -> None:
    """The downsampler keeps groups whole; if it did not, no client could be given a state for their rest."""
    broken = replace(RING, segments=RING.segments[1:])
    assert [run.start for run in runs_of(broken)] == [16, 25, 33, 41]
    assert runs_of(replace(RING, segments=())) == []
    assert runs_of(replace(RING, gops=())) == []


def test_a_gap_without_a_group_ends_what_is_served() -> None:
    segments = (Segment(0, 4, 0), Segment(9, 12, 0))
    assert runs_of(replace(RING, segments=segments, gops=(Gop(0, 2),))) == [Run(0, 2, 0, 4)]


@given(
    posts=st.lists(st.tuples(st.integers(1, 20), st.sampled_from((0, 0, 1, 5))), min_size=1, max_size=12),
    after=st.none() | st.integers(0, 120),
    most=st.integers(1, 40),
)
def test_whoever_asks_again_and_again_gets_every_frame_once(
    posts: list[tuple[int, int]], after: int | None, most: int
) -> None:
    source = Source(rows=1, ring_frames=16)
    source.begin(EPOCH, 1)
    for count, gap in posts:
        source.post(count, gap=gap)
    stream = source.stream
    runs = runs_of(stream)
    there = [seq for run in runs for seq in range(run.first_seq, run.last_seq + 1)]
    assert there[-1] == stream.epoch.last_seq
    assert there == sorted(there)
    mark = None if after is None else Mark(EPOCH, after)
    got: list[int] = []
    for asked in range(200):
        made = plan(stream, runs, mark, None, most)
        assert (made.reason is Resync.NONE) or asked == 0, "one answer mends any state"
        if not made.runs:
            break
        sent = [seq for run in made.runs for seq in range(run.first_seq, run.last_seq + 1)]
        assert 1 <= len(sent) <= most
        got += sent
        mark = Mark(EPOCH, made.last_seq)
    assert mark == source.newest
    assert got == there[len(there) - len(got) :]


def test_frames_that_fit() -> None:
    epoch = RING.epoch
    for rows, bits in ((20, 16), (1000, 16), (8192, 16), (8192, 8), (8192, 12)):
        count = frames_that_fit(replace(epoch, rows=rows, bits=bits), columns=True)
        assert count >= 120, "as many as are sent by default, at the policy's largest streams"
        raw = count * rows * (1 if bits == 8 else 2)
        assert raw < 3 << 20
    assert frames_that_fit(replace(epoch, rows=1 << 20), columns=True) == 1


@pytest.mark.parametrize(
    "text", ["", "7", "7.", ".1", "-1.2", "7.1.2", "7.4294967296", "٧.١", "7.1\n", "7 .1", "1e3.2"]
)
def test_what_is_no_frame(text: str) -> None:
    with pytest.raises(ValueError, match=r"7\.1234"):
        Mark.parse(text)


def test_tags() -> None:
    assert Mark.parse("7.1234").tag == '"7.1234"'
    assert marks('"7.1", W/"7.2" , "abc", 7.3') == {Mark(7, 1), Mark(7, 2)}
    assert marks("*") == frozenset()
