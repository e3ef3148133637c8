"""The frames decide, not how they came: whatever the bodies, repeats and restarts, the same history and ring."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.phase import keys
from kaizen.phase.history.pieces import from_ring, join
from kaizen.phase.streams import Stream
from tests.effort import examples
from tests.unit.downsampler.world import NAME, NOW, MemoryStore, Producer, downsampler, policy_of, theta, written

FRAMES = 150
GAPS = np.random.default_rng(4).random((FRAMES, 6)) < 0.1
POLICY = policy_of()

Body = tuple[int, int]


def ring(store: MemoryStore, stream: Stream) -> tuple[list[int], list[list[int]], list[list[bool]], list[int]]:
    """Numbers, angles, masks and times of the frames in the ring, from its first group on."""
    seqs: list[int] = []
    angles: list[list[int]] = []
    masks: list[list[bool]] = []
    times: list[int] = []
    for segment in stream.segments:
        data = store.objects[keys.ring(NAME, stream.epoch.epoch, segment.first_seq, segment.last_seq)].data
        whole = from_ring(data)
        assert (whole.first_seq, whole.last_seq, whole.t0_us) == (segment.first_seq, segment.last_seq, segment.t0_us)
        piece = whole.part(stream.gops[0].first_seq, whole.last_seq)
        assert piece is not None
        mask = np.zeros(piece.frames.angles.shape, bool) if piece.frames.missing is None else piece.frames.missing
        seqs += range(piece.first_seq, piece.last_seq + 1)
        times += [piece.time_of(seq) for seq in range(piece.first_seq, piece.last_seq + 1)]
        angles += piece.frames.angles.tolist()
        masks += mask.tolist()
    return seqs, angles, masks, times


@st.composite
def courses(draw: st.DrawFn) -> tuple[list[Body], list[Body]]:
    """Stretches of frames with gaps between them; and bodies that bring them, in order but with repeats."""
    edges = sorted(draw(st.sets(st.integers(1, FRAMES - 1), max_size=6)) | {0, draw(st.integers(1, FRAMES))})
    parts = [(first, end - 1) for first, end in pairwise(edges)]
    lost = draw(st.sets(st.integers(1, 6), max_size=3))
    stretches = [part for index, part in enumerate(parts) if index not in lost]
    bodies: list[Body] = []
    for first, last in stretches:
        cuts = sorted(draw(st.sets(st.integers(first, last), max_size=8)) | {last})
        start = first
        for end in cuts:
            overlap = draw(st.integers(0, 5))  # frames sent before, in a body that brings new ones
            bodies.append((max(first, start - overlap), end))
            start = end + 1
            if draw(st.integers(0, 4)) == 0:  # a body of the past again, or frames of a gap that come too late
                late = draw(st.integers(0, end))
                bodies.append((late, draw(st.integers(late, end))))
    return stretches, bodies


@settings(max_examples=examples(80))
@given(courses(), st.sampled_from([8, 12, 16]), st.booleans(), st.sets(st.integers(0, 30), max_size=4))
def test_any_cutting_gives_the_same_history_and_the_same_ring(
    course: tuple[list[Body], list[Body]], bits: int, gaps: bool, restarts: set[int]
) -> None:
    stretches, bodies = course
    producer = Producer.of(theta(FRAMES, 6), bits, missing=GAPS if gaps else None)
    last = stretches[-1][1]
    following = Producer.of(theta(3, 4), epoch=8, t0_us=producer.t0_us + 10**9)

    def run(cut: list[Body], starts_anew: set[int]) -> tuple[MemoryStore, Stream]:
        store = MemoryStore()
        process = downsampler(store)
        for index, body in enumerate(cut):
            if index in starts_anew:
                process = downsampler(store)
            process.apply(producer.post(store, *body), POLICY, NOW)
        standing = store.streams[NAME]
        process.apply(following.post(store, 0, 2), POLICY, NOW)
        return store, standing

    plain, one = run([(seq, seq) for first, end in stretches for seq in range(first, end + 1)], set())
    cut, other = run(bodies, restarts)

    assert written(cut, "v1/", "sums/") == written(plain, "v1/", "sums/")
    assert ring(cut, other) == ring(plain, one)
    assert (other.gops, other.epoch, other.last_us) == (one.gops, one.epoch, one.last_us)
    assert other.epoch.last_seq == last
    processed = cut.total("phase_frames_processed_total", NAME)
    assert processed == plain.total("phase_frames_processed_total", NAME) == 3 + sum(b - a + 1 for a, b in stretches)
    sent = 3 + sum(b - a + 1 for a, b in bodies)
    assert cut.total("phase_frames_dropped_total", NAME, "duplicate") == sent - processed
    missed = sum(a[1] + 1 < b[0] for a, b in pairwise(stretches))
    assert cut.total("phase_gaps_total", NAME) == missed
    for level in range(3):
        there = [key for key in written(cut, "v1/") if f"/L{level}/" in key and key.endswith(".zstd")]
        assert cut.total("phase_chunks_total", NAME, str(level)) == len(there)


def test_the_ring_is_joined_from_whatever_bodies() -> None:
    """One body of 700 frames lies in the ring as several objects, of which only what stays is written."""
    store, producer = MemoryStore(), Producer.of(theta(700, 5), dt_us=100_000)
    downsampler(store).apply(producer.post(store, 0, 699), policy_of(chunk_columns=64), NOW)
    stream = store.streams[NAME]
    assert [(each.first_seq, each.last_seq) for each in stream.segments] == [(512, 699)]
    assert len(written(store, "ring/")) == 1
    assert stream.gops[0].first_seq == 550  # 50 frames apart; the newest 120 begin with frame 580
    assert join([from_ring(each.data) for each in written(store, "ring/").values()]).last_seq == 699
