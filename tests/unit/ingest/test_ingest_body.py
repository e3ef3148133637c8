"""Bodies of PHF1: what a decoder reads whole is taken, anything else is refused with its own sentence."""

import dataclasses
import tracemalloc
from typing import Any

import numpy as np
import pytest

from kaizen.phase.arrival import MOST_BODY_BYTES
from kaizen.phase.coding import CODINGS, compress, decompress
from kaizen.phase.decode import decode_all
from kaizen.phase.encode import chunk, config, delta, full, keyframe
from kaizen.phase.frames import Baseline, Frames, Place
from kaizen.phase.quantise import BITS
from kaizen.phase.wire import LIMITS
from phase_ingest.body import Body, read_body
from phase_ingest.faults import RefusedError
from phase_ingest.posted import MOST_BYTES, Kind, Posted, coding_of, kind_of
from tests.unit.ingest.posts import (
    DOCUMENT,
    DT_US,
    EPOCH,
    ROWS,
    T0_US,
    config_message,
    frames_of,
    messages_of,
    place,
    start,
)
from tests.vectors.phf1.generate import with_fields


def read(messages: bytes, coding: str = "identity") -> Body:
    return read_body(Posted(messages, Kind.PHF1, coding))


def refused(messages: bytes, coding: str = "identity") -> tuple[int, str, str]:
    with pytest.raises(RefusedError) as caught:
        read(messages, coding)
    return caught.value.status, caught.value.reason, str(caught.value)


@pytest.mark.parametrize("with_mask", [False, True])
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("coding", [*CODINGS, "identity"])
def test_a_chain_of_frames_is_taken_as_it_came(coding: str, bits: int, with_mask: bool) -> None:
    posted = compress(coding, messages_of(bits=bits, with_mask=with_mask))
    body = read(posted, coding)
    assert body.config is not None
    assert (body.config.document, body.config.rows) == (DOCUMENT, ROWS)
    assert body.config.message == config_message()
    assert dataclasses.replace(body, config=None) == Body(
        data=posted,
        coding=coding,
        epoch=EPOCH,
        first_seq=0,
        last_seq=4,
        last_us=T0_US + 4 * DT_US,
        rows=ROWS,
        dt_us=DT_US,
        config=None,
    )
    assert body.frames == 5


def test_frames_go_without_a_config_and_from_any_number_on() -> None:
    body = read(messages_of(first_seq=77, epoch=0))
    assert (body.epoch, body.first_seq, body.last_seq, body.config) == (0, 77, 81, None)


def test_a_later_keyframe_is_a_frame_like_others() -> None:
    body = read(start(3, 2).data + start(5, 3).data)
    assert (body.first_seq, body.last_seq) == (3, 7)


def follows(baseline: Baseline, first_seq: int, count: int = 1, **given: Any) -> bytes:
    return delta(frames_of(count), place(first_seq, count, **given), baseline).data


def with_resultant() -> bytes:
    angles = frames_of(1).angles
    return keyframe(Frames(angles, np.full(angles.shape, 9, np.uint8)), place(0, 1), 16, 2).data


ONE = start()
FAULTS: dict[str, tuple[bytes, int, str, str]] = {
    "nothing": (b"", 400, "empty", "the body holds no frames"),
    "a CONFIG alone": (config_message(), 400, "empty", "the body holds no frames"),
    "other bytes": (b"x" * 60, 400, "magic", "message 1: b'xxxx' is not b'PHF1'"),
    "cut": (messages_of()[:-1], 400, "truncated", "message 4: "),
    "cut header": (ONE.data[:20], 400, "truncated", "message 1: 20 bytes are fewer than a header's 56"),
    "more behind": (ONE.data + b"\0", 400, "truncated", "message 2: 1 bytes"),
    "another major": (b"PHF1\x02" + ONE.data[5:], 400, "major", "message 1: schema 2.0 is not 1.x"),
    "a damaged header": (ONE.data[:20] + b"\x01" + ONE.data[21:], 400, "header-crc", "message 1: the header's"),
    "a damaged phase": (ONE.data[:-1] + b"\x7f", 400, "state-crc", "message 1: the decoded frames are not those"),
    "no keyframe": (
        follows(ONE.baseline, 1), 400, "baseline", "message 1: frame 1 builds on a state, and there is none",
    ),
    "a full frame that is no keyframe": (
        full(frames_of(1), place(1, 1), ONE.baseline).data, 400, "baseline", "message 1: frame 1 builds on a state",
    ),
    "a frame is missing": (
        ONE.data + follows(start(0, 2).baseline, 2), 400, "baseline", "message 2: the frames build on seq 1, the state",
    ),
    "a keyframe after a gap": (ONE.data + start(2).data, 400, "sequence", "frame 2 comes after frame 0"),
    "the same again": (ONE.data + ONE.data, 400, "sequence", "frame 0 comes after frame 0"),
    "another epoch": (
        ONE.data + start(1, epoch=9).data, 400, "changed", f"epoch is 9, and {EPOCH} in the frames before",
    ),
    "other bits": (ONE.data + start(1, bits=8).data, 400, "changed", "bits is 8, and 16 in the frames before"),
    "other rows": (ONE.data + start(1, rows=4).data, 400, "changed", "n_rows is 4, and 5 in the frames before"),
    "a mask from here on": (
        ONE.data + start(1, with_mask=True).data, 400, "changed", "some of the messages carry a mask and others do not",
    ),
    "another dt": (
        ONE.data + follows(ONE.baseline, 1, dt_us=7), 400, "changed", f"dt_us is 7, and {DT_US} in the frames before",
    ),
    "late": (
        ONE.data + follows(ONE.baseline, 1, late_us=DT_US // 2 + 1), 400, "time",
        f"frame 1 is of {T0_US + DT_US + DT_US // 2 + 1} us; by dt_us it should be of {T0_US + DT_US} us",
    ),
    "no dt": (
        keyframe(frames_of(1), Place(EPOCH, 0, T0_US, 0), 16, 2).data, 400, "time",
        "dt_us is 0: say how long it is from frame to frame",
    ),
    "a CHUNK": (
        chunk(frames_of(3), place(0, 3), 16), 400, "order", "a CHUNK is history: send a FULL keyframe and what",
    ),
    "a CHUNK later": (ONE.data + chunk(frames_of(3), place(1, 3), 16), 400, "order", "a CHUNK is history"),
    "a CONFIG later": (ONE.data + config_message(), 400, "order", "a CONFIG stands in front of the frames, and once"),
    "two CONFIGs": (
        config_message() * 2 + ONE.data, 400, "order", "a CONFIG stands in front of the frames, and once",
    ),
    "resultant lengths": (
        with_resultant(), 400, "resultant", "the frames carry resultant lengths: producers send phases alone",
    ),
    "a CONFIG of another epoch": (
        config_message(epoch=8) + ONE.data, 400, "changed", f"the frames are of epoch {EPOCH}, the CONFIG of 8",
    ),
    "a CONFIG of other rows": (
        config_message({"ids": [1, 2]}, rows=2) + ONE.data, 400, "count",
        f"the frames have 5 rows, epoch {EPOCH} has 2",
    ),
    "a CONFIG that miscounts": (
        config_message({"ids": [1, 2]}) + ONE.data, 400, "count",
        "the CONFIG says n_rows 5, its document names 2 rows",
    ),
    "a CONFIG without rows": (
        config_message({"name": "x"}) + ONE.data, 400, "rows", "rows are named by ids or by ranges, one of them",
    ),
    "a CONFIG that is no JSON": (
        config_message()[:-1] + b" " + ONE.data, 400, "state-crc", "message 1: the CONFIG is not the one that was sent",
    ),
    "a huge header": (
        with_fields(ONE.data, n_rows=1 << 20, n_frames=9, seq=8, base_seq=8), 413, "too-large",
        f"message 1: {9 << 20} cells are more than {LIMITS.cells}",
    ),
    "a huge CONFIG": (
        config({"ids": [1], "name": "x" * LIMITS.config_bytes}, Place(EPOCH, 0, T0_US, DT_US), 16, 1) + ONE.data,
        413, "too-large", "message 1: a CONFIG of ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_sentence(name: str) -> None:
    messages, status, reason, sentence = FAULTS[name]
    found = refused(messages)
    assert found[:2] == (status, reason)
    assert found[2].startswith(sentence)


def test_sentences_differ() -> None:
    """No two faults that look alike from outside, but for those of one kind."""
    sentences = {refused(messages)[2] for messages, *_ in FAULTS.values()}
    assert len(sentences) >= len(FAULTS) - 5


def test_times_may_be_rounded() -> None:
    read(ONE.data + follows(ONE.baseline, 1, late_us=DT_US // 2))
    read(ONE.data + follows(ONE.baseline, 1, late_us=-DT_US // 2))


def test_frames_of_a_body_are_limited_together() -> None:
    """Small messages would take a decoder hours otherwise."""
    half = LIMITS.frames // 2

    def of(first_seq: int, count: int) -> bytes:
        frames = Frames(np.zeros((count, 1), "<u2"))
        return keyframe(frames, place(first_seq, count), 16, 0).data

    assert read(of(0, half) + of(half, half)).frames == LIMITS.frames
    status, reason, sentence = refused(of(0, half) + of(half, half + 1))
    assert (status, reason) == (413, "too-large")
    assert sentence == f"{LIMITS.frames + 1} frames in one body are more than {LIMITS.frames}"


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_that_is_not_in_its_coding(coding: str) -> None:
    whole = compress(coding, messages_of())
    for data in (messages_of(), whole[: len(whole) // 2], b"", compress("gzip" if coding == "zstd" else "zstd", b"x")):
        assert refused(data, coding)[:2] in ((400, "coding"), (400, "empty"))


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_stops_at_the_limit(coding: str) -> None:
    """Four times the limit, in as few bytes as the coding needs for it."""
    bomb = compress(coding, bytes(4 * MOST_BODY_BYTES))
    assert len(bomb) < MOST_BYTES
    for kind in Kind:
        tracemalloc.start()
        try:
            with pytest.raises(RefusedError) as caught:
                read_body(Posted(bomb, kind, coding))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (caught.value.status, caught.value.reason) == (400, "coding")
        assert "bytes in it" in str(caught.value)
        assert peak < MOST_BODY_BYTES + (1 << 20)


def test_what_unpacks_to_the_limit_is_held_no_more_than_twice() -> None:
    bomb = compress("zstd", bytes(MOST_BODY_BYTES))
    tracemalloc.start()
    try:
        assert refused(bomb, "zstd")[:2] == (400, "magic")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * MOST_BODY_BYTES + (1 << 20)


def test_a_header_that_lies_about_its_size_allocates_nothing() -> None:
    foe = with_fields(ONE.data[:56], n_rows=1 << 20, n_frames=8, seq=7, base_seq=7, payload_len=1 << 24)
    tracemalloc.start()
    try:
        assert refused(foe)[:2] == (400, "truncated")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024


def test_what_is_stored_is_what_a_decoder_reads() -> None:
    posted = compress("br", messages_of(with_mask=True))
    body = read(posted, "br")
    decoded = list(decode_all(decompress(body.coding, body.data, MOST_BODY_BYTES)))
    assert [message.header.seq for message in decoded if message.frames is not None] == [0, 3, 4]
    assert decoded[0].document == DOCUMENT


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("application/vnd.phase-metrics.frames; v=1", Kind.PHF1),
        ("Application/VND.phase-metrics.frames", Kind.PHF1),
        ("application/json", Kind.JSON),
        ("application/json;charset=utf-8", Kind.JSON),
    ],
)
def test_content_types(given: str, kind: Kind) -> None:
    assert kind_of(given) is kind
    assert kind_of("text/plain", given) is kind


@pytest.mark.parametrize("given", ["", "text/plain", "application/jsonx", "json", "application/octet-stream", "\ud800"])
def test_content_types_that_are_none_of_ours(given: str) -> None:
    with pytest.raises(RefusedError) as caught:
        kind_of(given)
    assert (caught.value.status, caught.value.reason) == (415, "content-type")
    assert Kind.PHF1.value in str(caught.value)


def test_content_codings() -> None:
    assert [coding_of(each) for each in ("", "identity", " GZIP ", "x-gzip", "zstd", "br")] == [
        "identity", "identity", "gzip", "gzip", "zstd", "br",
    ]  # fmt: skip
    for given in ("deflate", "gzip, zstd", "aws-chunked", "*", "é"):
        with pytest.raises(RefusedError) as caught:
            coding_of(given)
        assert (caught.value.status, caught.value.reason) == (415, "content-encoding")
