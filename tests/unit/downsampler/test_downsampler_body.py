"""A producer's body: only the frames that the arrival and the epoch speak of, in the epoch's bits."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kaizen.phase.coding import compress
from kaizen.phase.encode import chunk, keyframe
from kaizen.phase.frames import Frames, Place
from kaizen.phase.quantise import TAU, bam_type, from_bam
from kaizen.phase.streams import Epoch
from phase_downsampler.body import UnusableBodyError, converted, first_frames, sample, unpack
from tests.unit.downsampler.world import T0_US, Producer, theta

PRODUCER = Producer.of(theta(30, 20))
EPOCH = Epoch(7, 0, 29, T0_US, 1_000_000, 3, 20, "bottom-k", 16, 2, 2, 8)
CHOSEN = np.array([2, 3, 17])


def test_the_chosen_rows_of_the_frames_that_are_new() -> None:
    piece = sample(PRODUCER.messages(5, 20, described=True), PRODUCER.arrival(5, 20), EPOCH, CHOSEN, 9)
    assert (piece.first_seq, piece.last_seq) == (9, 20)
    assert piece.t0_us == T0_US + 9_000_000
    assert piece.last_us == T0_US + 20_000_000
    assert piece.frames.angles.tolist() == PRODUCER.angles[9:21, CHOSEN].tolist()
    assert piece.columns.density.sum(axis=1).tolist() == [20] * 12


def test_a_mask_is_kept_only_if_it_marks_a_chosen_row() -> None:
    missing = np.zeros((30, 20), np.bool_)
    missing[10, 4] = True
    producer = replace(PRODUCER, missing=missing)
    piece = sample(producer.messages(5, 20), producer.arrival(5, 20), EPOCH, CHOSEN, 5)
    assert piece.frames.missing is None
    assert piece.columns.density.sum(axis=1).tolist() == [20] * 5 + [19] + [20] * 10
    missing[11, 17] = True
    piece = sample(producer.messages(5, 20), producer.arrival(5, 20), EPOCH, CHOSEN, 5)
    assert piece.frames.missing is not None
    assert np.argwhere(piece.frames.missing).tolist() == [[6, 2]]


@given(
    st.sampled_from([8, 12, 16]),
    st.sampled_from([8, 12, 16]),
    arrays(np.uint32, (2, 5), elements=st.integers(0, 65535)),
)
def test_bits_are_converted_to_the_nearest(bits: int, wanted: int, numbers: np.ndarray) -> None:
    angles = (numbers % (1 << bits)).astype(bam_type(bits))
    found = converted(angles, bits, wanted)
    assert found.dtype == bam_type(wanted)
    assert found.max() < 1 << wanted
    off = np.angle(np.exp(1j * (from_bam(found, wanted) - from_bam(angles, bits))))
    assert np.abs(off).max() <= TAU / 2 ** (wanted + 1) + 1e-12
    if wanted >= bits:
        assert converted(found, wanted, bits).tolist() == angles.tolist()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"epoch": 8}, "epoch"),
        ({"dt_us": 2_000_000}, "dt_us"),
        ({"angles": PRODUCER.angles[:, :19]}, "number of rows"),
    ],
)
def test_frames_of_something_else(changed: dict[str, object], fault: str) -> None:
    other = replace(PRODUCER, **changed)  # type: ignore[arg-type]
    with pytest.raises(UnusableBodyError, match=f"the frames' {fault} is"):
        sample(other.messages(5, 20), PRODUCER.arrival(5, 20), EPOCH, CHOSEN, 5)


def test_fewer_or_other_frames_than_were_announced() -> None:
    with pytest.raises(UnusableBodyError, match="ends with frame 20 and should with 21"):
        sample(PRODUCER.messages(5, 20), PRODUCER.arrival(5, 21), EPOCH, CHOSEN, 5)
    with pytest.raises(UnusableBodyError, match="first frame is 5 and should be 4"):
        sample(PRODUCER.messages(5, 20), PRODUCER.arrival(4, 20), EPOCH, CHOSEN, 4)
    with pytest.raises(UnusableBodyError, match="ends with frame 20 and should with 19"):
        sample(PRODUCER.messages(5, 20), PRODUCER.arrival(5, 19), EPOCH, CHOSEN, 5)


def test_history_is_no_body() -> None:
    stretch = chunk(Frames(PRODUCER.angles[5:9]), Place(7, 8, T0_US, 1_000_000), 16)
    with pytest.raises(UnusableBodyError, match="CHUNK"):
        sample(stretch, PRODUCER.arrival(5, 8), EPOCH, CHOSEN, 5)


@pytest.mark.parametrize("damage", [b"", b"no frames at all", PRODUCER.messages(5, 20)[:-1], PRODUCER.config()])
def test_damage(damage: bytes) -> None:
    with pytest.raises(UnusableBodyError):
        sample(damage, PRODUCER.arrival(5, 20), EPOCH, CHOSEN, 5)


def test_a_flipped_bit_anywhere_is_found() -> None:
    whole = PRODUCER.messages(5, 8)
    rng = np.random.default_rng(1)
    for _ in range(200):
        bad = bytearray(whole)
        bad[rng.integers(len(bad))] ^= 1 << rng.integers(8)
        try:
            piece = sample(bytes(bad), PRODUCER.arrival(5, 8), EPOCH, CHOSEN, 5)
        except UnusableBodyError:
            continue
        assert piece.frames.angles.tolist() == PRODUCER.angles[5:9, CHOSEN].tolist()  # an ignorable one


def test_unpacking() -> None:
    messages = PRODUCER.messages(5, 8)
    assert unpack(compress("gzip", messages), "gzip") == messages
    with pytest.raises(UnusableBodyError, match="not zstd"):
        unpack(messages, "zstd")
    with pytest.raises(UnusableBodyError, match="not known"):
        unpack(messages, "lzma")


def test_more_than_a_body_holds_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(UnusableBodyError, match="or more than"):
        unpack(compress("zstd", bytes(65 << 20)), "zstd")


def test_the_first_frames_tell_time_and_bits() -> None:
    header = first_frames(PRODUCER.messages(5, 20, described=True))
    assert (header.first_seq, header.t0_us, header.dt_us, header.bits) == (5, T0_US + 5_000_000, 1_000_000, 16)
    with pytest.raises(UnusableBodyError, match="no frames"):
        first_frames(PRODUCER.config())
    with pytest.raises(UnusableBodyError, match="fewer"):
        first_frames(PRODUCER.messages(5, 20)[:60])


def test_frames_without_a_time_between_them() -> None:
    lone = keyframe(Frames(PRODUCER.angles[:1]), Place(7, 0, T0_US, 0), 16, 2).data
    with pytest.raises(UnusableBodyError, match="no time between"):
        first_frames(lone)
