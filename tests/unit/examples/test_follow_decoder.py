"""The decoder of the Python example against ours: the same frames, and nothing taken that ours refuses for damage."""

import json
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from examples import follow
from kaizen.phase.decode import Message, decode_all
from kaizen.phase.encode import chunk
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Place
from tests.unit.phase.bodies import random_body
from tests.vectors.phf1.generate import FOLDER, frames_of, vectors, with_fields


def as_ours(messages: list[Message]) -> Any:
    """What `follow.decode` makes of a body, made of our messages."""
    documents = [dict(message.document) for message in messages if message.document is not None]
    return documents, list(_frames(messages))


def _frames(messages: list[Message]) -> Iterator[Any]:
    for message in messages:
        frames, header = message.frames, message.header
        if frames is not None:
            missing = np.zeros(frames.angles.shape, np.bool_) if frames.missing is None else frames.missing
            resultant = None if frames.resultant is None else frames.resultant.tolist()
            yield header.epoch, header.seq, header.bits, frames.angles.tolist(), resultant, missing.tolist()


def decoded(body: bytes) -> Any:
    documents, frames, _ = follow.decode(body, None)
    return documents, [
        (
            each.epoch,
            each.seq,
            each.bits,
            each.angles.tolist(),
            None if each.resultant is None else each.resultant.tolist(),
            each.missing.tolist(),
        )
        for each in frames
    ]


def test_golden_vectors() -> None:
    bodies = [path.read_bytes() for path in sorted(FOLDER.glob("*.phf"))]
    assert len(bodies) == len(list(vectors()))
    for body in bodies:
        assert decoded(body) == as_ours(list(decode_all(body)))


def test_random_bodies() -> None:
    source = random.Random(17)
    for _ in range(400):
        body = random_body(source)
        assert decoded(body) == as_ours(list(decode_all(body)))


def test_a_body_in_pieces() -> None:
    """Each message by itself, on top of the state that the one before left, as answer after answer brings them."""
    source = random.Random(18)
    for _ in range(50):
        body = random_body(source)
        whole, state, pieces = follow.decode(body, None)[1], None, []
        while body:
            header = follow.Header._make(follow.HEADER.unpack_from(body))
            end = follow.HEADER.size + header.length
            _, frames, state = follow.decode(body[:end], state)
            pieces += frames
            body = body[end:]
        assert [each.angles.tolist() for each in pieces] == [each.angles.tolist() for each in whole]


def test_a_chunk() -> None:
    frames = frames_of(257, 8, seed=3, with_resultant=True)
    body = chunk(frames, Place(epoch=1, seq=300, t0_us=0, dt_us=1), 8)
    assert decoded(body) == as_ours(list(decode_all(body)))


def test_refused_vectors_are_refused() -> None:
    """Damage for the same reason; what only a foe would write may be taken for what it says."""
    cases = json.loads((FOLDER / "refused.json").read_text(encoding="utf-8"))
    damage = {"truncated", "magic", "major", "header-crc", "state-crc", "baseline"}
    seen = set()
    for case in cases:
        body = bytes.fromhex(case["body"])
        if case["reason"] in damage:
            with pytest.raises(follow.FormatError) as caught:
                follow.decode(body, None)
            assert caught.value.reason == case["reason"], case["name"]
            seen.add(case["reason"])
    assert seen == damage


def test_damaged_and_hostile_bodies() -> None:
    """Its own error and no other; what passes is what was sent."""
    source = random.Random(19)
    intact = [vector.body for vector in vectors()]
    reasons = set()
    for _ in range(4000):
        body = source.choice(intact)
        if source.random() < 0.2:
            bent = body[: source.randrange(len(body))]
        elif source.random() < 0.5:
            flipped = bytearray(body)
            flipped[source.randrange(len(body))] ^= 1 << source.randrange(8)
            bent = bytes(flipped)
        else:
            name = source.choice(("kind", "flags", "bits", "predictor", "n_rows", "n_frames", "payload_len", "seq"))
            width = 8 if name in ("kind", "flags", "bits", "predictor") else 32
            bent = with_fields(body, **{name: source.randrange(1 << width)})
        try:
            taken = decoded(bent)
        except follow.FormatError as error:
            reasons.add(error.reason)
            continue
        try:
            assert taken == as_ours(list(decode_all(bent)))
        except PhaseFormatError as error:
            # A header that contradicts itself, with checksums that fit: no damage makes that.
            assert error.reason in (Reason.FIELD, Reason.PAYLOAD, Reason.LENGTH, Reason.TOO_LARGE)  # noqa: PT017
    assert reasons <= {reason.value for reason in Reason}
    assert reasons >= {"truncated", "magic", "major", "header-crc", "field", "length", "baseline", "state-crc"}
