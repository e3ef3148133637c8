"""Writes the golden vectors of PHF1: bodies as `.phf`, and beside each what a decoder makes of it, as `.json`.

    PYTHONPATH=layers/common python tests/vectors/phf1/generate.py

What is expected are the values that went in, never what our decoder says. `refused.json` holds bodies that must be
refused, in hexadecimal, with the reason. The bytes are part of the format: a change here is a new schema version.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kaizen.phase.encode import chunk, config, delta, full, keyframe
from kaizen.phase.frames import Frames, Place
from kaizen.phase.predict import DELTA, LEAKY, LINEAR, NONE
from kaizen.phase.quantise import bam_type
from kaizen.phase.schema import Version

FOLDER = Path(__file__).parent
T0_US, DT_US = 1_767_225_600_000_000, 33_333
NAMES = {NONE: "none", DELTA: "delta", LINEAR: "linear", LEAKY + 1: "leaky1", LEAKY + 2: "leaky2", LEAKY + 3: "leaky3"}
ROWS = 11  # not a multiple of 8: the mask has spare bits


@dataclass(frozen=True)
class Vector:
    """A body, and the messages in it as a decoder should show them."""

    name: str
    body: bytes
    messages: list[dict[str, Any]]


def scramble(number: int) -> int:
    """A fixed mixing of 32 bits, so that no vector hangs on a library's random numbers."""
    for _ in range(3):
        number = (number * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
        number ^= number >> 15
    return number


def frames_of(count: int, bits: int, seed: int, with_resultant: bool = False, with_mask: bool = False) -> Frames:
    """Rows that wrap, run backwards, jump by half a turn both ways, stand still, accelerate and tumble."""
    turn = 1 << bits
    angles = np.zeros((count, ROWS), np.int64)
    for t in range(count):
        angles[t] = [
            t * (turn // 3 + 1),
            -t * (turn // 7),
            (t % 2) * turn // 2,
            turn - 1 - (t % 2) * (turn // 2 - 1),
            turn - 1,
            t * t * 3,
            t * (turn // 2 - 1),
            scramble(seed + 31 * t),
            scramble(seed + 77 + 31 * t) % 5,
            turn - 2 + t,
            t * (turn // 2),
        ]
    resultant = missing = None
    if with_resultant:
        cells = [[(t * 60 + i * 25 + scramble(seed + t) % 3) % 256 for i in range(ROWS)] for t in range(count)]
        resultant = np.array(cells, np.uint8)
    if with_mask:
        missing = np.array([[scramble(seed + t * ROWS + i) % 4 == 0 for i in range(ROWS)] for t in range(count)])
        for t, i in zip(*np.nonzero(missing), strict=True):
            angles[t, i] = angles[t - 1, i] if t else 0  # a gap repeats the last angle
    return Frames((angles % turn).astype(bam_type(bits)), resultant, missing)


def cut(frames: Frames, start: int, stop: int) -> Frames:
    part = slice(start, stop)
    return Frames(
        frames.angles[part],
        None if frames.resultant is None else frames.resultant[part],
        None if frames.missing is None else frames.missing[part],
    )


def expected(kind: str, frames: Frames, place: Place, bits: int, predictor: int, **more: Any) -> dict[str, Any]:
    count = len(frames.angles)
    return {
        "kind": kind,
        "version": str(place.version),
        "epoch": place.epoch,
        "seq": place.seq,
        "base_seq": place.seq - count if kind == "DELTA" else place.seq,
        "bits": bits,
        "predictor": predictor,
        "n_rows": frames.angles.shape[1],
        "n_frames": count,
        "t0_us": place.t0_us,
        "dt_us": place.dt_us,
        "sampled": place.sampled,
        "angles": frames.angles.tolist(),
        "resultant": None if frames.resultant is None else frames.resultant.tolist(),
        "missing": None if frames.missing is None else frames.missing.astype(int).tolist(),
    } | more


def live(name: str, bits: int, predictor: int, with_resultant: bool = False, with_mask: bool = False) -> Vector:
    """A keyframe, deltas one by one and as a batch both ways round, a full frame amidst, a delta after it."""
    first_seq = 40
    frames = frames_of(10, bits, seed=bits * 100 + predictor, with_resultant=with_resultant, with_mask=with_mask)
    body, messages, baseline = b"", [], None
    for kind, start, stop, time_major in (
        ("FULL", 0, 1, False),
        ("DELTA", 1, 2, False),
        ("DELTA", 2, 5, True),
        ("FULL", 5, 6, False),
        ("DELTA", 6, 7, False),
        ("DELTA", 7, 9, False),
        ("FULL", 9, 10, False),
    ):
        part = cut(frames, start, stop)
        place = Place(7, first_seq + stop - 1, T0_US + start * DT_US, DT_US, sampled=with_mask)
        if baseline is None:
            encoded = keyframe(part, place, bits, predictor)
        elif kind == "DELTA":
            encoded = delta(part, place, baseline, time_major=time_major)
        else:
            encoded = full(part, place, baseline)
        baseline = encoded.baseline
        body += encoded.data
        messages.append(expected(kind, part, place, bits, predictor))
    return Vector(name, body, messages)


def history(name: str, bits: int, predictor: int, with_resultant: bool = False, with_mask: bool = False) -> Vector:
    frames = frames_of(9, bits, seed=bits, with_resultant=with_resultant, with_mask=with_mask)
    place = Place(epoch=0xFFFFFFFF, seq=0xFFFFFFFF, t0_us=(1 << 53) - 1 - 8 * DT_US, dt_us=DT_US)
    body = chunk(frames, place, bits, predictor)
    return Vector(name, body, [expected("CHUNK", frames, place, bits, predictor)])


def described() -> Vector:
    """An epoch and its first frame, as a client gets them on joining."""
    document = {"rows": ["a-1", "b-2", "ψ-3"], "seed": 42, "hash": "splitmix64", "strata": None}
    place = Place(epoch=3, seq=0, t0_us=T0_US, dt_us=DT_US, sampled=True)
    frames = Frames(np.array([[0, 32768, 65535]], np.dtype("<u2")))
    body = config(document, place, 16, 3) + keyframe(frames, place, 16, LINEAR).data
    about = expected("CONFIG", Frames(np.zeros((0, 3), np.dtype("<u2"))), place, 16, NONE, document=document)
    return Vector("config", body, [about, expected("FULL", frames, place, 16, LINEAR)])


def of_a_later_minor() -> Vector:
    """Flags 32 and 64 and what they bring are passed over."""
    frames = frames_of(1, 8, seed=5)
    place = Place(epoch=1, seq=2, t0_us=T0_US, dt_us=DT_US, version=Version(1, 9, 207))
    message = with_fields(keyframe(frames, place, 8, DELTA).data + b"later", flags=16 | 32 | 64, payload_len=ROWS + 5)
    return Vector("later-minor", message, [expected("FULL", frames, place, 8, DELTA)])


def vectors() -> Iterator[Vector]:
    for bits in (8, 12, 16):
        for predictor, name in NAMES.items():
            yield live(f"live-{bits}-{name}", bits, predictor)
        yield live(f"live-{bits}-linear-r-mask", bits, LINEAR, with_resultant=True, with_mask=True)
        yield history(f"chunk-{bits}-linear", bits, LINEAR)
    yield live("live-16-leaky8-r", 16, LEAKY + 8, with_resultant=True)
    yield live("live-8-none-r-mask", 8, NONE, with_resultant=True, with_mask=True)
    yield history("chunk-16-leaky2-r-mask", 16, LEAKY + 2, with_resultant=True, with_mask=True)
    yield history("chunk-8-delta-r", 8, DELTA, with_resultant=True)
    yield history("chunk-12-none-mask", 12, NONE, with_mask=True)
    yield described()
    yield of_a_later_minor()


# Offset and struct code of each header field, written out once more: the encoder's own table is under test.
FIELDS = {
    "magic": (0, "<4s"), "major": (4, "<B"), "kind": (8, "<B"), "flags": (9, "<B"), "bits": (10, "<B"),
    "predictor": (11, "<B"), "epoch": (12, "<I"), "seq": (16, "<I"), "base_seq": (20, "<I"), "n_rows": (24, "<I"),
    "n_frames": (28, "<I"), "t0_us": (32, "<q"), "dt_us": (40, "<I"), "payload_len": (44, "<I"),
    "state_crc": (48, "<I"),
}  # fmt: skip


def with_fields(message: bytes, **fields: Any) -> bytes:
    """The message with other header fields and a header checksum that fits them, as a foe would send it."""
    changed = bytearray(message)
    for name, value in fields.items():
        offset, code = FIELDS[name]
        struct.pack_into(code, changed, offset, value)
    struct.pack_into("<I", changed, 52, zlib.crc32(changed[:52]))
    return bytes(changed)


def refused() -> list[dict[str, str]]:
    """Bodies that a decoder without state must refuse, each with the reason."""
    place = Place(epoch=1, seq=4, t0_us=T0_US, dt_us=DT_US)
    frames = frames_of(1, 16, seed=1)
    first = keyframe(frames, place, 16, LINEAR)
    good = first.data
    later = delta(frames_of(1, 16, seed=2), replace(place, seq=5), first.baseline).data
    twelve = keyframe(frames_of(1, 12, seed=1), place, 12, LINEAR).data
    masked = keyframe(frames_of(1, 8, seed=1, with_mask=True), place, 8, LINEAR).data
    past = chunk(frames_of(4, 16, seed=3), place, 16, LINEAR)
    about = config({}, place, 16, 3)

    def flipped(message: bytes, at: int) -> bytes:
        return message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]

    def telling(payload: bytes) -> bytes:
        return with_fields(about[:56] + payload, payload_len=len(payload), state_crc=zlib.crc32(payload))

    cases = [
        ("nothing but half a header", good[:28], "truncated"),
        ("a header short of one byte", good[:55], "truncated"),
        ("a payload short of one byte", good[:-1], "truncated"),
        ("a header alone", good[:56], "truncated"),
        ("another format", with_fields(good, magic=b"PHF2"), "magic"),
        ("a major of the past", with_fields(good, major=0), "major"),
        ("a major to come", with_fields(good, major=2), "major"),
        ("a bit of the epoch flipped", flipped(good, 12), "header-crc"),
        ("a bit of the header checksum flipped", flipped(good, 52), "header-crc"),
        ("an unknown kind", with_fields(good, kind=4), "field"),
        ("flag 128", with_fields(good, flags=16 | 128), "field"),
        ("seven bits", with_fields(good, bits=7), "field"),
        ("predictor 3", with_fields(good, predictor=3), "field"),
        ("leaky without a shift", with_fields(good, predictor=16), "field"),
        ("leaky by 9", with_fields(good, predictor=25), "field"),
        ("no rows", with_fields(good, n_rows=0), "field"),
        ("no frames", with_fields(good, n_frames=0), "field"),
        ("frames without time between them", with_fields(past, dt_us=0), "field"),
        ("more frames than numbers", with_fields(past, seq=2, base_seq=2), "field"),
        ("a FULL upon another frame", with_fields(good, base_seq=3), "field"),
        ("a DELTA upon itself", with_fields(later, base_seq=5), "field"),
        ("a DELTA that skips a frame", with_fields(later, base_seq=3), "field"),
        ("a DELTA as a keyframe", with_fields(later, flags=16), "field"),
        ("a CHUNK that is no keyframe", with_fields(past, flags=8), "field"),
        ("a CONFIG with a frame", with_fields(about, n_frames=1), "field"),
        ("a CONFIG with a mask", with_fields(about, flags=2), "field"),
        ("a CONFIG with a predictor", with_fields(about, predictor=2), "field"),
        ("before 1970", with_fields(good, t0_us=-1), "field"),
        ("after 2255", with_fields(good, t0_us=1 << 53), "field"),
        ("the last frame after 2255", with_fields(past, t0_us=(1 << 53) - 2), "field"),
        ("more rows than anyone has", with_fields(good, n_rows=0xFFFFFFFF), "too-large"),
        ("more frames than anyone has", with_fields(past, n_frames=0xFFFF, seq=0x10000, base_seq=0x10000), "too-large"),
        ("more cells than fit", with_fields(past, n_rows=1 << 20, n_frames=16, seq=99, base_seq=99), "too-large"),
        ("a CONFIG of 4 GB", with_fields(about, payload_len=0xFFFFFFFF), "too-large"),
        ("a payload of one byte less", with_fields(good, payload_len=2 * ROWS - 1), "length"),
        ("a payload of one byte more", with_fields(good + b"x", payload_len=2 * ROWS + 1), "length"),
        ("R that is not there", with_fields(good, flags=16 | 1), "length"),
        ("a mask that is not there", with_fields(good, flags=16 | 2), "length"),
        ("a later minor's payload cut short", with_fields(good, flags=16 | 32, payload_len=2 * ROWS - 1), "length"),
        ("a byte after the message", good + b"\0", "trailing"),
        ("a second message", good + good, "trailing"),
        ("a residual of more than 12 bits", twelve[:-1] + b"\x10", "payload"),
        ("a mask beyond the rows", masked[:-1] + bytes([masked[-1] | 0x80]), "payload"),
        ("a CONFIG that is a list", telling(b"[]"), "payload"),
        ("a CONFIG that is not JSON", telling(b"{"), "payload"),
        ("a CONFIG that is not UTF-8", telling(b'{"a":"\xff"}'), "payload"),
        ("a CONFIG with a byte order mark", telling(b"\xef\xbb\xbf{}"), "payload"),
        ("a CONFIG with NaN", telling(b'{"a":NaN}'), "payload"),
        ("a CONFIG changed on the way", about[:-1] + b" ", "state-crc"),
        ("a DELTA without a state", later, "baseline"),
        ("a FULL that is no keyframe without a state", with_fields(good, flags=0), "baseline"),
        ("a residual changed on the way", flipped(good, 60), "state-crc"),
        ("a high byte changed on the way", flipped(past, len(past) - 3), "state-crc"),
        ("a state checksum of another frame", with_fields(good, state_crc=1), "state-crc"),
    ]
    return [{"name": name, "body": body.hex(), "reason": reason} for name, body, reason in cases]


def files() -> dict[str, bytes]:
    """Name to content of every file of the folder but this one."""
    found = {}
    for vector in vectors():
        found[f"{vector.name}.phf"] = vector.body
        lines = ",\n".join(json.dumps(message, ensure_ascii=False) for message in vector.messages)
        found[f"{vector.name}.json"] = f"[\n{lines}\n]\n".encode()
    lines = ",\n".join(json.dumps(case) for case in refused())
    found["refused.json"] = f"[\n{lines}\n]\n".encode()
    return found


if __name__ == "__main__":
    for name, content in files().items():
        (FOLDER / name).write_bytes(content)
