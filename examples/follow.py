"""Follow a stream of oscillator phases of Phase Metrics. A whole client in one file: numpy and Python's library.

    .venv/bin/python examples/follow.py --url http://127.0.0.1:8700 --stream kuramoto --polls 10

It shakes hands, then asks again and again for what is newer than what it has. A line per answer shows the newest frame:
its epoch and number, why the answer starts where it does, the order parameter r of the rows that were sent, and the
CRC-32 of their angles, after all checksums on the way have fitted.

For a program of your own take `Follower`, or `decode` alone: it reads every PHF1 message (docs/phase-format.md).
"""

import argparse
import gzip
import http.client
import json
import random
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zlib
from collections.abc import Callable, Mapping
from email.message import Message
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SCHEMA = "1.0.0"
LONGEST_PAUSE = 60.0  # seconds
TIMEOUT = 30.0

# ---------------------------------------------------------------------- PHF1

HEADER = struct.Struct("<4sBBHBBBBIIIIIqIIII")  # 56 bytes, little-endian
FULL, CONFIG, CHUNK = 0, 2, 3  # kinds of messages; what is between is a DELTA
HAS_R, HAS_MASK, TIME_MAJOR, KEYFRAME, UNKNOWN = 1, 2, 8, 16, 128  # flags
NONE, DELTA, LINEAR, LEAKY = 0, 1, 2, 16  # predictors; the leaky ones are 17 to 24, with a shift of 1 to 8

Cells = NDArray[np.int32]  # [frames, rows]


class FormatError(Exception):
    """A body that cannot be used; `reason` is one of the words in docs/phase-format.md."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Header(NamedTuple):
    magic: bytes
    major: int
    minor: int
    build: int
    kind: int
    flags: int
    bits: int
    predictor: int
    epoch: int
    seq: int  # of the last frame
    base_seq: int
    rows: int
    frames: int
    t0_us: int
    dt_us: int
    length: int  # of the payload
    state_crc: int
    header_crc: int


class History(NamedTuple):
    """What prediction knows of the past, per row: the last value, the last step, the leaky rate in 256ths."""

    last: NDArray[np.int32]
    step: NDArray[np.int32]
    rate: NDArray[np.int32]


class State(NamedTuple):
    """What the next frame builds on: the state after frame `seq` of an epoch."""

    key: tuple[int, ...]  # epoch, seq, bits, predictor, rows, which planes there are
    angles: History
    resultant: History | None


class Frames(NamedTuple):
    """Successive frames: angles in 2^-bits of a turn, R in 255ths or None, and True where there is no data."""

    epoch: int
    seq: int  # of the last one
    bits: int
    angles: Cells
    resultant: Cells | None
    missing: NDArray[np.bool_]


def decode(body: bytes, state: State | None) -> tuple[list[dict[str, Any]], list[Frames], State | None]:
    """The documents and the frames in a body that builds on `state`, and the state after it. Raises FormatError."""
    documents, frames = [], []
    while body:
        if len(body) < HEADER.size:
            raise FormatError("truncated")
        header = Header._make(HEADER.unpack_from(body))
        if header.magic != b"PHF1":
            raise FormatError("magic")
        if header.major != 1:
            raise FormatError("major")
        if zlib.crc32(body[: HEADER.size - 4]) != header.header_crc:
            raise FormatError("header-crc")
        payload, body = body[HEADER.size : HEADER.size + header.length], body[HEADER.size + header.length :]
        if len(payload) < header.length:
            raise FormatError("truncated")
        if header.kind == CONFIG:
            documents.append(decode_document(header, payload))
        else:
            found, state = decode_frames(header, payload, state)
            frames.append(found)
    return documents, frames, state


def decode_document(header: Header, payload: bytes) -> dict[str, Any]:
    if zlib.crc32(payload) != header.state_crc:
        raise FormatError("state-crc")
    try:
        document = json.loads(payload)
    except ValueError as error:
        raise FormatError("payload") from error
    if not isinstance(document, dict):
        raise FormatError("payload")
    return document


def decode_frames(header: Header, payload: bytes, state: State | None) -> tuple[Frames, State]:
    kind, flags, bits, predictor, rows = header.kind, header.flags, header.bits, header.predictor, header.rows
    if kind > CHUNK or flags & UNKNOWN or bits not in (8, 12, 16) or predictor not in (0, 1, 2, *range(17, 25)):
        raise FormatError("field")
    # Where the parts of the payload end. They have all come, so nothing larger than what came is ever made.
    angles_end = rows * header.frames * (1 if bits == 8 else 2)
    resultant_end = angles_end + (rows * header.frames if flags & HAS_R else 0)
    mask_end = resultant_end + (header.frames * ((rows + 7) // 8) if flags & HAS_MASK else 0)
    if not 0 < angles_end <= mask_end <= len(payload):
        raise FormatError("length")
    planes = (bits, predictor, rows, flags & (HAS_R | HAS_MASK))
    if flags & KEYFRAME:
        state = None
    elif state is None or state.key != (header.epoch, header.seq - header.frames, *planes):
        raise FormatError("baseline")
    whole = kind == FULL or predictor == NONE

    left = read_planes(payload[:angles_end], bits, header)
    angles, after = restore(left, bits, predictor, state.angles if state else None, whole)
    crc = zlib.crc32(angles.astype(np.uint8 if bits == 8 else "<u2").tobytes())
    resultant, resultant_after = None, None
    if flags & HAS_R:
        left = read_planes(payload[angles_end:resultant_end], 8, header)
        resultant, resultant_after = restore(left, 8, DELTA, state.resultant if state else None, whole)
        crc = zlib.crc32(resultant.astype(np.uint8).tobytes(), crc)
    mask = payload[resultant_end:mask_end]
    if zlib.crc32(mask, crc) != header.state_crc:
        raise FormatError("state-crc")
    missing = np.zeros(angles.shape, np.bool_)
    if mask:
        packed = np.frombuffer(mask, np.uint8).reshape(header.frames, -1)
        missing = np.unpackbits(packed, axis=1, count=rows, bitorder="little").astype(np.bool_)
    key = (header.epoch, header.seq, *planes)
    return Frames(header.epoch, header.seq, bits, angles, resultant, missing), State(key, after, resultant_after)


def read_planes(data: bytes, bits: int, header: Header) -> Cells:
    """Residuals as signed numbers: zigzag codes (0, 1, 2, 3 are 0, -1, 1, -2), first all low bytes, then the high."""
    planes = np.frombuffer(data, np.uint8).astype(np.int32)
    half = len(planes) // 2
    codes = planes if bits == 8 else planes[:half] | planes[half:] << 8
    cells = (codes >> 1) ^ -(codes & 1)
    if header.flags & TIME_MAJOR:
        return cells.reshape(header.rows, header.frames).T.copy()
    return cells.reshape(header.frames, header.rows)


def restore(cells: Cells, bits: int, predictor: int, past: History | None, whole: bool) -> tuple[Cells, History]:
    """Residuals to values, modulo 2^bits, and what is known after them; a keyframe has no past and is not predicted."""
    turn = 1 << bits
    cells = cells % turn
    last, step, rate = past or History(cells[0], np.zeros_like(cells[0]), np.zeros_like(cells[0]))
    for t in range(0 if past else 1, len(cells)):
        if not whole:
            lead = step if predictor == LINEAR else (rate + 128) >> 8  # which is 0 for a DELTA
            cells[t] = (cells[t] + last + lead) % turn
        step = (cells[t] - last + turn // 2) % turn - turn // 2
        if predictor > LEAKY:
            rate = rate + (((step << 8) - rate) >> (predictor - LEAKY))
        last = cells[t]
    return cells, History(last.copy(), step, rate)


# ---------------------------------------------------------------------- the protocol


class RefusedError(Exception):
    """The server will not serve this client; the text says why, and what to do."""


class TryAgainError(Exception):
    """No frames this time: the server is busy or out of reach, or the body is damaged. `wait`: seconds it asks for."""

    def __init__(self, text: str, wait: float = 0) -> None:
        super().__init__(text)
        self.wait = wait


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes

    def document(self) -> dict[str, Any]:
        """The JSON object in it. An answer that has none comes from something in between, and is shown as it is."""
        try:
            document = json.loads(self.body)
        except ValueError:
            document = None
        return document if isinstance(document, dict) else {"detail": self.body[:200].decode(errors="replace")}


class News(NamedTuple):
    """`reason` says why the frames start where they do; `rows` is the document that describes the rows."""

    reason: str
    frames: list[Frames]
    rows: dict[str, Any]

    def __str__(self) -> str:
        newest = self.frames[-1]
        count = sum(len(each.angles) for each in self.frames)
        angles, present = newest.angles[-1], ~newest.missing[-1]
        theta = angles[present] * (2 * np.pi / (1 << newest.bits))
        order = f"{abs(np.exp(1j * theta).mean()):.3f}" if present.any() else "none"
        state = zlib.crc32(angles.astype(np.uint8 if newest.bits == 8 else "<u2").tobytes())
        return (
            f"{newest.epoch}.{newest.seq} {self.reason}: {count} frames, {len(angles)} of {self.rows['total']} rows, "
            f"r {order}, state {state:08x}"
        )


class Follower:
    """The state of one stream on this side. The server keeps none: `after` tells it what is here."""

    def __init__(self, url: str, stream: str) -> None:
        self._base = url.rstrip("/")
        self._path = f"/phase/streams/{urllib.parse.quote(stream, safe='')}/frames"
        self._stream = stream
        self._state: State | None = None
        self._rows: dict[str, Any] = {}
        self._lost = ""  # why there is no state any more
        self._id = uuid.uuid4().hex  # who asks: without it, viewers behind one address are taken for one
        self.sunset = ""  # when this client's schema ends, if that is known

    def shake_hands(self) -> str:
        """The verdict. Raises RefusedError with the way out, TryAgainError."""
        answer = self._get("/phase/handshake", {"client": SCHEMA, "features": "delta2,gzip", "stream": self._stream})
        document = answer.document()
        if "verdict" not in document:
            raise TryAgainError(f"{answer.status}: no handshake")
        if document["negotiated"] is None:
            raise RefusedError(way_out(document["upgrade"]))
        return str(document["verdict"])

    def poll(self) -> News | None:
        """What is newer than what is here; None if nothing is. Raises RefusedError, TryAgainError."""
        query = {"audit": self._id}
        if self._state is not None:
            query["after"] = "{}.{}".format(*self._state.key)
        elif self._lost:
            query["resync"] = self._lost
        answer = self._get(self._path, query)
        if answer.status == 204:
            return None
        try:
            documents, frames, state = decode(answer.body, self._state)
        except FormatError as error:
            # Nothing of this body counts, and nothing before it either: the next request asks for a keyframe.
            self._state = None
            self._lost = "gap" if error.reason == "baseline" else "crc"
            raise TryAgainError(f"damaged: {error.reason}") from error
        self._state, self._lost = state, ""
        self._rows = next((each for each in documents if "total" in each), self._rows)
        return News(answer.headers.get("Phase-Resync", "none"), frames, self._rows) if frames else None

    def _get(self, path: str, query: Mapping[str, str]) -> Answer:
        """200 or 204. Raises RefusedError, TryAgainError."""
        answer = request(f"{self._base}{path}?{urllib.parse.urlencode(query)}")
        self.sunset = answer.headers.get("Sunset", "")
        if answer.status in (200, 204):
            return answer
        document = answer.document()
        if document.get("upgrade"):
            raise RefusedError(way_out(document["upgrade"]))
        text = f"{answer.status}: {document.get('detail') or document.get('message')}"
        if answer.status == 429 or answer.status >= 500:
            wait = answer.headers.get("Retry-After", "")
            raise TryAgainError(text, float(wait) if wait.isdecimal() else 0)
        raise RefusedError(text)


def way_out(upgrade: Mapping[str, Any]) -> str:
    more = [str(upgrade[name]) for name in ("command", "url") if upgrade.get(name)]
    return "\n".join([upgrade["title"], *(f"- {each}" for each in (*upgrade["steps"], *more))])


def request(url: str) -> Answer:
    headers = {"Phase-Schema": SCHEMA, "Accept-Encoding": "gzip"}
    asked = urllib.request.Request(url, headers=headers)  # noqa: S310 - the user's own
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT) as response:  # noqa: S310
            return Answer(response.status, response.headers, plain(response.headers, response.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, plain(error.headers, error.read()))
    except (OSError, EOFError, zlib.error, http.client.HTTPException) as error:
        raise TryAgainError(f"no whole answer from {url}: {getattr(error, 'reason', None) or repr(error)}") from error


def plain(headers: Message, body: bytes) -> bytes:
    return gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body


def follow(url: str, stream: str, polls: int, interval: float, sleep: Callable[[float], None] = time.sleep) -> int:
    """Prints a line per answer. The exit status: 0, 1 if none was whole, or 2 if this client is not served."""
    follower, failures, greeted, warned = Follower(url, stream), 0, False, False
    for _ in range(polls):
        pause = interval
        try:
            if not greeted:
                print(f"handshake: {follower.shake_hands()}", flush=True)
                greeted = True
            news = follower.poll()
            print(news or "nothing new", flush=True)
            failures = 0
        except RefusedError as error:
            print(error, file=sys.stderr)
            return 2
        except TryAgainError as error:
            print(error, flush=True)
            failures += 1
            # Pauses grow, and are random lest all clients return at the same moment.
            pause = min(LONGEST_PAUSE, interval * 2 ** min(failures, 10)) * random.uniform(0.5, 1)  # noqa: S311 - no secret
            pause = max(pause, error.wait)
        if follower.sunset and not warned:
            print(f"schema {SCHEMA} will not be served after {follower.sunset}", file=sys.stderr)
            warned = True
        sleep(pause)
    return 0 if greeted or not polls else 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Follows a stream of Phase Metrics.")
    parser.add_argument("--url", required=True, help="where the API is, such as http://127.0.0.1:8700")
    parser.add_argument("--stream", default="kuramoto", help="the stream's id (%(default)s)")
    parser.add_argument("--polls", type=int, default=10, help="requests for frames (%(default)s)")
    parser.add_argument("--interval", type=float, default=1, help="seconds from one to the next (%(default)s)")
    given = parser.parse_args()
    return follow(given.url, given.stream, given.polls, given.interval)


if __name__ == "__main__":
    sys.exit(main())
