"""Random bodies of PHF1 messages, and messages as plain data, for the tests of both decoders."""

import random
from typing import Any

import numpy as np

from kaizen.phase.decode import Message
from kaizen.phase.encode import chunk, delta, full, keyframe
from kaizen.phase.frames import Baseline, Frames, Place
from kaizen.phase.predict import DELTA, LEAKY, LINEAR, NONE
from kaizen.phase.quantise import BITS, bam_type
from kaizen.phase.wire import SAMPLED

PREDICTORS = (NONE, DELTA, LINEAR, *(LEAKY + shift for shift in range(1, 9)))


def random_frames(
    source: random.Random, count: int, rows: int, bits: int, has_resultant: bool, has_mask: bool
) -> Frames:
    numbers = np.random.default_rng(source.randrange(1 << 32))
    shape = (count, rows)
    spread = source.choice((1, 5, 1 << bits))  # still, slow and wild rows
    angles = np.cumsum(numbers.integers(0, spread, shape), axis=0) % (1 << bits)
    return Frames(
        angles.astype(bam_type(bits)),
        numbers.integers(0, 256, shape, dtype=np.uint8) if has_resultant else None,
        numbers.random(shape) < 0.2 if has_mask else None,
    )


def random_body(source: random.Random, rows: int | None = None) -> bytes:
    """A chunk, or a live stream of a keyframe and up to five messages after it."""
    bits, predictor = source.choice(BITS), source.choice(PREDICTORS)
    n_rows = rows or source.randrange(1, 20)
    has_resultant, has_mask = source.random() < 0.3, source.random() < 0.3
    seq, epoch = source.randrange(20, 1000), source.randrange(1 << 32)
    baseline: Baseline | None = None
    body = b""
    for _ in range(source.randrange(1, 7)):
        count = source.choice((1, 1, 2, 5))
        seq += count
        frames = random_frames(source, count, n_rows, bits, has_resultant, has_mask)
        place = Place(epoch, seq, t0_us=seq * 1000, dt_us=1000, sampled=source.random() < 0.5)
        if baseline is None:
            if source.random() < 0.3:
                return chunk(frames, place, bits, predictor)
            encoded = keyframe(frames, place, bits, predictor, time_major=source.random() < 0.5)
        elif source.random() < 0.7:
            encoded = delta(frames, place, baseline, time_major=source.random() < 0.5)
        else:
            encoded = full(frames, place, baseline, time_major=source.random() < 0.5)
        body += encoded.data
        baseline = encoded.baseline
    return body


def shown(message: Message) -> dict[str, Any]:
    """A message as the golden vectors show it."""
    header, frames = message.header, message.frames
    content = {
        "kind": header.kind.name,
        "version": str(header.version),
        "epoch": header.epoch,
        "seq": header.seq,
        "base_seq": header.base_seq,
        "bits": header.bits,
        "predictor": header.predictor,
        "n_rows": header.n_rows,
        "n_frames": header.n_frames,
        "t0_us": header.t0_us,
        "dt_us": header.dt_us,
        "sampled": bool(header.flags & SAMPLED),
        "angles": [] if frames is None else frames.angles.tolist(),
        "resultant": None if frames is None or frames.resultant is None else frames.resultant.tolist(),
        "missing": None if frames is None or frames.missing is None else frames.missing.astype(int).tolist(),
    }
    return content if message.document is None else content | {"document": message.document}
