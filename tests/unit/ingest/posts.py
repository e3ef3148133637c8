"""Bodies as producers post them."""

import json
from typing import Any

import numpy as np

from kaizen.phase.encode import Encoded, config, delta, full, keyframe
from kaizen.phase.frames import Frames, Place
from kaizen.phase.quantise import bam_type
from kaizen.phase.streams import Epoch, Segment, Stream
from kaizen.phase.wire import MEDIA_TYPE as MEDIA_TYPE

EPOCH = 1_773_000_000
T0_US, DT_US = 1_773_000_000_000_000, 100_000  # eleven days before tests.factories.NOW
ROWS = 5
DOCUMENT: dict[str, Any] = {"ranges": [[10, 3], [0, 2]], "strata": [[0, 3], [1, 2]], "name": "ours"}


def frames_of(count: int, rows: int = ROWS, bits: int = 16, with_mask: bool = False, seed: int = 1) -> Frames:
    numbers = np.random.default_rng(seed)
    steps = numbers.integers(0, 9, (count, rows))
    angles = (np.cumsum(steps, axis=0) % (1 << bits)).astype(bam_type(bits))
    return Frames(angles, missing=numbers.random((count, rows)) < 0.3 if with_mask else None)


def config_message(document: Any = None, epoch: int = EPOCH, rows: int = ROWS) -> bytes:
    return config(DOCUMENT if document is None else document, Place(epoch, 0, T0_US, DT_US), 16, rows)


def place(first_seq: int, count: int, epoch: int = EPOCH, dt_us: int = DT_US, late_us: int = 0) -> Place:
    return Place(epoch, first_seq + count - 1, T0_US + first_seq * dt_us + late_us, dt_us)


def start(first_seq: int = 0, count: int = 1, epoch: int = EPOCH, bits: int = 16, **given: Any) -> Encoded:
    """A keyframe and `count` - 1 frames with it."""
    return keyframe(frames_of(count, bits=bits, **given), place(first_seq, count, epoch), bits, 2)


def messages_of(
    first_seq: int = 0,
    epoch: int = EPOCH,
    bits: int = 16,
    rows: int = ROWS,
    with_mask: bool = False,
    with_config: bool | None = None,
) -> bytes:
    """A keyframe, a delta of three frames and a full one; in front of them the CONFIG if they are the epoch's first."""
    frames = frames_of(5, rows, bits, with_mask, seed=first_seq)

    def part(start: int, stop: int) -> Frames:
        return Frames(frames.angles[start:stop], missing=frames.missing[start:stop] if with_mask else None)  # type: ignore[index]

    one = keyframe(part(0, 1), place(first_seq, 1, epoch), bits, 2)
    two = delta(part(1, 4), place(first_seq + 1, 3, epoch), one.baseline, time_major=True)
    three = full(part(4, 5), place(first_seq + 4, 1, epoch), two.baseline)
    document = DOCUMENT if rows == ROWS else {"ranges": [[0, rows]]}
    described = with_config if with_config is not None else first_seq == 0
    front = config_message(document, epoch, rows) if described else b""
    return front + one.data + two.data + three.data


def json_post(**changes: Any) -> dict[str, Any]:
    """A small client's body; a key that changes to None is left out."""
    given: dict[str, Any] = {
        "epoch": EPOCH,
        "first_seq": 0,
        "t0_us": T0_US,
        "dt_us": DT_US,
        "ids": [5, 1, 9],
        "frames": [[0.0, 1.5, -1.0], [0.1, None, 7.0], [0.2, 1.7, 1e6]],
    }
    return {name: value for name, value in (given | changes).items() if value is not None}


def json_body(**changes: Any) -> bytes:
    return json.dumps(json_post(**changes)).encode()


def stream_in(epoch: int, dt_us: int = DT_US) -> Stream:
    """A stream whose frames 0 to 9 of that epoch were in the first second of 1970."""
    current = Epoch(epoch, 0, 9, 0, dt_us, 4, 4, "all", 16, 6, 4, 256)
    return Stream("kuramoto", 1, current, 64, 9 * dt_us, (Segment(0, 9, 0),), ())
