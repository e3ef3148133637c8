"""Frames of phases to PHF1 messages.

A live stream is a chain: `keyframe`, then `delta` or `full`, each made with the `Baseline` that the one before left.
The baseline depends on (epoch, seq) only, never on how the frames were cut into messages; so a server without memory
rebuilds it from the stored frames and gets what every client has. A `chunk` stands alone; a `config` describes the
epoch.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kaizen.phase.frames import Baseline, Frames, Place, state_crc
from kaizen.phase.planes import to_planes
from kaizen.phase.predict import DELTA, NONE, choose_predictor, residuals
from kaizen.phase.quantise import Words
from kaizen.phase.wire import HAS_MASK, HAS_R, KEYFRAME, SAMPLED, TIME_MAJOR, Header, Kind


@dataclass(frozen=True, slots=True)
class Encoded:
    """A message and the state after it."""

    data: bytes
    baseline: Baseline


def keyframe(frames: Frames, place: Place, bits: int, predictor: int, *, time_major: bool = False) -> Encoded:
    """A FULL message that needs no state; `predictor` holds until the next keyframe."""
    flags = TIME_MAJOR if time_major else 0
    return _encode(Kind.FULL, frames, place, bits, predictor, None, KEYFRAME | flags)


def full(frames: Frames, place: Place, baseline: Baseline, *, time_major: bool = False) -> Encoded:
    """The frames after `baseline`, whole: for when that is not larger than a delta.

    `time_major` lays a batch of frames row by row; which way compresses better depends on how fast the rows turn.
    """
    flags = TIME_MAJOR if time_major else 0
    return _encode(Kind.FULL, frames, place, baseline.bits, baseline.predictor, baseline, flags)


def delta(frames: Frames, place: Place, baseline: Baseline, *, time_major: bool = False) -> Encoded:
    """The frames after `baseline`, as what they differ from their prediction.

    `time_major` lays a batch of frames row by row, which compresses better.
    """
    flags = TIME_MAJOR if time_major else 0
    return _encode(Kind.DELTA, frames, place, baseline.bits, baseline.predictor, baseline, flags)


def chunk(frames: Frames, place: Place, bits: int, predictor: int | None = None) -> bytes:
    """A stretch of history, complete in itself, row by row with time running fastest.

    Without a predictor the best one for these frames is taken.
    """
    frames.check(bits)
    chosen = choose_predictor(frames.angles, bits) if predictor is None else predictor
    return _encode(Kind.CHUNK, frames, place, bits, chosen, None, KEYFRAME | TIME_MAJOR).data


def config(document: Mapping[str, Any], place: Place, bits: int, n_rows: int) -> bytes:
    """A JSON object about the epoch, such as its row ids, strata, seed and quantiser. Raises ValueError for NaN."""
    payload = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    header = Header(
        kind=Kind.CONFIG,
        flags=SAMPLED if place.sampled else 0,
        bits=bits,
        predictor=NONE,
        epoch=place.epoch,
        seq=place.seq,
        base_seq=place.seq,
        n_rows=n_rows,
        n_frames=0,
        t0_us=place.t0_us,
        dt_us=place.dt_us,
        payload_len=len(payload),
        state_crc=zlib.crc32(payload),
        version=place.version,
    )
    return header.pack() + payload


def _encode(
    kind: Kind, frames: Frames, place: Place, bits: int, predictor: int, base: Baseline | None, flags: int
) -> Encoded:
    """Raises ValueError for arrays that do not fit, PhaseFormatError for fields that no reader would take."""
    frames.check(bits)
    n_frames, n_rows = frames.angles.shape
    has_resultant, has_mask = frames.resultant is not None, frames.missing is not None
    if base is not None:
        base.check_next(place.epoch, place.seq - n_frames, bits, predictor, n_rows)
        base.check_planes(has_resultant, has_mask)
    whole = kind is Kind.FULL
    left, angles_after = residuals(frames.angles, bits, predictor, base.angles if base else None, whole=whole)
    payload = to_planes(_laid_out(left, flags), bits)
    resultant_after = None
    if frames.resultant is not None:
        past = base.resultant if base else None
        left, resultant_after = residuals(frames.resultant, 8, DELTA, past, whole=whole or predictor == NONE)
        payload += to_planes(_laid_out(left, flags), 8)
        flags |= HAS_R
    mask = b""
    if frames.missing is not None:
        mask = np.packbits(frames.missing, axis=1, bitorder="little").tobytes()
        payload += mask
        flags |= HAS_MASK
    header = Header(
        kind=kind,
        flags=flags | SAMPLED if place.sampled else flags,
        bits=bits,
        predictor=predictor,
        epoch=place.epoch,
        seq=place.seq,
        base_seq=place.seq - n_frames if kind is Kind.DELTA else place.seq,
        n_rows=n_rows,
        n_frames=n_frames,
        t0_us=place.t0_us,
        dt_us=place.dt_us,
        payload_len=len(payload),
        state_crc=state_crc(frames.angles, frames.resultant, mask),
        version=place.version,
    )
    after = Baseline(place.epoch, place.seq, bits, predictor, angles_after, resultant_after, has_mask)
    return Encoded(header.pack() + payload, after)


def _laid_out(cells: Words, flags: int) -> Words:
    """Cells [frames, rows] in the order in which they travel."""
    return np.ascontiguousarray(cells.T) if flags & TIME_MAJOR else cells
