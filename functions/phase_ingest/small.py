"""Frames as JSON, for small clients, to PHF1. Pure.

    {"epoch": 7, "first_seq": 0, "t0_us": 1740000000000000, "dt_us": 100000,
     "ranges": [[0, 3]], "strata": [[0, 2], [1, 1]],
     "frames": [[0.1, 3.2, null], [0.2, 3.3, 6.1]]}

Phases are radians of any range, null where one is missing. Rows are named by `ranges` or `ids`, with the first post of
an epoch at least.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaizen.phase.encode import config, delta, keyframe
from kaizen.phase.frames import Frames, Place
from kaizen.phase.predict import choose_predictor
from kaizen.phase.quantise import to_bam_with_gaps
from kaizen.phase.wire import LIMITS
from phase_ingest.faults import RefusedError, shown
from phase_ingest.rowset import count_rows

# A list or object of two bytes takes thirty times as many in memory.
MOST_BYTES = 16 << 20
BITS = 16

_U32 = (1 << 32) - 1
_LAST_US = (1 << 53) - 1
_NUMBERS = {"epoch": (0, _U32), "first_seq": (0, _U32), "t0_us": (0, _LAST_US), "dt_us": (1, _U32)}
_ROWS = ("ids", "ranges", "strata")
_PHASES = {int, float, type(None)}


@dataclass(frozen=True, slots=True)
class _NoNumber:
    """NaN, Infinity or -Infinity where JSON has none; kept, so that the refusal can say where it is."""

    name: str

    def __repr__(self) -> str:
        return self.name


def to_phf1(text: bytes) -> bytes:
    """A CONFIG if rows are named, and the frames: a keyframe and a delta.

    Raises RefusedError 400, or 413 for too many frames or rows; PhaseFormatError for what PHF1 has no room for.
    """
    given = _parsed(text)
    epoch, first_seq, t0_us, dt_us = (_number(given, name, *span) for name, span in _NUMBERS.items())
    theta = _matrix(given["frames"])
    last_seq = first_seq + len(theta) - 1
    if last_seq > _U32:
        raise _fault(f"{len(theta)} frames from {first_seq} on go beyond the number {_U32}")
    document = {name: given[name] for name in _ROWS if name in given}
    place = Place(epoch, first_seq, t0_us, dt_us)
    described = config(document, place, BITS, count_rows(document)) if document else b""
    angles, missing = to_bam_with_gaps(theta, BITS)
    gaps = missing if missing.any() else None
    start = keyframe(_part(angles, gaps, slice(0, 1)), place, BITS, choose_predictor(angles, BITS))
    if len(theta) == 1:
        return described + start.data
    rest = Place(epoch, last_seq, t0_us + dt_us, dt_us)
    return described + start.data + delta(_part(angles, gaps, slice(1, None)), rest, start.baseline).data


def _part(angles: Any, gaps: Any, frames: slice) -> Frames:
    return Frames(angles[frames], missing=None if gaps is None else gaps[frames])


def _parsed(text: bytes) -> dict[str, Any]:
    """The object with all keys that it must have, and none that is not known."""
    try:
        given = json.loads(text.decode("utf-8"), parse_constant=_NoNumber, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:  # of UTF-8, of JSON, of numbers with too many digits, of nesting
        place = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise _fault(f"the body is not JSON{place}") from error
    if not isinstance(given, dict):
        raise _fault("the body is not a JSON object")
    must = {*_NUMBERS, "frames"}
    for name in given:
        if name not in must and name not in _ROWS:
            raise _fault(f"there is no key {shown(name)}")
    for name in sorted(must):
        if name not in given:
            raise _fault(f"{name} is missing")
    return given


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one that says something twice may mean either."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _fault("a key is there twice")
    return found


def _number(given: dict[str, Any], name: str, lowest: int, highest: int) -> int:
    value = given[name]
    if type(value) is not int or not lowest <= value <= highest:
        raise _fault(f"{name} is {shown(value)}, not a whole number from {lowest} to {highest}")
    return value


def _matrix(frames: Any) -> NDArray[np.float64]:
    """Radians [frames, rows], NaN where one is missing."""
    if not isinstance(frames, list) or not frames:
        raise _fault("frames is not a list with a frame in it")
    if len(frames) > LIMITS.frames:
        raise RefusedError(413, "too-large", f"{len(frames)} frames in one body are more than {LIMITS.frames}")
    for number, frame in enumerate(frames):
        if not isinstance(frame, list) or not frame:
            raise _fault(f"frames[{number}] is {shown(frame)}, not a list with a phase in it")
        if len(frame) != len(frames[0]):
            raise _fault(f"frames[{number}] has {len(frame)} phases, frames[0] has {len(frames[0])}")
    return np.stack([_radians(number, frame) for number, frame in enumerate(frames)])


def _radians(number: int, frame: list[Any]) -> NDArray[np.float64]:
    if not _PHASES.issuperset(map(type, frame)):
        index = next(index for index, phase in enumerate(frame) if type(phase) not in _PHASES)
        raise _no_phase(number, index, frame)
    try:
        theta = np.array(frame, np.float64)  # None becomes NaN
    except OverflowError as error:
        index = next(index for index, phase in enumerate(frame) if type(phase) is int and abs(phase) > float_info.max)
        raise _no_phase(number, index, frame) from error
    if np.isinf(theta).any():  # written as a number, such as 1e999
        raise _no_phase(number, int(np.isinf(theta).argmax()), frame)
    return theta


def _no_phase(number: int, index: int, frame: list[Any]) -> RefusedError:
    return RefusedError(
        400, "phase", f"frames[{number}][{index}] is {shown(frame[index])}, not a finite number of radians, or null"
    )


def _fault(sentence: str) -> RefusedError:
    return RefusedError(400, "json", sentence)
