"""Bodies: the frames that come out, which form is sent, what the documents take, and that it all fits."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.coding import CODINGS, IDENTITY, compress
from kaizen.phase.decode import Message, decode_all
from kaizen.phase.encode import full
from kaizen.phase.frames import Baseline, Frames, Place
from kaizen.phase.planes import planes_per_cell
from kaizen.phase.quantise import BITS
from kaizen.phase.schema import SCHEMA, Version
from kaizen.phase.wire import HAS_MASK, HEADER_BYTES, KEYFRAME, SAMPLED, TIME_MAJOR, Kind
from phase_stream.answer import Body, Composer
from phase_stream.plan import MOST_BYTES, Mark, Plan, frames_that_fit, plan, runs_of
from tests.unit.stream.source import NAME, Source, turning, uniform
from tests.unit.stream.world import BODY_LIMIT, MemoryStore, same

EPOCH = 7


def made(
    source: Source, after: int | None = None, coding: str = "zstd", *, most: int = 512, columns: bool = False
) -> tuple[Plan, Body]:
    stream, store = source.stream, MemoryStore(source)
    mark = None if after is None else Mark(stream.epoch.epoch, after)
    planned = plan(stream, runs_of(stream), mark, None, most)
    window = store.window(stream, stream.segments)
    config = store.config(NAME, stream.epoch.epoch) if planned.config else b""
    return planned, Composer(stream.epoch, window, SCHEMA, coding).body(planned, config, columns=columns)


def messages(body: Body, coding: str = "zstd", base: Baseline | None = None) -> list[Message]:
    from kaizen.phase.coding import decompress

    return list(decode_all(decompress(coding, body.data, BODY_LIMIT), base))


def posted(*counts: int, **given: Any) -> Source:
    source = Source(**given)
    source.begin(EPOCH, counts[0])
    for count in counts[1:]:
        source.post(count)
    return source


def state_after(source: Source, last: int) -> Baseline:
    """What a client has that was served up to a frame."""
    earlier = Source(**{name: getattr(source, name) for name in ("rows", "bits", "motion")})
    earlier.begin(EPOCH, last + 1)
    baseline = messages(made(earlier)[1])[-1].baseline
    assert baseline is not None
    return baseline


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("coding", [*CODINGS, IDENTITY])
def test_a_new_client_gets_the_config_and_the_newest_group(bits: int, coding: str) -> None:
    source = posted(3, 4, 4, bits=bits)
    planned, body = made(source, coding=coding)
    assert [(run.first_seq, run.last_seq) for run in planned.runs] == [(8, 10)]
    config, *others = messages(body, coding)
    assert config.document is not None
    assert len(config.document["ids"]) == 20
    assert all(same(each, source) for each in others)
    assert others[0].header.flags & KEYFRAME
    assert all(each.header.flags & SAMPLED for each in others)


@pytest.mark.parametrize("bits", BITS)
def test_a_clean_stream_is_sent_as_deltas_with_time_running_fastest(bits: int) -> None:
    source = posted(6, bits=bits, rows=500, gop_frames=64)
    (delta,) = messages(made(source, 1)[1], base=state_after(source, 1))
    assert delta.header.kind is Kind.DELTA
    assert delta.header.flags & TIME_MAJOR
    assert same(delta, source)


def test_random_phases_are_sent_full() -> None:
    body = made(posted(6, rows=500, gop_frames=64, motion=uniform()), 1)[1]
    assert body.form == "full"
    assert len(body.data) == body.full_bytes


def test_without_a_coding_nothing_is_smaller_than_full() -> None:
    source = posted(6, rows=500, gop_frames=64)
    assert made(source, 1, IDENTITY)[1].form == "full"


def test_the_full_form_is_the_fewest_full_messages() -> None:
    """The baseline is not inflated: one header for all frames of a group, and no planes that nobody needs."""
    source = posted(16, rows=50, gop_frames=8)
    body = made(source, 3, IDENTITY)[1]
    assert body.full_bytes == 2 * HEADER_BYTES + 12 * 50 * 2
    assert [each.header.kind for each in messages(body, IDENTITY, state_after(source, 3))] == [Kind.FULL, Kind.FULL]


@pytest.mark.parametrize("coding", CODINGS)
def test_the_full_equivalent_is_what_it_says(coding: str) -> None:
    """Made here once more from the truth, by the encoder's own `full`."""
    source = posted(6, rows=300, gop_frames=64)
    body = made(source, 1, coding)[1]
    assert body.form == "delta"
    (sent,) = messages(body, coding, state_after(source, 1))
    angles = np.stack([source.truth[Mark(EPOCH, seq)][0] for seq in range(2, 6)])
    place = Place(EPOCH, 5, sent.header.t0_us, sent.header.dt_us, sampled=True)
    state = state_after(source, 1)
    layouts = [full(Frames(angles), place, state, time_major=each).data for each in (False, True)]
    assert body.full_bytes == min(len(compress(coding, each)) for each in layouts)


@pytest.mark.parametrize("coding", CODINGS)
def test_issue_11_line_6_the_baseline_is_the_smaller_of_fulls_two_layouts(coding: str) -> None:
    """Slow rows: laid row by row, full frames take less; held against the other layout, deltas were flattered."""
    source = posted(2, 40, rows=300, gop_frames=64, ring_frames=64, motion=lambda *where: turning()(*where) * 0.05)
    body = made(source, 1, coding)[1]
    angles = np.stack([source.truth[Mark(EPOCH, seq)][0] for seq in range(2, 42)])
    state = state_after(source, 1)
    (sent,) = messages(body, coding, state)
    place = Place(EPOCH, 41, sent.header.t0_us, sent.header.dt_us, sampled=True)
    by_frame, by_row = (
        len(compress(coding, full(Frames(angles), place, state, time_major=each).data)) for each in (False, True)
    )
    assert by_row < 0.97 * by_frame
    assert body.full_bytes == by_row


def test_full_frames_are_sent_in_the_smaller_layout() -> None:
    """Rows that jump about at random between few angles of their own: nothing to predict, but alike over time."""

    def jumping(first: int, count: int, rows: int) -> Any:
        own = np.random.default_rng(rows).random((rows, 2))
        picks = np.stack([np.random.default_rng([rows, at]).integers(0, 2, rows) for at in range(first, first + count)])
        return own[np.arange(rows), picks]

    source = posted(6, 30, rows=300, gop_frames=64, ring_frames=64, motion=jumping)
    body = made(source, 1)[1]
    (sent,) = messages(body, base=state_after(source, 1))
    assert (body.form, sent.header.kind) == ("full", Kind.FULL)
    assert sent.header.flags & TIME_MAJOR
    assert same(sent, source)
    assert len(body.data) == body.full_bytes


@given(
    counts=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    missing=st.sets(st.integers(0, 6)),
    late=st.sets(st.integers(0, 6)),
    gaps=st.sets(st.integers(1, 6)),
    bits=st.sampled_from(BITS),
    after=st.none() | st.integers(0, 60),
    most=st.integers(1, 60),
    coding=st.sampled_from([*CODINGS, IDENTITY]),
    columns=st.booleans(),
    motion=st.sampled_from([turning(), turning(0.02), uniform()]),
    seed=st.integers(0, 99),
)
def test_what_is_sent_is_the_truth_in_the_smaller_form(
    counts: Sequence[int],
    missing: set[int],
    late: set[int],
    gaps: set[int],
    bits: int,
    after: int | None,
    most: int,
    coding: str,
    columns: bool,
    motion: Any,
    seed: int,
) -> None:
    source = Source(rows=9, bits=bits, motion=motion, predictors=random.Random(seed))
    source.begin(EPOCH, 1)
    viewer: Baseline | None = None
    for place, count in enumerate(counts, start=1):
        source.post(count, gap=2 * (place in gaps), missing=place in missing, late_us=50_000 if place in late else 0)
        mark = None if viewer is None else viewer.seq
        planned, body = made(source, mark, coding, most=most, columns=columns)
        assert len(body.data) <= body.full_bytes
        assert 0 <= body.documents_bytes <= len(body.data)
        got = messages(body, coding, viewer)
        assert all(same(each, source) for each in got if each.frames is not None)
        told = [each.document["columns"] for each in got if each.document is not None and "columns" in each.document]
        assert bool(told) == columns
        frames = [each for each in got if each.frames is not None]
        assert sum(each.header.n_frames for each in frames) == sum(
            run.last_seq - run.first_seq + 1 for run in planned.runs
        )
        viewer = frames[-1].baseline
        assert viewer is not None
        assert viewer.seq == planned.last_seq


def test_times_are_never_off_by_more_than_half_a_step() -> None:
    source = Source(gop_frames=64, ring_frames=200)
    source.begin(EPOCH, 1)
    jitter = random.Random(5)
    for _ in range(80):
        source.post(1, late_us=jitter.choice((-9000, 0, 4000, 9000)))
    source.post(3, late_us=10_000_000)
    times = {
        seq: segment.t0_us + (seq - segment.first_seq) * source.dt_us
        for segment in source.stream.segments
        for seq in range(segment.first_seq, segment.last_seq + 1)
    }
    _, body = made(source, 0)
    got = messages(body, base=state_after(source, 0))
    for message in got:
        header = message.header
        for place, seq in enumerate(range(header.first_seq, header.seq + 1)):
            assert 2 * abs(header.t0_us + place * header.dt_us - times[seq]) <= source.dt_us
    assert 2 < len(got) < 30, "small jitter cuts no message"


def test_a_mask_sets_in_with_a_keyframe_and_stays_for_the_group() -> None:
    source = Source(gop_frames=16, ring_frames=200)
    source.begin(EPOCH, 4)
    for count, missing in ((4, False), (4, True), (4, False), (4, False)):
        source.post(count, missing=missing)
    _, body = made(source, 1)
    got = messages(body, base=state_after(source, 1))
    shape = [(each.header.first_seq, each.header.seq, bool(each.header.flags & HAS_MASK)) for each in got]
    assert (shape[0][0], shape[-1][1]) == (2, 19)
    masked = [seq for first, last, mask in shape if mask for seq in range(first, last + 1)]
    assert masked == list(range(8, 16)), "from its first frame to the group's end"
    assert {each.header.first_seq for each in got if each.header.flags & KEYFRAME} == {8, 16}
    assert all(same(each, source) for each in got)


def test_columns_are_those_of_the_frames_that_are_sent() -> None:
    source = posted(6, 6, ring_frames=64)
    source.post(4, gap=3)
    _, body = made(source, 4, columns=True)
    documents = [each.document for each in messages(body, base=state_after(source, 4)) if each.document is not None]
    assert documents == [
        {"columns": {"first_seq": first, "frames_per_column": 1} | source.columns(first, last)}
        for first, last in ((5, 11), (15, 18))
    ]


def test_documents_take_what_the_body_is_longer_by() -> None:
    source = posted(6, rows=300, gop_frames=64)
    without, given = made(source, 1)[1], made(source, 1, columns=True)[1]
    assert without.documents_bytes == 0
    assert given.documents_bytes == len(given.data) - len(without.data) > 0


def test_the_frames_say_the_version_that_is_spoken() -> None:
    source = posted(3)
    stream, store = source.stream, MemoryStore(source)
    planned = plan(stream, runs_of(stream), None, None, 9)
    composer = Composer(stream.epoch, store.window(stream, stream.segments), Version(1, 0, 42), "zstd")
    (version,) = {each.header.version for each in messages(composer.body(planned))}
    assert version == Version(1, 0, 42)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("coding", [*CODINGS, IDENTITY])
def test_the_worst_body_fits(bits: int, coding: str) -> None:
    """The policy's largest stream, phases that do not compress, each frame a group of its own."""
    source = Source(rows=8192, bits=bits, gop_frames=1, ring_frames=1000, motion=uniform())
    source.begin(EPOCH, 1)
    count = frames_that_fit(source.stream.epoch, columns=True)
    source.post(min(count, 512), missing=True)
    planned, body = made(source, 0, coding, most=min(count, 512), columns=True)
    assert planned.last_seq == min(count, 512)
    assert source.rows * min(count, 512) * planes_per_cell(bits) * 0.9 < len(body.data) < MOST_BYTES
