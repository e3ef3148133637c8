"""Frames as JSON: what comes out of the decoder is what went in, and each fault has its place."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.arrival import MOST_BODY_BYTES
from kaizen.phase.coding import compress, decompress
from kaizen.phase.decode import Message, decode_all
from kaizen.phase.quantise import from_bam
from kaizen.phase.wire import LIMITS
from phase_ingest.body import Body, read_body
from phase_ingest.faults import RefusedError
from phase_ingest.posted import Kind, Posted
from phase_ingest.small import MOST_BYTES
from tests.unit.ingest.posts import DT_US, EPOCH, T0_US, json_body, json_post


def read(text: bytes, coding: str = "identity") -> Body:
    return read_body(Posted(text, Kind.JSON, coding))


def refused(text: bytes, coding: str = "identity") -> tuple[int, str, str]:
    with pytest.raises(RefusedError) as caught:
        read(text, coding)
    return caught.value.status, caught.value.reason, str(caught.value)


def decoded(body: Body) -> list[Message]:
    return list(decode_all(decompress(body.coding, body.data, MOST_BODY_BYTES)))


def phases(body: Body) -> list[list[float | None]]:
    """Radians, None where one is missing."""
    found: list[list[float | None]] = []
    for message in decoded(body):
        if message.frames is not None:
            radians = from_bam(message.frames.angles, message.header.bits).astype(object)
            if message.frames.missing is not None:
                radians[message.frames.missing] = None
            found += radians.tolist()
    return found


def off(one: float, other: float) -> float:
    """Radians between two angles, whatever their turns."""
    return abs(math.remainder(one - other, 2 * math.pi))


RADIANS = st.floats(-1e4, 1e4) | st.integers(-1000, 1000)


@given(
    st.integers(1, 6).flatmap(
        lambda rows: st.lists(st.lists(RADIANS | st.none(), min_size=rows, max_size=rows), min_size=1, max_size=6)
    )
)
def test_phases_come_out_as_they_went_in(frames: list[list[float | None]]) -> None:
    body = read(json_body(ids=list(range(len(frames[0]))), frames=frames))
    assert (body.epoch, body.first_seq, body.last_seq) == (EPOCH, 0, len(frames) - 1)
    assert body.last_us == T0_US + (len(frames) - 1) * DT_US
    assert body.coding == "zstd"
    found = phases(body)
    for sent, got in zip(frames, found, strict=True):
        for one, other in zip(sent, got, strict=True):
            assert (one is None) == (other is None)
            if one is not None and other is not None:
                assert off(one, other) <= math.pi / 65536 + 1e-9


def test_without_gaps_there_is_no_mask() -> None:
    whole, gaps = read(json_body(frames=[[0, 1, 2]])), read(json_body(frames=[[0, None, 2]]))
    assert [message.frames.missing is None for message in decoded(whole) if message.frames] == [True]
    assert [message.frames.missing is None for message in decoded(gaps) if message.frames] == [False]


def test_the_rows_become_a_config() -> None:
    body = read(json_body(ids=None, ranges=[[4, 3]], strata=[[1, 3]]))
    assert body.config is not None
    assert body.config.document == {"ranges": [[4, 3]], "strata": [[1, 3]]}
    assert read(json_body(ids=None)).config is None


def test_the_same_body_becomes_the_same_bytes() -> None:
    assert read(json_body()).data == read(json_body()).data


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
def test_it_may_come_in_a_coding(coding: str) -> None:
    assert read(compress(coding, json_body()), coding) == read(json_body())


def text(**changes: str) -> bytes:
    """The body with values as they are written, JSON or not."""
    members = {name: json.dumps(value) for name, value in json_post().items()} | changes
    return ("{" + ",".join(f'"{name}": {value}' for name, value in members.items()) + "}").encode()


BIG = "1" + "0" * 400
NO_PHASE = "not a finite number of radians, or null"


@pytest.mark.parametrize(
    ("body", "status", "reason", "sentence"),
    [
        (b"", 400, "json", "the body is not JSON at character 0"),
        (b"{", 400, "json", "the body is not JSON at character 1"),
        (b"\xff{}", 400, "json", "the body is not JSON"),
        (json_body().decode().encode("utf-16"), 400, "json", "the body is not JSON"),
        (b"[]", 400, "json", "the body is not a JSON object"),
        (b"[" * 100_000, 400, "json", "the body is not JSON"),
        (b'{"a":' * 50_000, 400, "json", "the body is not JSON"),
        (text(epoch="9" * 5000), 400, "json", "the body is not JSON"),
        (b'{"epoch": 1, "epoch": 2}', 400, "json", "a key is there twice"),
        (json_body(frame=[]), 400, "json", "there is no key 'frame'"),
        (json_body(**{"\ud800" * 99: 1}), 400, "json", "there is no key '\\ud800\\ud800"),
        (json_body(dt_us=None), 400, "json", "dt_us is missing"),
        (json_body(frames=None), 400, "json", "frames is missing"),
        (json_body(epoch=1 << 32), 400, "json", "epoch is 4294967296, not a whole number from 0 to 4294967295"),
        (json_body(epoch=True), 400, "json", "epoch is True, not a whole number from 0 to 4294967295"),
        (json_body(epoch=1.0), 400, "json", "epoch is 1.0, not a whole number from 0 to 4294967295"),
        (text(epoch="NaN"), 400, "json", "epoch is NaN, not a whole number from 0 to 4294967295"),
        (json_body(first_seq=-1), 400, "json", "first_seq is -1, not a whole number from 0 to 4294967295"),
        (json_body(first_seq=(1 << 32) - 1), 400, "json", "3 frames from 4294967295 on go beyond the number"),
        (json_body(t0_us=1 << 53), 400, "json", f"t0_us is {1 << 53}, not a whole number from 0 to {(1 << 53) - 1}"),
        (json_body(t0_us=(1 << 53) - 1), 400, "field", "the frames lie outside the years 1970 to 2255"),
        (json_body(dt_us=0), 400, "json", "dt_us is 0, not a whole number from 1 to 4294967295"),
        (json_body(frames=[]), 400, "json", "frames is not a list with a frame in it"),
        (json_body(frames="x"), 400, "json", "frames is not a list with a frame in it"),
        (json_body(frames=[[]]), 400, "json", "frames[0] is [], not a list with a phase in it"),
        (json_body(frames=[[1, 2, 3], 4]), 400, "json", "frames[1] is 4, not a list with a phase in it"),
        (json_body(frames=[[1, 2, 3], [1, 2]]), 400, "json", "frames[1] has 2 phases, frames[0] has 3"),
        (json_body(frames=[[1, 2, 3], [1, "2", 3]]), 400, "phase", f"frames[1][1] is '2', {NO_PHASE}"),
        (json_body(frames=[[1, 2, False]]), 400, "phase", f"frames[0][2] is False, {NO_PHASE}"),
        (json_body(frames=[[[1], 2, 3]]), 400, "phase", f"frames[0][0] is [1], {NO_PHASE}"),
        (text(frames="[[1,2,3],[1,NaN,3]]"), 400, "phase", f"frames[1][1] is NaN, {NO_PHASE}"),
        (text(frames="[[1,2,Infinity]]"), 400, "phase", f"frames[0][2] is Infinity, {NO_PHASE}"),
        (text(frames="[[-Infinity,2,3]]"), 400, "phase", f"frames[0][0] is -Infinity, {NO_PHASE}"),
        (text(frames="[[1,2,3],[1,null,1e999]]"), 400, "phase", f"frames[1][2] is inf, {NO_PHASE}"),
        (text(frames=f"[[1,2,{BIG}]]"), 400, "phase", "frames[0][2] is 1000000000"),
        (json_body(frames=[[1]] * (LIMITS.frames + 1)), 413, "too-large", f"{LIMITS.frames + 1} frames in one body"),
        (json_body(ids=[1, 2]), 400, "count", f"the frames have 3 rows, epoch {EPOCH} has 2"),
        (json_body(ids=[1, 2, 2]), 400, "rows", "the id 2 is there twice"),
        (text(ids="[1, NaN, 3]"), 400, "rows", "ids[1] is NaN, not a whole number"),
        (json_body(ids=None, strata=[[0, 3]]), 400, "rows", "rows are named by ids or by ranges, one of them"),
        (json_body(ranges=[[0, 3]]), 400, "rows", "rows are named by ids or by ranges, one of them"),
        (b" " * (MOST_BYTES + 1), 413, "too-large", f"{MOST_BYTES + 1} bytes are more than {MOST_BYTES}"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)  # fmt: skip
def test_each_fault_has_its_sentence(body: bytes, status: int, reason: str, sentence: str) -> None:
    found = refused(body)
    assert found[:2] == (status, reason)
    assert found[2].startswith(sentence)
    assert len(found[2]) < 200


def test_ids_that_fill_more_than_a_config() -> None:
    """A JSON body may be larger than the CONFIG that is made of it: said, and not stored unreadable."""
    rows = 150_000
    ids = list(range(10**8, 10**8 + rows))
    status, reason, sentence = refused(json_body(ids=ids, frames=[[0] * rows]))
    assert (status, reason) == (413, "too-large")
    assert "a CONFIG of" in sentence


def test_a_large_body_is_taken() -> None:
    numbers = np.random.default_rng(3)
    frames: Any = numbers.uniform(0, 6.28, (40, 4096)).round(3).tolist()
    body = read(json_body(ids=None, ranges=[[0, 4096]], frames=frames))
    assert (body.rows, body.frames) == (4096, 40)
