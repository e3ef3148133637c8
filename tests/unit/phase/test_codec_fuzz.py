"""Hostile input: 100,000 damaged messages raise the typed error and nothing else, each within the bound of memory.

Memory is measured for every one of them, by tracemalloc, to which numpy reports its arrays.
"""

import json
import random
import tracemalloc
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from kaizen.phase.decode import Message, decode
from kaizen.phase.encode import chunk, config, delta, keyframe
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Baseline, Frames, Place
from kaizen.phase.predict import LEAKY, LINEAR
from kaizen.phase.quantise import BITS, bam_type
from kaizen.phase.wire import HEADER_BYTES, read_header
from tests.effort import examples
from tests.unit.phase.bodies import random_body
from tests.vectors.phf1.generate import FIELDS, with_fields

FLIPS, CUTS, FOES = examples(60_000), examples(40_000), min(examples(10_000), 10_000)  # all foes are kept in memory

# What decoding may hold: so many bytes per byte that was sent, and a little. Measured at worst: 9.7 (a lone frame of
# 8 bits, whose leaky rates take 4 bytes per row), 36 for a CONFIG (lists in objects), and 9 KB for an error.
PER_BYTE, CONFIG_PER_BYTE, FIXED = 12, 48, 16 * 1024


@dataclass(frozen=True)
class Sent:
    """A message, what a receiver knows when it comes, and the messages from which it does."""

    data: bytes
    baseline: Baseline | None
    before: bytes = b""


def intact(source: random.Random, count: int) -> list[Sent]:
    """Messages of every kind, most of few rows, every fourth body of some hundred."""
    found: list[Sent] = []
    while len(found) < count:
        body = random_body(source, source.choice((None, None, None, source.randrange(100, 400))))
        baseline, start = None, 0
        while start < len(body):
            end = start + read_header(body[start:]).message_bytes
            sent = Sent(body[start:end], baseline, body[:start])
            found.append(sent)
            baseline, start = decode(sent.data, baseline).baseline, end
    return [*found, Sent(config({"rows": list(range(9))}, Place(1, 2, 3, 4), 16, 9), None)]


@pytest.fixture
def traced() -> Iterator[None]:
    """Memory is traced; the first error and the first message have built what is cached."""
    for sent in intact(random.Random(0), 20):
        for data in (sent.data, sent.data[:-1]):
            refusal(data, sent.baseline)
    tracemalloc.start()
    yield
    tracemalloc.stop()


def refusal(data: bytes, baseline: Baseline | None) -> Reason | None:
    """Why a message is refused; None if it is not. Any other error than ours fails the test."""
    try:
        decode(data, baseline)
    except PhaseFormatError as error:
        return error.reason
    return None


def peak(data: bytes, baseline: Baseline | None = None) -> tuple[Message | Reason, int]:
    """The message or why it is refused, and the bytes that decoding held at most."""
    result: Message | Reason
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    try:
        result = decode(data, baseline)
    except PhaseFormatError as error:
        result = error.reason
    return result, tracemalloc.get_traced_memory()[1] - before


def bounded(data: bytes, baseline: Baseline | None = None) -> Message | Reason:
    """The same, its memory checked."""
    result, held = peak(data, baseline)
    assert held <= FIXED + PER_BYTE * len(data), (held, len(data), result)
    return result


def flipped(data: bytes, source: random.Random) -> bytes:
    """One bit or two, or one and a burst of up to 32, anywhere in the message."""
    flips = 1 << source.randrange(8 * len(data))
    if source.random() < 0.3:
        flips ^= source.randrange(1, 1 << 32) << source.randrange(8 * len(data) - 32)
    elif source.random() < 0.5:
        flips ^= 1 << source.randrange(8 * len(data))
    return (int.from_bytes(data, "little") ^ flips).to_bytes(len(data), "little")


@pytest.mark.usefixtures("traced")
def test_flipped_bits_are_refused() -> None:
    source = random.Random(1)
    messages = intact(source, 300)
    met, tried = set(), 0
    while tried < FLIPS:
        sent = source.choice(messages)
        damaged = flipped(sent.data, source)
        if damaged == sent.data:  # the second flip undid the first
            continue
        tried += 1
        result = bounded(damaged, sent.baseline)
        assert isinstance(result, Reason), (sent.data.hex(), damaged.hex())
        met.add(result)
    assert met >= {Reason.MAGIC, Reason.MAJOR, Reason.HEADER_CRC, Reason.PAYLOAD, Reason.STATE_CRC}


@pytest.mark.usefixtures("traced")
def test_cut_messages_are_refused() -> None:
    source = random.Random(2)
    messages = intact(source, 300)
    for _ in range(CUTS):
        sent = source.choice(messages)
        assert bounded(sent.data[: source.randrange(len(sent.data))], sent.baseline) is Reason.TRUNCATED


def foes(source: random.Random, count: int) -> list[Sent]:
    """Messages whose header says something else and has a checksum that fits it."""
    messages = intact(source, 300)
    found = []
    for _ in range(count):
        sent = source.choice(messages)
        fields = {}
        for name in source.sample(sorted(set(FIELDS) - {"magic", "major", "t0_us"}), source.randrange(1, 4)):
            bits = 32 if FIELDS[name][1] == "<I" else 8
            fields[name] = source.choice((source.randrange(1 << bits), source.randrange(20), (1 << bits) - 1))
        found.append(replace(sent, data=with_fields(sent.data, **fields)))
    return found


@pytest.mark.usefixtures("traced")
def test_foes_are_refused_or_understood() -> None:
    """A header may be changed into another right one: then what comes out has the sizes that it says."""
    met = set()
    understood = 0
    for sent in foes(random.Random(3), FOES):
        result = bounded(sent.data, sent.baseline)
        if isinstance(result, Reason):
            met.add(result)
            continue
        understood += 1
        if result.frames is not None:
            assert result.frames.angles.shape == (result.header.n_frames, result.header.n_rows)
    assert met >= {Reason.FIELD, Reason.TOO_LARGE, Reason.LENGTH, Reason.TRUNCATED, Reason.BASELINE, Reason.STATE_CRC}
    assert 0 < understood < FOES / 2


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("size", [0, 1, 1000])
def test_a_header_alone_costs_nothing(size: int) -> None:
    """As large as limits go, and as little as a foe has to send for it."""
    head = chunk(Frames(np.zeros((2, 2), "<u2")), Place(1, 9, 0, 1), 16)[:HEADER_BYTES]
    huge = with_fields(head, n_rows=1 << 20, n_frames=8, payload_len=1 << 24) + bytes(size)
    assert bounded(huge) is Reason.TRUNCATED


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("shape", [(1, 20_000), (64, 2048), (500, 8)])
def test_memory_of_large_messages_is_within_the_bound(bits: int, shape: tuple[int, int]) -> None:
    """With data enough that the bytes per byte count, for the predictors that hold the least and the most."""
    numbers = np.random.default_rng(5)
    angles = numbers.integers(0, 1 << bits, shape).astype(bam_type(bits))
    resultant, missing = numbers.integers(0, 256, shape, dtype=np.uint8), numbers.random(shape) < 0.5
    for frames in (Frames(angles), Frames(angles, resultant, missing)):
        for predictor in (LINEAR, LEAKY + 2):
            first = keyframe(frames, Place(1, 9999, 0, 1), bits, predictor)
            next_place = Place(1, 9999 + len(angles), 0, 1)
            past = chunk(frames, Place(1, 9999, 0, 1), bits, predictor)
            cases = [(past, None), (first.data, None), (delta(frames, next_place, first.baseline).data, first.baseline)]
            for data, baseline in cases:
                message = bounded(data, baseline)
                assert isinstance(message, Message)
                # The meter sees numpy's memory: an array that it missed would pass any bound.
                assert peak(data, baseline)[1] >= angles.nbytes


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("start", ["[", "[],", "{},", '{"":{}},', "[[]],", "[0],", "1,", '"ψ",', '{"":[{}]},'])
def test_memory_of_a_config_is_within_its_own_bound(start: str) -> None:
    """What JSON makes of few characters; the last entry closes the list, or nothing does and it is refused."""
    repeated = start.encode() * ((1 << 18) // len(start.encode()) - 10)
    payload = b'{"":[' + repeated + b"0]}"
    head = config({}, Place(1, 2, 3, 4), 16, 9)[:HEADER_BYTES]
    data = with_fields(head + payload, payload_len=len(payload), state_crc=zlib.crc32(payload))
    result, held = peak(data)
    assert held <= FIXED + CONFIG_PER_BYTE * len(data)
    if start == "[":
        assert result is Reason.PAYLOAD
    else:
        assert isinstance(result, Message)
        assert result.document == json.loads(payload)
