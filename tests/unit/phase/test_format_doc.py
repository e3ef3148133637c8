"""docs/phase-format.md against the code: its tables, its definition of prediction, and its example byte by byte."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase import wire
from kaizen.phase.coding import CODINGS
from kaizen.phase.decode import Message, decode, decode_all
from kaizen.phase.encode import delta, keyframe
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Place
from kaizen.phase.predict import CANDIDATES, is_predictor, residuals
from kaizen.phase.quantise import BITS, bam_type
from tests.unit.phase import test_codec_fuzz, test_codec_fuzz_js
from tests.unit.phase.bodies import PREDICTORS, shown
from tests.unit.phase.test_decode_js import decode_in_node
from tests.vectors.phf1.generate import FIELDS

PAGE = (Path(__file__).parents[3] / "docs" / "phase-format.md").read_text(encoding="utf-8")


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def table(head: str) -> Iterator[list[str]]:
    """The rows of the table whose head starts so."""
    lines = PAGE[PAGE.index(f"\n| {head} |") + 1 :].splitlines()[2:]
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def numbers(cell: str) -> list[int]:
    """Of `1, 2` both, of `17 to 24` all between as well."""
    first, to, last = cell.partition(" to ")
    return list(range(int(first), int(last) + 1)) if to else [int(each) for each in cell.split(", ")]


# The example: each line has an offset, bytes, and what they are.


def lines(block: str) -> list[tuple[int, bytes, str]]:
    found = re.findall(r"^ *(\d+)  ((?:[0-9a-f]{2} )+) *(.+)$", block, re.MULTILINE)
    assert len(found) == len(block.splitlines())
    return [(int(offset), bytes.fromhex(digits), meaning) for offset, digits, meaning in found]


def example() -> list[bytes]:
    return [b"".join(data for _, data, _ in lines(block)) for block in fenced("hex")]


@pytest.mark.parametrize("block", fenced("hex"))
def test_the_offsets_of_the_example_are_those_of_its_bytes(block: str) -> None:
    at = 0
    for offset, data, _ in lines(block):
        assert offset == at
        at += len(data)


def test_the_example_decodes_to_what_the_page_says() -> None:
    """In both decoders."""
    results = [shown(message) for message in decoded()]
    assert [message["kind"] for message in results] == ["FULL", "DELTA"]
    assert [message["resultant"] for message in results] == [[[255, 128, 0]], [[254, 128, 1], [254, 127, 1]]]
    assert [message["missing"] for message in results] == [[[0, 0, 0]], [[0, 0, 0], [0, 0, 1]]]
    said = [[int(value) for value in re.findall(r"\d+", text)] for text in re.findall(r"last ([\d, ]+);", PAGE)]
    assert results[0]["angles"] == said == [[0, 65000, 32768]]
    computed = [[int(cell.split(" = ")[1].split(",")[0]) for cell in row[2:]] for row in table("row | residuals")]
    assert [list(row) for row in zip(*results[1]["angles"], strict=True)] == computed
    assert decode_in_node([b"".join(example())]) == [{"messages": results}]


def test_the_sums_of_the_example_are_right() -> None:
    for _, residual_cell, *cells in table("row | residuals"):
        for residual, cell in zip(residual_cell.split(", "), cells, strict=True):
            terms, total = cell.replace("−", "-").split(" = ")
            parts = [int(part) for part in re.findall(r"-?\d+", terms.replace(" ", ""))]
            assert sum(parts) == int(total.split(",")[0])
            assert parts[-1] == int(residual.replace("−", "-"))


def test_the_example_is_what_the_encoder_writes() -> None:
    first, second = decoded()
    assert first.frames is not None
    assert second.frames is not None
    start = keyframe(first.frames, place(first), 16, 2)
    assert [start.data, delta(second.frames, place(second), start.baseline, time_major=True).data] == example()


def decoded() -> list[Message]:
    return list(decode_all(b"".join(example())))


def place(message: Message) -> Place:
    header = message.header
    return Place(header.epoch, header.seq, header.t0_us, header.dt_us, sampled=True)


@pytest.mark.parametrize(("block", "message"), list(zip(fenced("hex"), example(), strict=True)), ids=["FULL", "DELTA"])
def test_the_notes_of_the_example_are_right(block: str, message: bytes) -> None:
    notes = {offset: meaning for offset, _, meaning in lines(block)}
    header = wire.read_header(message)
    assert notes[8] == header.kind.name
    named = dict(re.findall(r"(\w+) (\d+)", notes[9]))
    assert sum(int(value) for value in named.values()) == header.flags
    assert named == {name: value for name, value in flag_names().items() if int(value) & header.flags}
    for offset, number in ((10, header.bits), (12, header.epoch), (16, header.seq), (24, header.n_rows)):
        assert str(number) in notes[offset]
    assert notes[28].startswith(f"{header.n_frames} frame")
    assert f"{header.dt_us:,}" in notes[40]
    assert f"{header.payload_len} bytes" in notes[44]


def test_the_checksum_of_the_example_covers_what_the_page_says() -> None:
    note = next(meaning for offset, _, meaning in lines(fenced("hex")[0]) if offset == 48)
    covered = bytes.fromhex(re.sub("[, ]", "", note.split(" of ")[1].split(":")[0]))
    assert zlib.crc32(covered) == struct.unpack_from("<I", example()[0], 48)[0]


# The tables.


def flag_names() -> dict[str, str]:
    return {name.strip("`"): flag for flag, name, *_ in table("`flags`") if name}


def test_the_header_is_as_in_the_table() -> None:
    at = 0
    for offset, size, field, _ in table("offset | size | field"):
        assert int(offset) == at
        at += int(size)
        name = field.strip("`")
        if name in FIELDS:
            assert (int(offset), int(size)) == (FIELDS[name][0], struct.calcsize(FIELDS[name][1]))
    assert at == wire.HEADER_BYTES
    assert {field.strip("`") for _, _, field, _ in table("offset | size | field")} >= set(FIELDS)


def test_the_kinds_flags_and_predictors_are_those_of_the_code() -> None:
    assert {name: int(kind) for kind, name, _ in table("`kind`")} == {kind.name: kind.value for kind in wire.Kind}
    assert flag_names() == {
        "has_R": str(wire.HAS_R),
        "has_mask": str(wire.HAS_MASK),
        "sampled": str(wire.SAMPLED),
        "time_major": str(wire.TIME_MAJOR),
        "keyframe": str(wire.KEYFRAME),
    }
    assert sum(sum(numbers(flag)) for flag, *_ in table("`flags`")) == 0xFF
    codes = [code for cell, *_ in table("`predictor`") for code in numbers(cell)]
    assert codes == [code for code in range(256) if is_predictor(code)] == list(PREDICTORS)
    assert ", ".join(map(str, CANDIDATES[:-1])) + f" and {CANDIDATES[-1]}" in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    limits = {what: int(limit.replace(",", "")) for what, limit in table("what | limit")}
    known = wire.LIMITS
    assert limits == {
        "rows": known.rows,
        "frames": known.frames,
        "cells": known.cells,
        "bytes of a CONFIG": known.config_bytes,
    }
    assert f"at most {test_codec_fuzz.PER_BYTE} bytes per byte" in PAGE
    assert test_codec_fuzz_js.PER_BYTE <= test_codec_fuzz.PER_BYTE
    assert f"{test_codec_fuzz.CONFIG_PER_BYTE} of a CONFIG" in PAGE


def test_the_reasons_are_those_of_the_code() -> None:
    assert {reason.strip("`") for reason, _ in table("reason")} == {reason.value for reason in Reason} - {"version"}


def test_the_codings_and_the_media_type_are_those_of_the_code() -> None:
    *most, last = (f"`{coding}`" for coding in CODINGS)
    assert f"{', '.join(most)} or {last}" in PAGE
    assert f"`Content-Type: {wire.MEDIA_TYPE}`" in PAGE


# The definition of prediction, run as it stands on the page.


def restore() -> Callable[..., tuple[list[int], tuple[int, int, int]]]:
    (source,) = fenced("python")
    names: dict[str, Any] = {}
    exec(source, names)  # the page's own code, from this repository
    function: Callable[..., tuple[list[int], tuple[int, int, int]]] = names["restore"]
    return function


RESTORE = restore()


@given(
    st.sampled_from(BITS),
    st.sampled_from(PREDICTORS),
    st.booleans(),
    st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=12),
    st.integers(1, 12),
)
def test_prediction_is_as_defined(bits: int, predictor: int, whole: bool, row: list[int], cut: int) -> None:
    """In two messages: the first ends after `cut` frames, the second starts from the state there."""
    angles = (np.array(row)[:, None] % (1 << bits)).astype(bam_type(bits))
    first, past = residuals(angles[:cut], bits, predictor, None, whole=whole)
    whole = whole or predictor == 0
    got, (last, step, v) = RESTORE(first[:, 0].tolist(), bits, predictor, whole)
    assert got == angles[:cut, 0].tolist()
    assert (last, step % (1 << bits), v) == (past.last[0], past.step[0], past.rate[0])
    if cut < len(row):
        second, _ = residuals(angles[cut:], bits, predictor, past, whole=whole)
        assert RESTORE(second[:, 0].tolist(), bits, predictor, whole, last, step, v)[0] == angles[cut:, 0].tolist()


def test_a_message_of_the_example_alone_is_refused() -> None:
    """The second builds on the first, as the page says."""
    with pytest.raises(PhaseFormatError) as caught:
        decode(example()[1])
    assert caught.value.reason is Reason.BASELINE
