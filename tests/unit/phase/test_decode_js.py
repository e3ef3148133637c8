"""The page's decoder against the golden vectors, and against ours on random and on damaged bodies."""

import base64
import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kaizen.phase.decode import decode_all
from kaizen.phase.encode import chunk
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Place
from tests.unit.phase.bodies import random_body, shown
from tests.vectors.phf1.generate import FOLDER, frames_of, vectors, with_fields

DECODER = Path(__file__).parents[3] / "functions" / "phase_heatmap" / "web" / "decode.js"
DRIVER = Path(__file__).with_name("decode_bodies.mjs")


def decode_in_node(bodies: list[bytes], *, one: bool = False) -> list[dict[str, Any]]:
    """What decode.js makes of each body: {messages} or {reason}."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is not installed: the page's decoder cannot be tested without it (Debian package `nodejs`)")
    given = json.dumps([{"body": base64.b64encode(body).decode(), "one": one} for body in bodies])
    done = subprocess.run(
        [node, str(DRIVER), str(DECODER)], input=given, capture_output=True, text=True, check=False, timeout=3600
    )
    assert done.returncode == 0, done.stderr
    results: list[dict[str, Any]] = json.loads(done.stdout)
    assert not [each["crash"] for each in results if "crash" in each]
    return results


def test_golden_vectors() -> None:
    names = sorted(path.stem for path in FOLDER.glob("*.phf"))
    results = decode_in_node([(FOLDER / f"{name}.phf").read_bytes() for name in names])
    for name, result in zip(names, results, strict=True):
        assert result == {"messages": json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))}, name
    assert len(names) == len(list(vectors()))


def test_refusals_have_the_reasons_of_the_vectors() -> None:
    cases = json.loads((FOLDER / "refused.json").read_text(encoding="utf-8"))
    results = decode_in_node([bytes.fromhex(case["body"]) for case in cases], one=True)
    assert {case["name"]: result for case, result in zip(cases, results, strict=True)} == {
        case["name"]: {"reason": case["reason"]} for case in cases
    }


def test_random_bodies_decode_as_in_python() -> None:
    source = random.Random(7)
    bodies = [random_body(source) for _ in range(200)]
    for body, result in zip(bodies, decode_in_node(bodies), strict=True):
        assert result == {"messages": [shown(message) for message in decode_all(body)]}


def test_damaged_bodies_are_refused_for_the_same_reasons_as_in_python() -> None:
    """Flipped and cut bodies, and headers of foes with fitting checksums."""
    source = random.Random(8)
    intact = [vector.body for vector in vectors()]
    bodies = []
    for _ in range(4000):
        body = source.choice(intact)
        if source.random() < 0.2:
            bodies.append(body[: source.randrange(len(body))])
        elif source.random() < 0.5:
            flipped = bytearray(body)
            flipped[source.randrange(len(body))] ^= 1 << source.randrange(8)
            bodies.append(bytes(flipped))
        else:
            field = source.choice(("kind", "flags", "bits", "predictor", "n_rows", "n_frames", "payload_len", "seq"))
            width = 8 if field in ("kind", "flags", "bits", "predictor") else 32
            bodies.append(with_fields(body, **{field: source.randrange(1 << width)}))
    refusals = 0
    for body, result in zip(bodies, decode_in_node(bodies), strict=True):
        try:
            expected: dict[str, Any] = {"messages": [shown(message) for message in decode_all(body)]}
        except PhaseFormatError as error:
            expected = {"reason": error.reason.value}
            refusals += 1
        assert result == expected
    assert refusals > 3500


def test_a_long_chunk_of_odd_size() -> None:
    """The checksum's four-byte steps end in a remainder; rows and frames differ."""
    frames = frames_of(257, 8, seed=3, with_resultant=True)
    (result,) = decode_in_node([chunk(frames, Place(epoch=1, seq=300, t0_us=0, dt_us=1), 8)])
    (message,) = result["messages"]
    assert frames.resultant is not None
    assert message["angles"] == frames.angles.tolist()
    assert message["resultant"] == frames.resultant.tolist()


def test_reasons_are_known_to_both() -> None:
    """decode.js names its reasons in text; each of Python's that a decoder can meet is among them."""
    text = DECODER.read_text(encoding="utf-8")
    for reason in set(Reason) - {Reason.VERSION, Reason.CODING}:
        assert f'"{reason.value}"' in text, reason
