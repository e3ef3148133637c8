"""What was encoded comes back: every kind, depth and predictor, message by message and chained."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from kaizen.phase.decode import Message, decode, decode_all
from kaizen.phase.encode import chunk, config, delta, full, keyframe
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Baseline, Frames, Place
from kaizen.phase.predict import LEAKY, LINEAR, NONE
from kaizen.phase.quantise import BITS, bam_type
from kaizen.phase.schema import Version
from kaizen.phase.wire import HEADER_BYTES, IGNORABLE, SAMPLED, Kind
from tests.unit.phase.bodies import PREDICTORS
from tests.vectors.phf1.generate import cut, frames_of, with_fields

PLACE = Place(epoch=7, seq=41, t0_us=1_767_225_600_000_000, dt_us=33_333)


@st.composite
def frame_sets(draw: st.DrawFn) -> tuple[int, Frames]:
    """Bits and 1 to 8 frames of 1 to 20 rows, with or without R and a mask."""
    bits = draw(st.sampled_from(BITS))
    shape = draw(st.tuples(st.integers(1, 8), st.integers(1, 20)))
    angles = draw(npst.arrays(bam_type(bits), shape, elements=st.integers(0, 2**bits - 1)))
    resultant = draw(st.none() | npst.arrays(np.uint8, shape))
    missing = draw(st.none() | npst.arrays(np.bool_, shape))
    return bits, Frames(angles, resultant, missing)


predictors = st.sampled_from(PREDICTORS)


def equal(one: Frames | None, other: Frames) -> bool:
    assert one is not None
    pairs = ((one.angles, other.angles), (one.resultant, other.resultant), (one.missing, other.missing))
    return all(
        (mine is None) == (theirs is None)
        and (mine is None or theirs is None or (mine.dtype == theirs.dtype and np.array_equal(mine, theirs)))
        for mine, theirs in pairs
    )


def same_state(one: Baseline | None, other: Baseline) -> bool:
    assert one is not None
    numbers = (one.epoch, one.seq, one.bits, one.predictor, one.has_mask)
    if numbers != (other.epoch, other.seq, other.bits, other.predictor, other.has_mask):
        return False
    if (one.resultant is None) != (other.resultant is None):
        return False
    pairs: list[tuple[np.ndarray, np.ndarray]] = [(one.angles.last, other.angles.last)]
    pairs += [(one.angles.step, other.angles.step), (one.angles.rate, other.angles.rate)]
    if one.resultant is not None and other.resultant is not None:
        pairs.append((one.resultant.last, other.resultant.last))
    return all(np.array_equal(mine, theirs) for mine, theirs in pairs)


@given(frame_sets(), predictors)
def test_a_chunk_comes_back(given: tuple[int, Frames], predictor: int) -> None:
    bits, frames = given
    message = decode(chunk(frames, PLACE, bits, predictor))
    assert message.header.kind is Kind.CHUNK
    assert message.baseline is None
    assert equal(message.frames, frames)


@given(frame_sets())
def test_a_chunk_finds_its_own_predictor(given: tuple[int, Frames]) -> None:
    bits, frames = given
    assert equal(decode(chunk(frames, PLACE, bits)).frames, frames)


@given(frame_sets(), predictors, st.data())
def test_a_live_stream_comes_back(given: tuple[int, Frames], predictor: int, data: st.DataObject) -> None:
    """However it is cut into messages, and the states of both ends stay equal."""
    bits, frames = given
    total = len(frames.angles)
    sent = got = None
    start = 0
    while start < total:
        stop = data.draw(st.integers(start + 1, total))
        part, place = cut(frames, start, stop), replace(PLACE, seq=PLACE.seq + stop)
        if sent is None:
            encoded = keyframe(part, place, bits, predictor, time_major=data.draw(st.booleans()))
        elif data.draw(st.booleans()):
            encoded = full(part, place, sent, time_major=data.draw(st.booleans()))
        else:
            encoded = delta(part, place, sent, time_major=data.draw(st.booleans()))
        message = decode(encoded.data, got)
        assert equal(message.frames, part)
        assert same_state(message.baseline, encoded.baseline)
        sent, got, start = encoded.baseline, message.baseline, stop


def test_a_body_of_several_messages_decodes_in_order() -> None:
    frames = frames_of(6, 16, seed=1)
    first = keyframe(cut(frames, 0, 1), replace(PLACE, seq=10), 16, LINEAR)
    second = delta(cut(frames, 1, 4), replace(PLACE, seq=13), first.baseline)
    third = full(cut(frames, 4, 6), replace(PLACE, seq=15), second.baseline)
    about = config({"rows": [1]}, replace(PLACE, seq=15), 16, 11)
    messages = list(decode_all(first.data + second.data + about + third.data))
    assert [message.header.kind for message in messages] == [Kind.FULL, Kind.DELTA, Kind.CONFIG, Kind.FULL]
    assert np.array_equal(np.concatenate([m.frames.angles for m in messages if m.frames is not None]), frames.angles)
    assert list(decode_all(second.data + third.data, first.baseline))[-1].baseline is not None


def test_no_body_is_no_message() -> None:
    assert list(decode_all(b"")) == []


def test_a_config_comes_back() -> None:
    document = {"rows": ["a", "ψ"], "seed": 2**63, "quantiser": {"bits": 16}}
    message = decode(config(document, replace(PLACE, sampled=True), 16, 4096))
    assert message.document == document
    assert message.frames is None
    assert message.header.n_rows == 4096
    assert message.header.flags == SAMPLED


def test_a_config_of_nan_is_not_written() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        config({"a": float("nan")}, PLACE, 16, 1)


def test_deep_nesting_in_a_config_is_refused() -> None:
    payload = b'{"a":' + b"[" * 100_000
    head = config({}, PLACE, 16, 1)[:HEADER_BYTES]
    foe = with_fields(head + payload, payload_len=len(payload), state_crc=zlib.crc32(payload))
    with pytest.raises(PhaseFormatError) as caught:
        decode(foe)
    assert caught.value.reason is Reason.PAYLOAD


def test_the_negotiated_version_is_written() -> None:
    place = replace(PLACE, version=Version(1, 0, 99))
    assert decode(keyframe(frames_of(1, 8, seed=1), place, 8, NONE).data).header.version == Version(1, 0, 99)


def test_a_later_minor_with_unknown_parts_is_read() -> None:
    frames = frames_of(1, 8, seed=1)
    data = keyframe(frames, PLACE, 8, LINEAR).data + b"of a later minor"
    later = with_fields(data, flags=16 | IGNORABLE, payload_len=11 + 16)
    assert equal(decode(later).frames, frames)


def test_decoded_arrays_are_the_callers() -> None:
    """Writing to decoded frames changes neither the state nor the next frame."""
    frames = frames_of(2, 16, seed=1, with_resultant=True, with_mask=True)
    first = keyframe(cut(frames, 0, 1), replace(PLACE, seq=1), 16, LEAKY + 2)
    second = delta(cut(frames, 1, 2), replace(PLACE, seq=2), first.baseline)
    message: Message = decode(first.data)
    assert message.frames is not None
    assert message.frames.resultant is not None
    message.frames.angles[:] = 0
    message.frames.resultant[:] = 0
    assert equal(decode(second.data, message.baseline).frames, cut(frames, 1, 2))


@pytest.mark.parametrize(("epoch", "seq", "named"), [(8, 43, "epoch"), (7, 44, "seq"), (7, 42, "seq")])
def test_frames_that_do_not_follow_are_not_encoded(epoch: int, seq: int, named: str) -> None:
    base = keyframe(frames_of(1, 16, seed=1), PLACE, 16, LINEAR).baseline
    good = delta(frames_of(2, 16, seed=2), replace(PLACE, seq=43), base)
    assert decode(good.data, base).header.base_seq == 41
    with pytest.raises(PhaseFormatError, match=named) as caught:
        delta(frames_of(2, 16, seed=2), replace(PLACE, epoch=epoch, seq=seq), base)
    assert caught.value.reason is Reason.BASELINE


@pytest.mark.parametrize(
    "fields",
    [
        {"epoch": 8},
        {"seq": 43, "base_seq": 42},
        {"predictor": 1},
        {"n_rows": 10, "payload_len": 20},
        {"flags": 1, "payload_len": 33},
        {"flags": 2, "payload_len": 24},
        {"bits": 12},
    ],
    ids=["epoch", "seq", "predictor", "rows", "R", "mask", "bits"],
)
def test_a_state_that_does_not_fit_is_told(fields: dict[str, int]) -> None:
    base = keyframe(frames_of(1, 16, seed=1), PLACE, 16, LINEAR).baseline
    data = delta(frames_of(1, 16, seed=2), replace(PLACE, seq=42), base).data
    size = HEADER_BYTES + fields.get("payload_len", 22)
    with pytest.raises(PhaseFormatError) as caught:
        decode(with_fields((data + bytes(33))[:size], **fields), base)
    assert caught.value.reason is Reason.BASELINE


def test_a_state_with_another_value_is_noticed() -> None:
    """The client's own fault, such as a lost update: its frames differ from the server's, and the checksum tells."""
    frames = frames_of(3, 16, seed=1)
    first = keyframe(cut(frames, 0, 1), replace(PLACE, seq=1), 16, LINEAR)
    wrong = keyframe(cut(frames, 1, 2), replace(PLACE, seq=1), 16, LINEAR)
    later = delta(cut(frames, 2, 3), replace(PLACE, seq=2), first.baseline)
    with pytest.raises(PhaseFormatError) as caught:
        decode(later.data, wrong.baseline)
    assert caught.value.reason is Reason.STATE_CRC


ANGLES = np.zeros((2, 3), "<u2")


@pytest.mark.parametrize(
    ("frames", "bits"),
    [
        (Frames(ANGLES), 8),
        (Frames(ANGLES), 10),
        (Frames(ANGLES[0]), 16),
        (Frames(ANGLES.astype(np.int16)), 16),
        (Frames(ANGLES + np.uint16(4096)), 12),
        (Frames(ANGLES[:0]), 16),
        (Frames(ANGLES, resultant=np.zeros((2, 4), np.uint8)), 16),
        (Frames(ANGLES, missing=np.zeros((2, 3), np.uint8)), 16),
    ],
)
def test_arrays_that_are_no_frames_are_the_callers_fault(frames: Frames, bits: int) -> None:
    with pytest.raises(ValueError, match=r"bits|resultant|missing|frames"):
        chunk(frames, PLACE, bits)
