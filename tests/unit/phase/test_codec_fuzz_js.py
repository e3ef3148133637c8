"""Hostile input to the page's decoder: 100,000 damaged messages as in test_codec_fuzz, and foes as Python sees them."""

import base64
import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kaizen.phase.errors import Reason
from kaizen.phase.wire import read_header
from tests.unit.phase.test_codec_fuzz import CUTS, FLIPS, Sent, foes, intact, refusal
from tests.unit.phase.test_decode_js import DECODER

FOES = 5000

# Bytes of typed arrays, which are all whose size follows from what was sent, per byte of the message. At worst 10: of a
# lone frame of 8 bits, each row takes its angle, twice, and two numbers of 4 bytes.
PER_BYTE = 12


def portable(sent: Sent) -> dict[str, str]:
    return {"body": base64.b64encode(sent.data).decode(), "before": base64.b64encode(sent.before).decode()}


@pytest.fixture(scope="module")
def messages() -> dict[str, list[Sent]]:
    return {"intact": intact(random.Random(11), 300), "foes": foes(random.Random(12), FOES)}


@pytest.fixture(scope="module")
def found(messages: dict[str, list[Sent]]) -> dict[str, Any]:
    """What decode.js makes of the messages and of damaged ones: see fuzz_bodies.mjs."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is not installed: the page's decoder cannot be tested without it (Debian package `nodejs`)")
    given: dict[str, Any] = {"seed": 13, "flips": FLIPS, "cuts": CUTS}
    given |= {name: list(map(portable, listed)) for name, listed in messages.items()}
    done = subprocess.run(
        [node, str(Path(__file__).with_name("fuzz_bodies.mjs")), str(DECODER)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def test_damaged_messages_are_refused(found: dict[str, Any]) -> None:
    flips, cuts = found["flips"]["reasons"], found["cuts"]["reasons"]
    assert cuts == {"truncated": CUTS}
    assert sum(flips.values()) == FLIPS
    assert "" not in flips
    assert set(flips) >= {"magic", "major", "header-crc", "payload", "state-crc"}


def test_nothing_but_the_typed_error_is_thrown(found: dict[str, Any]) -> None:
    assert [crash for each in found.values() for crash in each["crashes"]] == []
    reasons = {reason for each in found.values() for reason in each["reasons"]}
    assert reasons - {""} <= {reason.value for reason in Reason}


def test_foes_are_refused_for_the_same_reasons_as_in_python(
    found: dict[str, Any], messages: dict[str, list[Sent]]
) -> None:
    expected = [refusal(sent.data, sent.baseline) or "" for sent in messages["foes"]]
    assert found["foes"]["reasons"] == expected
    assert 0 < expected.count("") < FOES / 2


def test_memory_is_bounded_by_what_was_sent(found: dict[str, Any], messages: dict[str, list[Sent]]) -> None:
    for each in found.values():
        for size, allocated in each["sizes"]:
            assert allocated <= PER_BYTE * size
    assert set(found["intact"]["reasons"]) == {""}
    for sent, (_, allocated) in zip(messages["intact"], found["intact"]["sizes"], strict=True):
        # The meter sees the arrays: one that it missed would pass any bound.
        assert allocated >= read_header(sent.data).cells
