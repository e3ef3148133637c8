"""What a process holds: bounded by the body, not by how it is packed, and by the streams it saw last."""

import tracemalloc

import numpy as np

from kaizen.phase.arrival import MOST_BODY_BYTES
from kaizen.phase.streams import Epoch, Gop, Segment, Stream
from phase_downsampler.body import sample, unpack
from phase_downsampler.memory import Memory
from tests.unit.downsampler.world import NOW, MemoryStore, Producer, downsampler, policy_of, theta

ROWS, FRAMES = 100_000, 10


def test_ten_frames_of_100_000_oscillators() -> None:
    """24 bytes of scratch for each phase, beside the room for unpacking, which is touched only as far as it is used."""
    producer = Producer.of(theta(FRAMES, ROWS))
    store = MemoryStore()
    arrival = producer.post(store, 0, FRAMES - 1)
    process = downsampler(store)
    tracemalloc.start()
    process.apply(arrival, policy_of(levels=6, factor=4, chunk_columns=256), NOW)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - MOST_BODY_BYTES < 24 * ROWS * FRAMES
    assert held < ROWS * FRAMES


def test_all_rows_of_one_message_at_a_time() -> None:
    """The same body in ten messages takes a tenth of the scratch."""
    producer = Producer.of(theta(FRAMES, ROWS))
    epoch = Epoch(7, 0, FRAMES - 1, producer.t0_us, producer.dt_us, 1000, ROWS, "bottom-k", 16, 6, 4, 256)
    chosen = np.arange(0, ROWS, 100)
    pieces = b"".join(producer.messages(seq, seq) for seq in range(FRAMES))
    tracemalloc.start()
    sample(pieces, producer.arrival(0, FRAMES - 1), epoch, chosen, 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * ROWS * FRAMES


def test_room_for_unpacking_is_given_back() -> None:
    store, producer = MemoryStore(), Producer.of(theta(3, 50))
    arrival = producer.post(store, 0, 2)
    packed = store.objects[arrival.key].data
    tracemalloc.start()
    messages = unpack(packed, "zstd")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2 * len(messages) + 10_000


def test_the_streams_used_last_are_remembered() -> None:
    memory = Memory()
    names = [f"stream-{number}" for number in range(20)]
    chosen = np.arange(3)
    for name in names:
        epoch = Epoch(7, 0, 9, 0, 1000, 3, 3, "all", 16, 2, 2, 8)
        memory.keep(Stream(name, 1, epoch, 5, 0, (Segment(0, 9, 0),), (Gop(0, 2),)), chosen, {})
    assert [name for name in names if memory.of(name, 7) is not None] == names[4:]
    assert memory.of(names[-1], 8) is None
