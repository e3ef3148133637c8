"""A stream that lives by the request, on a real port: what its frames are, what it answers, what a client must print.

Each request for frames first lets the next of the given events happen. The answers are made of `kaizen.phase.encode`
and the doors' own refusals; what the client is to print comes from the frames that went in, never from what came out.
"""

import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from kaizen.phase.coding import IDENTITY, compress
from kaizen.phase.door import greet, refusal, version_headers
from kaizen.phase.encode import Encoded, config, delta, keyframe
from kaizen.phase.frames import Baseline, Frames, Place
from kaizen.phase.negotiation import Client, Server, negotiate
from kaizen.phase.offer import offer
from kaizen.phase.predict import LINEAR
from kaizen.phase.quantise import bam_type, from_bam
from kaizen.phase.wire import MEDIA_TYPE
from kaizen.runtime.http import Response

GOP = 8  # frames from keyframe to keyframe
TOTAL = 100_000
DT_US = 33_333


@dataclass(frozen=True)
class Shape:
    """What the frames of an epoch are like."""

    bits: int = 16
    predictor: int = LINEAR
    rows: int = 13
    resultant: bool = False
    mask: bool = False


@dataclass
class Epoch:
    """`seqs` are the numbers of the frames that there are; `after` the state that each leaves in a client."""

    number: int
    shape: Shape
    seqs: list[int] = field(default_factory=list)
    frames: list[Frames] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)  # places in `seqs` at which a group of pictures starts
    after: list[Baseline] = field(default_factory=list)

    def grow(self, count: int, skipped: int = 0) -> None:
        """`count` more frames, after as many missing numbers as are skipped."""
        next_seq = self.seqs[-1] + 1 + skipped if self.seqs else 0
        for seq in range(next_seq, next_seq + count):
            place = len(self.seqs)
            if not self.starts or place - self.starts[-1] == GOP or (skipped and seq == next_seq):
                self.starts.append(place)
            self.seqs.append(seq)
            self.frames.append(_frame(self.shape, self.number, seq))
            base = None if place == self.starts[-1] else self.after[-1]
            self.after.append(self._message(place, place + 1, base).baseline)

    def messages(self, place: int) -> bytes:
        """The frames from `place` on: a keyframe where a group starts, deltas of the rest of it."""
        body = b""
        ends = [*(start for start in self.starts if start > place), len(self.seqs)]
        for end in ends:
            base: Baseline | None = None
            if place in self.starts:
                first = self._message(place, place + 1, None)
                body, base, place = body + first.data, first.baseline, place + 1
            else:
                base = self.after[place - 1]
            if place < end:
                body += self._message(place, end, base).data
            place = end
        return body

    def config(self) -> bytes:
        document = {"stream": "toy", "epoch": self.number, "rows": self.shape.rows, "total": TOTAL}
        return config(document, self._place(0), self.shape.bits, self.shape.rows)

    def line(self, place: int, reason: str) -> str:
        """What a client prints that got the frames from `place` on."""
        newest = self.frames[-1]
        present = np.ones(self.shape.rows, np.bool_) if newest.missing is None else ~newest.missing[0]
        theta = from_bam(newest.angles[0][present], self.shape.bits)
        order = f"{np.hypot(np.cos(theta).mean(), np.sin(theta).mean()):.3f}" if present.any() else "none"
        return (
            f"{self.number}.{self.seqs[-1]} {reason}: {len(self.seqs) - place} frames, {self.shape.rows} of {TOTAL} "
            f"rows, r {order}, state {zlib.crc32(newest.angles.tobytes()):08x}"
        )

    def _message(self, start: int, end: int, base: Baseline | None) -> Encoded:
        parts = self.frames[start:end]
        frames = Frames(
            np.concatenate([each.angles for each in parts]),
            np.concatenate([each.resultant for each in parts if each.resultant is not None])
            if self.shape.resultant
            else None,
            np.concatenate([each.missing for each in parts if each.missing is not None]) if self.shape.mask else None,
        )
        place = replace(self._place(end - 1), t0_us=self.seqs[start] * DT_US)
        if base is None:
            return keyframe(frames, place, self.shape.bits, self.shape.predictor)
        return delta(frames, place, base, time_major=True)

    def _place(self, place: int) -> Place:
        return Place(self.number, self.seqs[place], t0_us=0, dt_us=DT_US, sampled=True)


def _frame(shape: Shape, epoch: int, seq: int) -> Frames:
    """Rows that turn at speeds of their own, with noise; the same whenever they are made."""
    numbers = np.random.default_rng([epoch, seq])
    turns = np.linspace(0, 0.7, shape.rows) + np.linspace(-0.4, 0.4, shape.rows) * seq + numbers.normal(0, 0.01)
    angles = (np.floor(turns * (1 << shape.bits)).astype(np.int64) % (1 << shape.bits)).astype(bam_type(shape.bits))
    resultant = numbers.integers(0, 256, shape.rows, dtype=np.uint8) if shape.resultant else None
    missing = numbers.random(shape.rows) < (1 if seq % 5 == 4 else 0.3) if shape.mask else None
    return Frames(
        angles[None], None if resultant is None else resultant[None], None if missing is None else missing[None]
    )


class ToyStream:
    """The server's side, and the record of it: the queries that came, the lines that the client is to print."""

    def __init__(self, events: Sequence["Event"], server: Server | None = None) -> None:
        self.server = server or offer("https://example.org/clients")
        self.epoch = Epoch(7, Shape())
        self.queries: list[dict[str, str]] = []
        self.expected: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._events = iter(events)

    def handshake(self, query: dict[str, str]) -> Response:
        met = negotiate(Client(query["client"], frozenset(query["features"].split(","))), self.server)
        if met.safe:
            self.expected.append(f"handshake: {met.verdict}")
        return _answer(200, json.dumps(met.as_document(self.server, self.epoch.number)).encode())

    def poll(self, query: dict[str, str], headers: dict[str, str]) -> Response:
        self.queries.append(query)
        met = greet({"headers": headers, "queryStringParameters": query}, self.server)
        if not met.safe:
            refused = refusal(met, self.server)
            return refused | {"body": refused["body"].encode()}
        answer = next(self._events)(self, query)
        answer["headers"] |= version_headers(met, self.server)
        return answer

    def answer(self, query: dict[str, str]) -> Response:
        """What a server has to say to a client that has what its query says."""
        epoch, number = self.epoch, self.epoch.number
        known, _, seq = query.get("after", "").partition(".")
        place = epoch.seqs.index(int(seq)) + 1 if known == str(number) and int(seq) in epoch.seqs else None
        if place is not None and place == len(epoch.seqs):
            self.expected.append("nothing new")
            return _answer(204, b"", {"ETag": f'"{number}.{epoch.seqs[-1]}"'})
        reason = "none"
        if place is None:
            missed = "first" if not known else "gap" if known == str(number) else "epoch"
            reason, place = query.get("resync") or missed, epoch.starts[-1]
        body = b"" if known == str(number) else epoch.config()
        self.expected.append(epoch.line(place, reason))
        headers = {"ETag": f'"{number}.{epoch.seqs[-1]}"', "Phase-Resync": reason, "Content-Type": MEDIA_TYPE}
        return _answer(200, body + epoch.messages(place), headers)


Event = Callable[[ToyStream, dict[str, str]], Response]


def _answer(status: int, body: bytes, headers: dict[str, str] | None = None) -> Response:
    return {"statusCode": status, "body": body, "headers": headers or {}}


def frames(count: int, skipped: int = 0) -> Event:
    """So many frames come, after so many others that never reach the server."""

    def happen(stream: ToyStream, query: dict[str, str]) -> Response:
        stream.epoch.grow(count, skipped)
        return stream.answer(query)

    return happen


def restored(lost: int, count: int) -> Event:
    """The server comes back from a backup without its newest frames, and gets other ones."""

    def happen(stream: ToyStream, query: dict[str, str]) -> Response:
        epoch = stream.epoch
        for kept in (epoch.seqs, epoch.frames, epoch.after):
            del kept[-lost:]
        epoch.starts = [start for start in epoch.starts if start < len(epoch.seqs)]
        return frames(count)(stream, query)

    return happen


def new_epoch(shape: Shape, count: int) -> Event:
    """The producer starts anew with other rows."""

    def happen(stream: ToyStream, query: dict[str, str]) -> Response:
        stream.epoch = Epoch(stream.epoch.number + 1, shape)
        return frames(count)(stream, query)

    return happen


def damaged(count: int, at: int = -1) -> Event:
    """Frames come, and a bit of the body flips on the way: by default in the payload of the last message."""

    def happen(stream: ToyStream, query: dict[str, str]) -> Response:
        answer = frames(count)(stream, query)
        body = bytearray(answer["body"])
        body[at] ^= 1
        stream.expected[-1] = "damaged: state-crc" if at == -1 else "damaged: header-crc"
        return answer | {"body": bytes(body)}

    return happen


def misled(count: int) -> Event:
    """Frames come, and the answer is the one for a client that stands one frame further back."""

    def happen(stream: ToyStream, query: dict[str, str]) -> Response:
        stream.epoch.grow(count)
        known, _, seq = query["after"].partition(".")
        answer = stream.answer({"after": f"{known}.{int(seq) - 1}"})
        stream.expected[-1] = "damaged: baseline"
        return answer

    return happen


def unavailable(stream: ToyStream, query: dict[str, str]) -> Response:
    stream.expected.append("503: try again")
    return _answer(503, b'{"detail":"try again"}', {"Retry-After": "0"})


def plain_text(stream: ToyStream, query: dict[str, str]) -> Response:
    """Something between client and server answers for it."""
    stream.expected.append("502: Bad Gateway")
    return _answer(502, b"Bad Gateway")


def unknown(stream: ToyStream, query: dict[str, str]) -> Response:
    return _answer(404, b'{"detail":"there is no stream toy"}')


class Served(Protocol):
    """What answers at the port; bodies are bytes."""

    headers: list[dict[str, str]]

    def handshake(self, query: dict[str, str]) -> Response: ...
    def poll(self, query: dict[str, str], headers: dict[str, str]) -> Response: ...


class _Door(BaseHTTPRequestHandler):
    def __init__(self, stream: Served, *given: Any) -> None:
        self._stream = stream
        super().__init__(*given)

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._stream.headers.append(headers)
        if address.path == "/phase/handshake":
            answer = self._stream.handshake(query)
        else:
            assert address.path == "/phase/streams/toy/frames", address.path
            answer = self._stream.poll(query, headers)
        coded = "content-encoding" in answer["headers"] or not answer["body"]
        coding = "gzip" if "gzip" in headers.get("accept-encoding", "") and not coded else IDENTITY
        body = compress(coding, answer["body"])
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        if coding != IDENTITY:
            self.send_header("Content-Encoding", coding)
        if answer["statusCode"] != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def served(stream: Served) -> Iterator[str]:
    """The address at which the stream answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Door, stream)) as door:
        thread = Thread(target=door.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.server_port}"
        finally:
            door.shutdown()
            thread.join()
