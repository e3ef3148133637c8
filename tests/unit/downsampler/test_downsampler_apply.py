"""One arrival after the other on the twin in memory: failures at every step, conflicts, epochs, and what is read."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.phase import keys
from kaizen.phase.decode import decode
from kaizen.phase.wire import SAMPLED
from kaizen.policy.sections.streams import StreamPolicy
from phase_downsampler.body import UnusableBodyError
from phase_downsampler.decision import Step
from phase_downsampler.downsampling import ATTEMPTS, Conflict, LostConfigError, UnknownStreamError
from phase_downsampler.objects import Object
from tests.effort import examples
from tests.factories import default_policy
from tests.unit.downsampler.world import (
    NAME,
    NOW,
    T0_US,
    MemoryStore,
    Producer,
    chunk,
    downsampler,
    messages,
    policy_of,
    send,
    theta,
    written,
)

POLICY = policy_of()
PRODUCER = Producer.of(theta(100, 6))
BODIES = [(0, 9), (10, 29), (35, 60), (61, 99)]


def plain() -> MemoryStore:
    store = MemoryStore()
    send(store, PRODUCER, POLICY, *BODIES)
    return store


PLAIN = plain()


@settings(max_examples=examples(25))
@given(st.lists(st.tuples(st.sampled_from(["put", "commit", "committed"]), st.integers(0, 12)), max_size=6))
def test_whatever_breaks_the_redelivery_mends_it_and_nothing_counts_twice(drawn: list[tuple[str, int]]) -> None:
    """Each message is delivered until it is acknowledged, each time to a process that remembers nothing."""
    store, breaks = MemoryStore(), list(drawn)
    for body in BODIES:
        arrival = PRODUCER.post(store, *body)
        while True:
            store.fail, store.spared = breaks.pop(0) if breaks else ("", 0)
            try:
                downsampler(store).apply(arrival, POLICY, NOW)
            except ConnectionError:
                continue
            finally:
                store.fail = ""
            break
    assert written(store, "v1/", "sums/", "ring/") == written(PLAIN, "v1/", "sums/", "ring/")
    assert store.streams == PLAIN.streams
    assert store.epochs == PLAIN.epochs
    again = {key: count for key, count in store.counts.items() if key[0] != "phase_frames_dropped_total"}
    assert again == dict(PLAIN.counts)


def test_an_arrival_that_is_delivered_again_is_a_duplicate() -> None:
    store = MemoryStore()
    process = downsampler(store)
    arrival = PRODUCER.post(store, 0, 9)
    process.apply(arrival, POLICY, NOW)
    before = dict(store.objects), store.streams[NAME]
    assert process.apply(arrival, POLICY, NOW).decision.step is Step.DUPLICATE
    assert (dict(store.objects), store.streams[NAME]) == before
    assert store.total("phase_frames_dropped_total", NAME, "duplicate") == 10
    assert store.total("phase_frames_processed_total", NAME) == 10


class Contested(MemoryStore):
    """Others commit first, so many times; and with them the frames up to 9."""

    others: int = 1

    def commit(self, old, new, ended, changes, now) -> None:  # type: ignore[no-untyped-def]
        if self.others and new.epoch.last_seq > 9:
            self.others -= 1
            send(self, PRODUCER, POLICY, (0, 9))
            raise Conflict("another writer")
        super().commit(old, new, ended, changes, now)


def test_after_a_conflict_all_is_decided_anew() -> None:
    store = Contested()
    (result,) = send(store, PRODUCER, POLICY, (5, 14))
    assert (result.decision.step, result.decision.dropped, result.frames) == (Step.APPEND, 5, 5)
    assert store.streams[NAME].epoch.first_seq == 0
    assert store.total("phase_frames_processed_total", NAME) == 15


def test_who_never_comes_first_gives_up() -> None:
    store = Contested()
    store.others = ATTEMPTS
    with pytest.raises(Conflict):
        send(store, PRODUCER, POLICY, (5, 14))
    send(store, PRODUCER, POLICY, (5, 14))
    assert store.streams[NAME].epoch.last_seq == 14


def test_a_new_epoch_ends_the_old_one_with_what_there_is_of_its_chunks() -> None:
    store = MemoryStore()
    send(store, PRODUCER, POLICY, (0, 20))
    assert keys.chunk(NAME, 7, 0, 2, "zstd") not in store.objects
    later = Producer.of(theta(20, 9), epoch=9, t0_us=T0_US + 10**8)
    (result,) = send(store, later, POLICY, (0, 9))
    assert (result.decision.step, result.frames, dict(result.chunks)) == (Step.BEGIN, 10, {0: 2, 1: 1, 2: 1})
    for level, columns in ((0, 5), (1, 3), (2, 6)):
        message, described = chunk(store, level, {0: 2, 1: 1, 2: 0}[level])
        assert message.header.n_frames == columns
        assert len(described["r"]) == columns
    assert store.epochs[NAME, 7].ended
    assert store.epochs[NAME, 7].last_seq == 20
    stream = store.streams[NAME]
    assert (stream.epoch.epoch, stream.epoch.rows, stream.version) == (9, 9, 2)
    assert [gop.first_seq for gop in stream.gops] == [0, 5]
    assert store.gauges["phase_rows", f'["{NAME}","total"]'] == 9
    assert store.total("phase_epochs_total", NAME) == 2
    stale = send(store, PRODUCER, POLICY, (21, 30))
    assert stale[0].decision.step is Step.STALE
    assert store.total("phase_frames_dropped_total", NAME, "stale") == 10


def test_an_epoch_that_cannot_begin_does_not_end_the_old_one() -> None:
    store = MemoryStore()
    send(store, PRODUCER, POLICY, (0, 20))
    before = dict(store.objects), store.streams[NAME]
    later = Producer.of(theta(20, 9), epoch=9)
    with pytest.raises(UnusableBodyError, match="there is no object raw/"):
        downsampler(store).apply(later.arrival(0, 9), POLICY, NOW)
    assert (store.objects, store.streams[NAME]) == before
    later.post(store, 0, 9)
    kept = dict(store.objects)
    store.objects[keys.rows(NAME, 9)] = Object("", PRODUCER.config())
    with pytest.raises(UnusableBodyError, match="number of rows is 9 and should be 6"):
        downsampler(store).apply(later.arrival(0, 9), POLICY, NOW)
    for damage in (b"", b"{}", PRODUCER.messages(0, 3)):
        store.objects[keys.rows(NAME, 9)] = Object("", damage)
        with pytest.raises(UnusableBodyError, match="cannot be read"):
            downsampler(store).apply(later.arrival(0, 9), POLICY, NOW)
    del store.objects[keys.rows(NAME, 9)]
    with pytest.raises(UnusableBodyError, match="there is no object rows/"):
        downsampler(store).apply(later.arrival(0, 9), POLICY, NOW)
    assert {key: each for key, each in kept.items() if key in store.objects} == store.objects
    assert store.streams[NAME] == before[1]


def test_a_stream_that_the_policy_does_not_know_waits_for_it() -> None:
    store = MemoryStore()
    arrival = PRODUCER.post(store, 0, 9)
    with pytest.raises(UnknownStreamError):
        downsampler(store).apply(arrival, replace(default_policy(), streams=()), NOW)
    downsampler(store).apply(arrival, POLICY, NOW)
    # One that runs needs the policy no more, until its next epoch.
    process = downsampler(store)
    process.apply(PRODUCER.post(store, 10, 19), replace(default_policy(), streams=(StreamPolicy("other"),)), NOW)
    assert store.streams[NAME].epoch.last_seq == 19


def test_a_changed_policy_waits_for_the_next_epoch() -> None:
    store = MemoryStore()
    send(store, PRODUCER, POLICY, (0, 9))
    send(store, PRODUCER, policy_of(chunk_columns=64, bits=8, levels=0), (10, 19))
    assert replace(store.streams[NAME].epoch, last_seq=9) == replace(PLAIN.streams[NAME].epoch, last_seq=9)


@pytest.mark.parametrize(("theirs", "wanted", "kept"), [(16, 8, 8), (8, 16, 8), (12, 12, 12), (16, 12, 12)])
def test_no_more_bits_are_kept_than_the_producer_has(theirs: int, wanted: int, kept: int) -> None:
    store = MemoryStore()
    send(store, Producer.of(theta(20, 6), theirs), policy_of(bits=wanted), (0, 19))
    assert store.streams[NAME].epoch.bits == kept
    message, _ = chunk(store, 0, 0)
    assert message.header.bits == kept


def test_a_producer_may_change_its_bits() -> None:
    store, phases = MemoryStore(), theta(20, 6)
    send(store, Producer.of(phases, 16), POLICY, (0, 9))
    send(store, Producer.of(phases, 8), POLICY, (10, 19))
    message, _ = chunk(store, 0, 1)
    assert message.frames is not None
    assert message.frames.angles[2:].tolist() == [
        [int(angle) << 8 for angle in frame] for frame in Producer.of(phases, 8).angles[10:16]
    ]


def test_a_sample_of_many_rows() -> None:
    store = MemoryStore()
    producer = Producer.of(theta(8, 5000), document={"ranges": [[0, 5000]], "strata": [[1, 4000], [2, 1000]]})
    send(store, producer, policy_of(target_rows=300), (0, 7))
    (config,) = messages(store.objects[keys.config(NAME, 7)])
    assert config.document is not None
    assert config.header.flags & SAMPLED
    assert config.header.n_rows == config.document["rows"] == 300
    assert config.document["strata"].count(1) == 240
    message, columns = chunk(store, 0, 0)
    assert message.frames is not None
    assert message.header.flags & SAMPLED
    assert message.frames.angles.tolist() == producer.angles[:, config.document["index"]].tolist()
    assert [sum(counts) for counts in columns["density"]] == [5000] * 8
    assert store.gauges["phase_rows", f'["{NAME}","sampled"]'] == 300
    epoch = store.streams[NAME].epoch
    assert (epoch.rows, epoch.total, epoch.method) == (300, 5000, "stratified")


def test_a_process_that_has_seen_the_stream_reads_no_more_than_the_new_body() -> None:
    store = MemoryStore()
    process = downsampler(store)
    for body in BODIES[:2]:
        process.apply(PRODUCER.post(store, *body), POLICY, NOW)
    store.read.clear()
    process.apply(PRODUCER.post(store, *BODIES[2]), POLICY, NOW)
    assert [key for key in store.read if not key.startswith("sums/")] == [PRODUCER.arrival(*BODIES[2]).key]
    store.read.clear()
    downsampler(store).apply(PRODUCER.post(store, *BODIES[3]), POLICY, NOW)
    assert keys.config(NAME, 7) in store.read
    assert [key for key in store.read if key.startswith("ring/")] == [keys.ring(NAME, 7, 35, 60)]


def test_what_failed_to_commit_is_not_remembered() -> None:
    """The same numbers may come again with other phases; a chunk holds those that were committed."""
    store = MemoryStore()
    process = downsampler(store)
    process.apply(PRODUCER.post(store, 0, 2), POLICY, NOW)
    arrival = Producer.of(theta(100, 6, seed=9)).post(store, 3, 5)
    store.fail = "commit"
    with pytest.raises(ConnectionError):
        process.apply(arrival, POLICY, NOW)
    process.apply(PRODUCER.post(store, 3, 5), POLICY, NOW)
    process.apply(PRODUCER.post(store, 6, 9), POLICY, NOW)
    assert store.objects[keys.chunk(NAME, 7, 0, 0, "zstd")] == PLAIN.objects[keys.chunk(NAME, 7, 0, 0, "zstd")]


def test_frames_that_expired_with_the_ring_are_missing() -> None:
    """A stream pauses for longer than the ring is kept: its chunk closes all the same, and says what it lacks."""
    store = MemoryStore()
    send(store, PRODUCER, POLICY, (0, 1), (2, 4))
    del store.objects[keys.ring(NAME, 7, 0, 1)]
    (result,) = send(store, PRODUCER, POLICY, (5, 9))
    assert result.expired == 2
    message, columns = chunk(store, 0, 0)
    assert message.frames is not None
    assert message.frames.missing is not None
    assert message.frames.missing.all(axis=1).tolist() == [True, True, *[False] * 6]
    assert columns["r"][:2] == [None, None]


def test_an_epoch_whose_ring_has_expired_ends_without_its_last_chunks() -> None:
    store = MemoryStore()
    send(store, PRODUCER, POLICY, (0, 6))
    del store.objects[keys.ring(NAME, 7, 0, 6)]
    (result,) = send(store, Producer.of(theta(4, 3), epoch=8), POLICY, (0, 3))
    assert (result.expired, dict(result.chunks)) == (7, {})
    assert not written(store, "v1/kuramoto/e0000000007/L")
    assert store.epochs[NAME, 7].ended


def test_without_its_config_an_epoch_cannot_go_on() -> None:
    store = MemoryStore()
    send(store, PRODUCER, POLICY, (0, 6))
    del store.objects[keys.config(NAME, 7)]
    with pytest.raises(LostConfigError):
        send(store, PRODUCER, POLICY, (7, 9))


def test_a_chunk_in_a_gap_is_not_written() -> None:
    store = MemoryStore()
    send(store, PRODUCER, POLICY, (0, 3), (40, 63))
    numbers = {int(key[-15:-5]) for key in written(store, f"v1/{NAME}/e0000000007/L0") if key.endswith(".zstd")}
    assert numbers == {0, 5, 6, 7}
    message, _ = chunk(store, 2, 0)
    assert message.frames is not None
    assert message.frames.missing is not None
    assert message.frames.missing[:, 0].tolist() == [False, *[True] * 7]


def test_how_objects_are_kept() -> None:
    store = MemoryStore()
    send(store, PRODUCER, policy_of(levels=4, chunk_columns=2), (0, 99))
    kept = {
        level: {each.kept for each in written(store, f"v1/{NAME}/e0000000007/L{level}/").values()} for level in range(5)
    }
    assert kept == {0: {"fine"}, 1: {"medium"}, 2: {"medium"}, 3: {None}, 4: {None}}
    for key, each in store.objects.items():
        assert each.immutable == ("/L" in key and key.startswith("v1/"))
        assert each.coding == (key.rpartition(".")[2] if each.immutable else each.coding)
    assert not written(store, f"sums/{NAME}/e0000000007/L4/")
    assert {each.kept for each in written(store, "sums/").values()} == {"fine"}
    assert {each.kept for each in written(store, "ring/", "raw/", f"v1/{NAME}/e0000000007/config").values()} == {None}


def test_vectors_that_wait_long_for_their_parent_have_no_date() -> None:
    """`fine` may be a single day; of two frames an hour, two chunks of sixteen take two thirds of it."""
    store = MemoryStore()
    send(store, replace(PRODUCER, dt_us=3_600_000_000), policy_of(levels=2), (0, 20))
    assert store.streams[NAME].epoch.levels == 0  # two hours do not fit a frame header
    store = MemoryStore()
    send(store, replace(PRODUCER, dt_us=1_800_000_000), policy_of(levels=2, chunk_columns=16), (0, 20))
    assert store.streams[NAME].epoch.levels == 1
    assert {each.kept for each in written(store, "sums/").values()} == {None}


def test_both_codings_hold_the_same_chunk() -> None:
    for level in range(3):
        pair = [PLAIN.objects[keys.chunk(NAME, 7, level, 0, coding)] for coding in keys.CHUNK_CODINGS]
        first, second = ([each.header for each in messages(stored)] for stored in pair)
        assert first == second


def test_where_a_chunk_says_that_it_stands() -> None:
    for level, number in ((0, 3), (1, 1), (2, 0)):
        message, columns = chunk(PLAIN, level, number)
        header, step = message.header, 2**level
        assert (header.first_seq, header.seq) == (number * 8, number * 8 + 7)
        assert (header.t0_us, header.dt_us) == (T0_US + number * 8 * step * 1_000_000, 1_000_000 * step)
        assert (columns["first_seq"], columns["frames_per_column"]) == (number * 8 * step, step)
        assert (message.frames.resultant is None) == (level == 0)  # type: ignore[union-attr]


def test_the_config_is_plain_and_readable() -> None:
    stored = PLAIN.objects[keys.config(NAME, 7)]
    assert stored.coding is None
    document = decode(stored.data).document
    assert document is not None
    assert document["ids"] == [100, 101, 102, 103, 104, 105]


def test_times_of_gauges() -> None:
    assert PLAIN.gauges["phase_last_frame_timestamp_seconds", f'["{NAME}"]'] == (T0_US + 99 * 1_000_000) / 1e6
    assert PLAIN.gauges["phase_last_processed_timestamp_seconds", f'["{NAME}"]'] == NOW.timestamp()


def test_a_mask_travels_to_the_ring_and_to_history() -> None:
    missing = np.zeros((100, 6), np.bool_)
    missing[3, 2] = True
    store = MemoryStore()
    send(store, replace(PRODUCER, missing=missing), POLICY, (0, 7), (8, 31))
    message, _ = messages(store.objects[keys.ring(NAME, 7, 0, 7)])
    assert message.frames is not None
    assert message.frames.missing is not None
    assert np.argwhere(message.frames.missing).tolist() == [[3, 2]]
    found, _ = chunk(store, 0, 0)
    assert found.frames is not None
    assert found.frames.missing is not None
    assert np.argwhere(found.frames.missing).tolist() == [[3, 2]]
    above, _ = chunk(store, 1, 0)
    assert above.frames is not None
    assert above.frames.missing is None  # its column has another frame
    assert messages(store.objects[keys.ring(NAME, 7, 8, 31)])[0].frames.missing is None  # type: ignore[union-attr]
