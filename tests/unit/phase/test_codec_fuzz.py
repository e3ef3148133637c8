"""Hostile input: 100,000 damaged messages raise the typed error and nothing else, within the bound of memory."""

import random
import tracemalloc

import numpy as np

from kaizen.phase.decode import Message, decode
from kaizen.phase.encode import chunk, config
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Baseline, Frames, Place
from kaizen.phase.wire import HEADER_BYTES, read_header
from tests.unit.phase.bodies import random_body
from tests.vectors.phf1.generate import FIELDS, with_fields

FLIPS, CUTS, FOES = 60_000, 40_000, 10_000

# What decoding may allocate: so many bytes per byte that was sent, and a little.
PER_BYTE, FIXED = 16, 32 * 1024


def intact(source: random.Random, count: int) -> list[tuple[bytes, Baseline | None]]:
    """Messages of every kind, with the state that each one needs."""
    found: list[tuple[bytes, Baseline | None]] = []
    while len(found) < count:
        rest, baseline = random_body(source), None
        while rest:
            size = read_header(rest).message_bytes
            found.append((rest[:size], baseline))
            baseline = decode(rest[:size], baseline).baseline
            rest = rest[size:]
    found.append((config({"rows": list(range(9))}, Place(1, 2, 3, 4), 16, 9), None))
    return found


def refusal(data: bytes, baseline: Baseline | None) -> Reason | None:
    """Why a message is refused; None if it is not. Any other error than ours fails the test."""
    try:
        decode(data, baseline)
    except PhaseFormatError as error:
        return error.reason
    return None


def test_flipped_bits_are_refused() -> None:
    """One to four bits, or a burst, anywhere in the message."""
    source = random.Random(1)
    messages = intact(source, 200)
    met = set()
    for _ in range(FLIPS):
        data, baseline = source.choice(messages)
        number = int.from_bytes(data, "little")
        flips = 1 << source.randrange(8 * len(data))
        if source.random() < 0.3:
            flips ^= source.randrange(1, 1 << 32) << source.randrange(8 * len(data) - 32)
        elif source.random() < 0.5:
            flips ^= 1 << source.randrange(8 * len(data))
        flipped = (number ^ flips).to_bytes(len(data), "little")
        if flipped == data:
            continue
        reason = refusal(flipped, baseline)
        assert reason is not None, (data.hex(), flipped.hex())
        met.add(reason)
    assert met >= {Reason.MAGIC, Reason.MAJOR, Reason.HEADER_CRC, Reason.PAYLOAD, Reason.STATE_CRC}


def test_cut_messages_are_refused() -> None:
    source = random.Random(2)
    messages = intact(source, 200)
    for _ in range(CUTS):
        data, baseline = source.choice(messages)
        assert refusal(data[: source.randrange(len(data))], baseline) is Reason.TRUNCATED


def foes(source: random.Random, count: int) -> list[tuple[bytes, Baseline | None]]:
    """Messages whose header says something else and has a checksum that fits it."""
    messages = intact(source, 200)
    found = []
    for _ in range(count):
        data, baseline = source.choice(messages)
        fields = {}
        for name in source.sample(sorted(set(FIELDS) - {"magic", "major", "t0_us"}), source.randrange(1, 4)):
            bits = 32 if FIELDS[name][1] == "<I" else 8
            fields[name] = source.choice((source.randrange(1 << bits), source.randrange(20), (1 << bits) - 1))
        found.append((with_fields(data, **fields), baseline))
    return found


def test_foes_are_refused_or_understood() -> None:
    """A header may be changed into another right one: then what comes out has the sizes that it says."""
    met = set()
    understood = 0
    for data, baseline in foes(random.Random(3), FOES):
        try:
            message = decode(data, baseline)
        except PhaseFormatError as error:
            met.add(error.reason)
            continue
        understood += 1
        if message.frames is not None:
            assert message.frames.angles.shape == (message.header.n_frames, message.header.n_rows)
    assert met >= {Reason.FIELD, Reason.TOO_LARGE, Reason.LENGTH, Reason.TRUNCATED, Reason.BASELINE, Reason.STATE_CRC}
    assert understood < FOES / 2


def peak(data: bytes, baseline: Baseline | None = None) -> int:
    """Bytes that decoding holds at most, refused or not."""
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    result: Message | Reason | None = None
    try:
        result = decode(data, baseline)
    except PhaseFormatError as error:
        result = error.reason
    assert result is not None
    return tracemalloc.get_traced_memory()[1] - before


def test_memory_is_bounded_by_what_was_sent() -> None:
    source = random.Random(4)
    samples = foes(source, 400) + intact(source, 100)
    # As large as limits go, and as little as a foe has to send for it.
    head = chunk(Frames(np.zeros((2, 2), "<u2")), Place(1, 9, 0, 1), 16)[:HEADER_BYTES]
    huge = {"n_rows": 1 << 20, "n_frames": 8, "payload_len": 1 << 24}
    samples += [(with_fields(head, **huge) + bytes(size), None) for size in (0, 1, 1000)]
    tracemalloc.start()
    try:
        peak(*samples[0])  # the first call builds caches
        for data, baseline in samples:
            assert peak(data, baseline) <= FIXED + PER_BYTE * len(data)
    finally:
        tracemalloc.stop()


def test_memory_of_a_whole_chunk_is_within_the_bound() -> None:
    """With data enough that the bytes per byte count, for each depth and the predictor that holds the most."""
    numbers = np.random.default_rng(5)
    tracemalloc.start()
    try:
        for bits, kind in ((8, np.uint8), (12, "<u2"), (16, "<u2")):
            shape = (64, 2048)
            angles = numbers.integers(0, 1 << bits, shape).astype(kind)
            frames = Frames(angles, numbers.integers(0, 256, shape, dtype=np.uint8), numbers.random(shape) < 0.5)
            for predictor in (2, 18):
                data = chunk(frames, Place(1, 99, 0, 1), bits, predictor)
                assert peak(data) <= FIXED + PER_BYTE * len(data)
    finally:
        tracemalloc.stop()
