"""PHF1 messages to frames of phases: what comes out is what the sender put in, or a PhaseFormatError."""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Baseline, Frames, state_crc
from kaizen.phase.planes import from_planes
from kaizen.phase.predict import DELTA, NONE, restore
from kaizen.phase.quantise import Words
from kaizen.phase.wire import (
    HAS_MASK,
    HAS_R,
    HEADER_BYTES,
    KEYFRAME,
    LIMITS,
    TIME_MAJOR,
    Header,
    Kind,
    Limits,
    mask_stride,
    read_header,
)


@dataclass(frozen=True, slots=True)
class Message:
    """A decoded message: `frames` and the `baseline` after them, or for a CONFIG its `document`.

    The baseline of a CHUNK is None: history is no live stream.
    """

    header: Header
    frames: Frames | None = None
    baseline: Baseline | None = None
    document: Mapping[str, Any] | None = None


def decode(data: bytes | memoryview, baseline: Baseline | None = None, limits: Limits = LIMITS) -> Message:
    """One message, and nothing after it.

    Raises PhaseFormatError. Allocates a few bytes per byte of `data`, whatever the header says; for a CONFIG a few
    dozen, hence its own limit.
    """
    header = read_header(data, limits)
    if len(data) > header.message_bytes:
        raise PhaseFormatError(Reason.TRAILING, f"{len(data) - header.message_bytes} bytes follow the message")
    return _decode(header, memoryview(data)[HEADER_BYTES:], baseline)


def decode_all(
    data: bytes | memoryview, baseline: Baseline | None = None, limits: Limits = LIMITS
) -> Iterator[Message]:
    """The messages of a body, one by one, each on top of the one before. Raises PhaseFormatError where one is bad."""
    view = memoryview(data)
    while view:
        header = read_header(view, limits)
        message = _decode(header, view[HEADER_BYTES : header.message_bytes], baseline)
        baseline = message.baseline or baseline
        yield message
        view = view[header.message_bytes :]


def _decode(header: Header, payload: memoryview, base: Baseline | None) -> Message:
    if header.kind is Kind.CONFIG:
        return Message(header, document=_read_document(header, payload))
    base = None if header.flags & KEYFRAME else _fitting(header, base)
    whole = header.kind is Kind.FULL
    end = header.residual_bytes
    left = _laid_in(from_planes(payload[:end], header.bits), header)
    angles, angles_after = restore(left, header.bits, header.predictor, base.angles if base else None, whole=whole)
    resultant, resultant_after = None, None
    if header.flags & HAS_R:
        left = _laid_in(from_planes(payload[end : end + header.resultant_bytes], 8), header)
        past = base.resultant if base else None
        lengths, resultant_after = restore(left, 8, DELTA, past, whole=whole or header.predictor == NONE)
        resultant = lengths.astype(np.uint8, copy=False)
    mask = payload[end + header.resultant_bytes : header.frame_payload_bytes]
    missing = _read_mask(mask, header) if header.flags & HAS_MASK else None
    if state_crc(angles, resultant, mask) != header.state_crc:
        raise PhaseFormatError(Reason.STATE_CRC, "the decoded frames are not those that were sent")
    frames = Frames(angles, resultant, missing)
    if header.kind is Kind.CHUNK:
        return Message(header, frames)
    after = Baseline(
        header.epoch, header.seq, header.bits, header.predictor, angles_after, resultant_after, missing is not None
    )
    return Message(header, frames, after)


def _fitting(header: Header, base: Baseline | None) -> Baseline:
    """The state that the frames build on. Raises PhaseFormatError(baseline) if it is not this one."""
    if base is None:
        raise PhaseFormatError(Reason.BASELINE, f"frame {header.first_seq} builds on a state, and there is none")
    base.check_next(header.epoch, header.first_seq - 1, header.bits, header.predictor, header.n_rows)
    base.check_planes(bool(header.flags & HAS_R), bool(header.flags & HAS_MASK))
    return base


def _laid_in(cells: Words, header: Header) -> Words:
    """Cells in the order in which they travelled as [frames, rows]."""
    if header.flags & TIME_MAJOR:
        return np.ascontiguousarray(cells.reshape(header.n_rows, header.n_frames).T)
    return cells.reshape(header.n_frames, header.n_rows)


def _read_mask(mask: memoryview, header: Header) -> NDArray[np.bool_]:
    packed = np.frombuffer(mask, np.uint8).reshape(header.n_frames, mask_stride(header.n_rows))
    if header.n_rows % 8 and (packed[:, -1] >> (header.n_rows % 8)).any():
        raise PhaseFormatError(Reason.PAYLOAD, "the mask marks rows that do not exist")
    return np.unpackbits(packed, axis=1, count=header.n_rows, bitorder="little").view(np.bool_)


def _read_document(header: Header, payload: memoryview) -> Mapping[str, Any]:
    if zlib.crc32(payload) != header.state_crc:
        raise PhaseFormatError(Reason.STATE_CRC, "the CONFIG is not the one that was sent")
    try:
        document = json.loads(bytes(payload).decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # of UTF-8, of JSON, of numbers with too many digits, of nesting
        raise PhaseFormatError(Reason.PAYLOAD, f"the CONFIG is not JSON: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise PhaseFormatError(Reason.PAYLOAD, "the CONFIG is not a JSON object")
    return document


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
