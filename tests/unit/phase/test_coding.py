"""Content codings: what a client asked for, and bodies that stay within their bound."""

import json
import random
import subprocess
import sys
import zlib
from pathlib import Path

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.coding import CODINGS, IDENTITY, Effort, compress, decompress, negotiate_coding
from kaizen.phase.decode import decode_all
from kaizen.phase.errors import PhaseFormatError, Reason
from tests.unit.phase.bodies import random_body

LAYER = Path(__file__).parents[3] / "layers" / "common"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "identity"),  # a client that says nothing may be one that unpacks nothing
        ("", "identity"),
        ("gzip, deflate, br, zstd", "zstd"),  # browsers of today
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("deflate", "identity"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("zstd;q=0.5, br;q=0.9", "br"),  # the client's weights first
        ("zstd;q=0.9,br;q=0.9,gzip", "gzip"),
        ("zstd ; q=0.8 , br ; Q=0.801", "br"),
        ("zstd;q=0, br;q=0, gzip;q=0.001", "gzip"),
        ("*", "zstd"),
        ("*;q=0.1, br;q=0", "zstd"),
        ("zstd;q=0, *", "br"),
        ("gzip, *;q=0.5", "gzip"),
        ("identity, gzip;q=0.5", "identity"),  # rather no coding
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("identity", "identity"),
        ("zstd;q=0", "identity"),
        ("identity;q=0", None),
        ("*;q=0", None),
        ("*;q=0, identity;q=0.1", "identity"),
        ("*;q=0, identity;q=0, gzip;q=0.1", "gzip"),
        ("identity;q=0, deflate", None),
        ("zstd;q=2, gzip", "gzip"),  # not a weight: the member is passed over
        ("zstd;q=, br;q=0.1234, gzip", "gzip"),
        ("zstd;level=3, gzip", "gzip"),
        (",,gzip,", "gzip"),
        ("gzip;q=1.000", "gzip"),
        ("gzip;q=0.", "identity"),
        ("zs td, \x00", "identity"),
    ],
)
def test_negotiation(accept: str | None, expected: str | None) -> None:
    assert negotiate_coding(accept) == expected


@given(st.text(max_size=60))
def test_any_header_has_an_answer(accept: str) -> None:
    assert negotiate_coding(accept) in (*CODINGS, IDENTITY, None)


every_coding = pytest.mark.parametrize("coding", [*CODINGS, IDENTITY])


@every_coding
@pytest.mark.parametrize("effort", Effort)
def test_bodies_come_back(coding: str, effort: Effort) -> None:
    for body in (b"", b"x", bytes(10_000), random.Random(1).randbytes(10_000)):
        packed = compress(coding, body, effort)
        assert decompress(coding, packed, len(body)) == body
        assert compress(coding, body, effort) == packed  # stored and etagged: equal bodies must stay equal


@pytest.mark.parametrize("coding", CODINGS)
def test_archives_are_no_larger(coding: str) -> None:
    body = b"".join(random_body(random.Random(seed), rows=200) for seed in range(10))
    assert len(compress(coding, body, Effort.ARCHIVE)) <= len(compress(coding, body, Effort.LIVE))


def test_gzip_is_what_zlib_reads() -> None:
    assert zlib.decompress(compress("gzip", b"abc"), wbits=31) == b"abc"


def test_names_of_codings_are_read_in_any_case() -> None:
    assert decompress("X-GZIP", compress("gzip", b"abc"), 3) == b"abc"
    assert decompress("", b"abc", 3) == b"abc"


@every_coding
def test_more_than_the_limit_is_refused(coding: str) -> None:
    packed = compress(coding, bytes(1000))
    assert decompress(coding, packed, 1000) == bytes(1000)
    for limit in (999, 1, 0):
        with pytest.raises(PhaseFormatError) as caught:
            decompress(coding, packed, limit)
        assert caught.value.reason is (Reason.TOO_LARGE if coding == IDENTITY else Reason.CODING)


@pytest.mark.parametrize("coding", CODINGS)
def test_cut_bodies_are_refused(coding: str) -> None:
    packed = compress(coding, random.Random(2).randbytes(300) + bytes(300))
    for size in range(len(packed)):
        with pytest.raises(PhaseFormatError) as caught:
            decompress(coding, packed[:size], 600)
        assert caught.value.reason is Reason.CODING


@pytest.mark.parametrize("coding", ["deflate", "compress", "zstd, gzip", "x" * 1000])
def test_unknown_codings_are_refused(coding: str) -> None:
    with pytest.raises(PhaseFormatError, match="not known") as to:
        compress(coding, b"")
    with pytest.raises(PhaseFormatError, match="not known") as back:
        decompress(coding, b"", 1)
    for caught in (to, back):
        assert caught.value.reason is Reason.CODING
        assert len(str(caught.value)) < 100


@pytest.mark.parametrize("coding", CODINGS)
def test_damaged_bodies_are_refused_or_right(coding: str) -> None:
    """A flipped bit is noticed by the coding or by the messages within, has changed nothing, or has ended the body.

    The last is Brotli's: it passes over what follows an end. Messages that are left out are missed by their seq.
    """
    source = random.Random(3)
    body = random_body(source, rows=30)
    packed = compress(coding, body)
    for _ in range(2000):
        damaged = bytearray(packed)
        damaged[source.randrange(len(packed))] ^= 1 << source.randrange(8)
        try:
            out = decompress(coding, bytes(damaged), 1 << 16)
            list(decode_all(out))
        except PhaseFormatError:
            continue
        assert out == body or (coding == "br" and body.startswith(out))


BOMB = """
import json, resource, sys
from kaizen.phase.coding import decompress
from kaizen.phase.errors import PhaseFormatError

def resident():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

before = resident()
for coding, packed in json.loads(sys.stdin.read()):
    try:
        decompress(coding, bytes.fromhex(packed), 1 << 20)
    except PhaseFormatError as error:
        assert error.reason == "coding"
    else:
        raise SystemExit(f"{coding} let a bomb through")
print(resident() - before)
"""


def test_bombs_are_stopped_before_they_unfold() -> None:
    """64 MB of zeros at a limit of 1 MB, in a process of its own: its memory must not grow by a quarter of them."""
    zeros = bytes(64 << 20)
    bombs = [
        ("zstd", bytes(cramjam.zstd.compress(zeros, level=19))),
        ("br", bytes(cramjam.brotli.compress(zeros, level=4))),
        ("gzip", compress("gzip", zeros)),
    ]
    assert all(len(packed) < 100_000 for _, packed in bombs)
    done = subprocess.run(
        [sys.executable, "-c", BOMB],
        input=json.dumps([(coding, packed.hex()) for coding, packed in bombs]),
        env={"PYTHONPATH": str(LAYER)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 16 << 20
