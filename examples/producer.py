"""Post the phases of oscillators to Phase Metrics. All that a producer needs, in one file: numpy and Python's library.

    .venv/bin/python examples/producer.py --url http://127.0.0.1:8700 --token TOKEN --stream demo --seconds 5

A producer sends bodies of PHF1 messages: first a CONFIG, which says who the rows are, then FULL messages with frames.
Take `Producer` for a program of your own, and give it phases in radians, [frames, oscillators]:

    producer = Producer(url, token, "demo", hertz=10, groups=[600, 400])
    producer.post(theta, t0)  # t0: seconds since 1970 at which the first of these frames was taken
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
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SCHEMA = (1, 0, 0)
MEDIA_TYPE = "application/vnd.phase-metrics.frames; v=1"
FULL, CONFIG = 0, 2  # kinds of messages
KEYFRAME = 16  # the flag of frames that can be read without those before them
BITS = 16

DOOR_BYTES = 4 << 20  # what is larger is uploaded to the store
ATTEMPTS = 8
LONGEST_PAUSE = 30.0  # seconds
TIMEOUT = 30.0


class RefusedError(Exception):
    """The server does not take the frames, or could not be reached in all attempts; the text says why."""


class Answer(NamedTuple):
    """`status` is 0 if none came; `wait` the pause that it asks for, in seconds."""

    status: int
    document: dict[str, Any]
    wait: float = 0

    def __str__(self) -> str:
        text = next(
            (self.document[key] for key in ("detail", "title", "message") if self.document.get(key)), "no reason"
        )
        return f"{self.status}: {text}" if self.status else text


class Producer:
    """Numbers the frames of one stream, posts them in order, and comes to terms with every answer of the server.

    `groups` are the sizes of groups of oscillators, row after row: a sample of rows shows each of them. `sleep` is
    called with the seconds to pause before another attempt.
    """

    def __init__(
        self,
        url: str,
        token: str,
        stream: str,
        *,
        hertz: float,
        groups: Sequence[int],
        compress: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base = url.rstrip("/")
        self._query = f"?stream={urllib.parse.quote(stream, safe='')}"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": MEDIA_TYPE,
            "Phase-Schema": ".".join(map(str, SCHEMA)),
        }
        if compress:
            self._headers["Content-Encoding"] = "gzip"
        self._dt_us = round(1e6 / hertz)
        self._groups = list(groups)
        self._sleep = sleep
        # An epoch is a run of a producer with the same rows, and higher than any before: the time will do.
        self.epoch = int(time.time())
        self.next_seq = 0  # of the next frame; within an epoch they count from 0 without a gap

    def post(self, theta: NDArray[Any], t0: float) -> dict[str, Any]:
        """Post frames [frames, oscillators] in radians, the first taken at `t0` (seconds since 1970). The answer.

        Raises RefusedError.
        """
        angles = binary_angles(theta)
        body = self._body(angles, t0)
        for attempt in range(ATTEMPTS):
            answer = self._send(body)
            if answer.status == 202:
                self.next_seq += len(theta)
                return answer.document
            if answer.status == 409:
                # This epoch is stale, or another's: begin anew, above it.
                self.epoch = max(self.epoch, answer.document.get("epoch") or 0) + 1
                self.next_seq = 0
                body = self._body(angles, t0)
            elif answer.status and answer.status != 429 and answer.status < 500:
                raise RefusedError(str(answer))
            # Otherwise the server is busy, or its answer got lost. The same body once more does no harm: frames are
            # known by their numbers. Pauses grow, and are random lest all producers return at the same moment.
            if attempt + 1 < ATTEMPTS:
                pause = min(LONGEST_PAUSE, 0.5 * 2**attempt) * random.uniform(0.5, 1)  # noqa: S311 - no secret
                self._sleep(max(pause, answer.wait))
        raise RefusedError(f"gave up after {ATTEMPTS} attempts; the last: {answer}")

    def _body(self, angles: NDArray[np.uint16], t0: float) -> bytes:
        frames, rows = angles.shape
        body = full_message(angles, self.epoch, self.next_seq + frames - 1, round(t0 * 1e6), self._dt_us)
        if self.next_seq == 0:  # an epoch begins
            document = {"ranges": [[0, rows]], "strata": list(enumerate(self._groups))}
            body = config_message(document, self.epoch, rows, self._dt_us) + body
        return gzip.compress(body, mtime=0) if "Content-Encoding" in self._headers else body

    def _send(self, body: bytes) -> Answer:
        if len(body) > DOOR_BYTES:  # far above it the gateway refuses by itself, and offers no upload
            offer = request("POST", f"{self._base}/phase/uploads{self._query}", b"", self._headers)
            return self._upload(body, offer.document) if offer.status == 201 else offer
        answer = request("POST", f"{self._base}/phase/frames{self._query}", body, self._headers)
        return self._upload(body, answer.document["upload"]) if "upload" in answer.document else answer

    def _upload(self, body: bytes, upload: Mapping[str, Any]) -> Answer:
        """The way for a body that is too large for the door: put it into the store, then say so."""
        stored = request(upload["method"], upload["url"], body, upload.get("headers") or {})
        if not 200 <= stored.status < 300:
            return stored
        return request("POST", self._base + upload["then"], b"", self._headers)


def binary_angles(theta: NDArray[Any]) -> NDArray[np.uint16]:
    """Radians as 65536ths of a turn, little-endian. Raises ValueError unless all are finite, [frames, oscillators]."""
    if theta.ndim != 2 or not theta.size or not np.isfinite(theta).all():
        raise ValueError("phases must be finite numbers in an array [frames, oscillators]")
    turns = theta.astype(np.float64) / (2 * np.pi)
    return (np.rint((turns - np.floor(turns)) * 65536).astype(np.uint32) & 0xFFFF).astype("<u2")


def full_message(angles: NDArray[np.uint16], epoch: int, seq: int, t0_us: int, dt_us: int) -> bytes:
    """Frames as they are: the zigzag codes of all cells (0, -1, 1, -2 are 0, 1, 2, 3), low bytes first, then high."""
    signed = angles.view("<i2")
    codes = ((signed << 1) ^ (signed >> 15)).view("<u2")
    payload = (codes & 0xFF).astype(np.uint8).tobytes() + (codes >> 8).astype(np.uint8).tobytes()
    place = (epoch, seq, seq, angles.shape[1], len(angles), t0_us, dt_us)
    return message((FULL, KEYFRAME, BITS, 0), place, payload, zlib.crc32(angles.tobytes()))


def config_message(document: Mapping[str, Any], epoch: int, rows: int, dt_us: int) -> bytes:
    """Who the rows are: `ranges` of ids as [first, count], `strata` as [stratum, count], both in the rows' order."""
    payload = json.dumps(document, separators=(",", ":")).encode()
    # No frame's number and no time, so that within an epoch it is always the same.
    return message((CONFIG, 0, BITS, 0), (epoch, 0, 0, rows, 0, 0, dt_us), payload, zlib.crc32(payload))


def message(what: tuple[int, ...], place: tuple[int, ...], payload: bytes, state_crc: int) -> bytes:
    """The header of 56 bytes, little-endian, and the payload.

    `what` is kind, flags, bits, predictor; `place` is epoch, the last frame's number, the number of the frame it builds
    on (its own), rows, frames, time of the first frame, microseconds from frame to frame.
    """
    header = struct.pack("<4sBBHBBBBIIIIIqIII", b"PHF1", *SCHEMA, *what, *place, len(payload), state_crc)
    return header + struct.pack("<I", zlib.crc32(header)) + payload


def request(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    asked = urllib.request.Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310 - the user's own
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT) as response:  # noqa: S310
            return Answer(response.status, parsed(response.read()))
    except urllib.error.HTTPError as error:
        with error:
            wait = error.headers.get("Retry-After") or ""
            return Answer(error.code, parsed(error.read()), float(wait) if wait.isdecimal() else 0)
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, {"detail": f"no answer from {url}: {getattr(error, 'reason', None) or repr(error)}"})


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer. One that has none comes from something in between, and is shown as it is."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {"detail": body[:200].decode(errors="replace")}


def waves(times: NDArray[np.float64], groups: Sequence[int]) -> NDArray[np.float64]:
    """Travelling waves, [times, oscillators] in radians: each group has one wave more than the one before it."""
    along = np.concatenate([(1 + index) * np.arange(size) / size for index, size in enumerate(groups)])
    speed = np.repeat([0.3 * 1.5**index for index in range(len(groups))], groups)  # turns per second
    phases: NDArray[np.float64] = 2 * np.pi * (speed * times[:, None] - along)
    return phases


def main() -> int:
    parser = argparse.ArgumentParser(description="Posts travelling waves to a stream of Phase Metrics.")
    parser.add_argument("--url", required=True, help="where the API is, such as http://127.0.0.1:8700")
    parser.add_argument("--token", required=True, help="the producers' token")
    parser.add_argument("--stream", default="demo", help="the stream's id (%(default)s)")
    parser.add_argument("--oscillators", type=int, default=1000, help="%(default)s")
    parser.add_argument("--hertz", type=float, default=10, help="frames per second (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="%(default)s")
    parser.add_argument("--gzip", action="store_true", help="compress the bodies")
    given = parser.parse_args()
    if given.oscillators < 3 or given.hertz <= 0 or given.seconds <= 0:
        parser.error("there must be three oscillators, and frames for some time")
    third = given.oscillators // 3
    groups = [given.oscillators - 2 * third, third, third]
    producer = Producer(given.url, given.token, given.stream, hertz=given.hertz, groups=groups, compress=given.gzip)
    start, total, batch = time.time(), max(1, round(given.seconds * given.hertz)), max(1, round(given.hertz))
    for first in range(0, total, batch):
        elapsed = np.arange(first, min(first + batch, total)) / given.hertz
        time.sleep(max(0, start + elapsed[-1] - time.time()))  # a frame is posted once it has been
        try:
            answer = producer.post(waves(elapsed, groups), start + elapsed[0])
        except RefusedError as error:
            print(f"frame {first} was not taken. {error}", file=sys.stderr)
            return 1
        print(
            f"posted {len(elapsed)} frames; the last is number {answer['seq']} of epoch {answer['epoch']}", flush=True
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
