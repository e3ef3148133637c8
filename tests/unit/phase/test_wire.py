"""The header byte by byte, and every refusal that the golden vectors list."""

import json
import struct
import zlib
from dataclasses import replace
from typing import Any

import pytest

from kaizen.phase.decode import decode
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.schema import Version
from kaizen.phase.wire import HAS_MASK, HAS_R, HEADER_BYTES, SAMPLED, Header, Kind, Limits, read_header
from tests.vectors.phf1.generate import FOLDER, with_fields

HEADER = Header(
    kind=Kind.DELTA,
    flags=HAS_R | HAS_MASK | SAMPLED,
    bits=16,
    predictor=19,
    epoch=0x01020304,
    seq=0x11121316,
    base_seq=0x11121314,
    n_rows=10,
    n_frames=2,
    t0_us=0x0001020304050607,
    dt_us=0x21222324,
    payload_len=2 * 10 * 3 + 2 * 2,
    state_crc=0x41424344,
    version=Version(1, 4, 0x0207),
)
# As the table in docs/phase-format.md has it.
BYTES = bytes.fromhex(
    "50484631 01 04 0702 01 07 10 13 04030201 16131211 14131211 0a000000 02000000"
    "0706050403020100 24232221 40000000 44434241"
)


def test_the_layout_is_that_of_the_document() -> None:
    assert HEADER.pack() == BYTES + struct.pack("<I", zlib.crc32(BYTES))
    assert len(HEADER.pack()) == HEADER_BYTES


def test_a_header_reads_as_it_was_written() -> None:
    assert read_header(HEADER.pack() + bytes(HEADER.payload_len)) == HEADER


def test_sizes_follow_from_the_fields() -> None:
    assert (HEADER.residual_bytes, HEADER.resultant_bytes, HEADER.mask_bytes) == (40, 20, 4)
    assert HEADER.first_seq == 0x11121315
    assert HEADER.message_bytes == 56 + 64


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": 1 << 32},
        {"epoch": -1},
        {"seq": 1 << 32, "base_seq": (1 << 32) - 2},
        {"bits": 10},
        {"n_frames": 0, "payload_len": 0},
        {"t0_us": -1},
        {"flags": 128},
        {"payload_len": 65},
    ],
)
def test_what_no_reader_takes_is_not_written(changes: dict[str, Any]) -> None:
    with pytest.raises(PhaseFormatError) as caught:
        replace(HEADER, **changes).pack()
    assert caught.value.reason in (Reason.FIELD, Reason.LENGTH)


CASES = json.loads((FOLDER / "refused.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_refusals(case: dict[str, str]) -> None:
    with pytest.raises(PhaseFormatError) as caught:
        decode(bytes.fromhex(case["body"]))
    assert caught.value.reason == case["reason"]
    assert str(caught.value)


def test_every_reason_of_the_format_is_listed() -> None:
    assert {case["reason"] for case in CASES} == {reason.value for reason in Reason} - {"version", "coding"}


@pytest.mark.parametrize(
    "limits", [Limits(rows=9), Limits(frames=1), Limits(cells=19)], ids=["rows", "frames", "cells"]
)
def test_a_reader_may_take_less(limits: Limits) -> None:
    data = HEADER.pack() + bytes(HEADER.payload_len)
    assert read_header(data, Limits(rows=10, frames=2, cells=20)) == HEADER
    with pytest.raises(PhaseFormatError) as caught:
        read_header(data, limits)
    assert caught.value.reason is Reason.TOO_LARGE


def test_the_order_of_checks_is_magic_major_checksum_fields() -> None:
    """Damage counts as another format or major only if it looks like one, and no field of it is believed."""
    data = HEADER.pack()
    assert reason_of(with_fields(data, magic=b"GIF8", major=9, bits=3)) is Reason.MAGIC
    assert reason_of(with_fields(data, major=9, bits=3)) is Reason.MAJOR
    broken = bytearray(with_fields(data, bits=3))
    broken[52] ^= 1
    assert reason_of(bytes(broken)) is Reason.HEADER_CRC
    assert reason_of(with_fields(data, bits=3)) is Reason.FIELD


def reason_of(data: bytes) -> Reason:
    with pytest.raises(PhaseFormatError) as caught:
        read_header(data)
    return caught.value.reason
