"""Fifteen thousand requests, header by body by method: never a 5xx, and no 202 for what a decoder would refuse.

They come in short runs to one door, so that epochs, rows and uploads of earlier ones matter to later ones.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaizen.phase.arrival import MOST_BODY_BYTES, Arrival
from kaizen.phase.coding import CODINGS, compress, decompress
from kaizen.phase.decode import decode, decode_all
from kaizen.phase.encode import chunk, full
from kaizen.phase.streams import Stream
from kaizen.phase.wire import MEDIA_TYPE, Kind
from kaizen.runtime.log import logger
from phase_ingest import handler, parts
from phase_ingest.known import KnownRows
from phase_ingest.posted import MOST_BYTES
from phase_ingest.store import Uploaded
from tests.effort import examples
from tests.factories import default_policy
from tests.unit.ingest.posts import (
    EPOCH,
    T0_US,
    config_message,
    frames_of,
    json_body,
    json_post,
    messages_of,
    place,
    start,
    stream_in,
)
from tests.vectors.phf1.generate import FIELDS, with_fields

RUNS, REQUESTS = max(300, examples(1_000)), 15  # fewer do not reach everywhere
TOKEN, STREAM = "right", "kuramoto"
UPLOAD = f"uploads/{STREAM}/{'a' * 32}"
ANSWERS = {201, 202, 400, 401, 404, 406, 409, 413, 415}
CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=1769, invoked_function_arn="arn:aws:lambda:x", aws_request_id="1"
)


@dataclass
class Memory:
    """The function's store in memory; it takes the place of its DynamoDB client, too."""

    raw: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    settled: dict[tuple[str, int], bytes] = field(default_factory=dict)
    sent: list[tuple[Arrival, str]] = field(default_factory=list)
    upload: bytes = b""
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def dynamodb(self) -> "Memory":
        return self

    def update_item(self, **update: Any) -> None:
        self.counts[update["Key"]["metric"]["S"]] += 1

    def stream(self, stream: str) -> Stream | None:
        return stream_in(EPOCH)

    def rows(self, stream: str, epoch: int) -> bytes | None:
        return self.settled.get((stream, epoch))

    def put_rows(self, stream: str, epoch: int, message: bytes) -> bool:
        return self.settled.setdefault((stream, epoch), message) is message

    def put_raw(self, key: str, data: bytes, coding: str) -> None:
        self.raw[key] = (data, coding)

    def send(self, arrival: Arrival, deduplication_id: str) -> None:
        assert arrival.key in self.raw  # durable before it is queued
        self.sent.append((arrival, deduplication_id))

    def upload_address(self, key: str, headers: dict[str, str], seconds: int) -> str:
        return f"https://bucket.invalid/{key}"

    def uploaded(self, key: str, most: int) -> Uploaded | None:
        if not self.upload:
            return None
        return Uploaded(self.upload if len(self.upload) <= most else None, len(self.upload), MEDIA_TYPE, "")


BODIES: list[tuple[bytes, str]] = [  # each with its content type
    *((messages_of(first, epoch), MEDIA_TYPE) for first in (0, 5) for epoch in (EPOCH - 1, EPOCH, EPOCH + 1)),
    *((messages_of(0, EPOCH, bits, with_mask=True), MEDIA_TYPE) for bits in (8, 12, 16)),
    *((messages_of(0, EPOCH, rows=rows), MEDIA_TYPE) for rows in (4, 40)),
    (messages_of(0, (1 << 32) - 1), MEDIA_TYPE),
    (messages_of(5, with_config=True), MEDIA_TYPE),
    (start(3, 4).data, MEDIA_TYPE),
    (start(3, 4).data + start(7, 1).data, MEDIA_TYPE),
    (chunk(frames_of(3), place(0, 3), 16), MEDIA_TYPE),
    (start().data + full(frames_of(1), place(1, 1, late_us=60_000), start().baseline).data, MEDIA_TYPE),
    (full(frames_of(1), place(1, 1), start().baseline).data, MEDIA_TYPE),
    (start().data + start(2).data, MEDIA_TYPE),
    (start().data + start(1, epoch=EPOCH + 1).data, MEDIA_TYPE),
    (with_fields(start().data, payload_len=9), MEDIA_TYPE),
    (with_fields(start().data, major=2), MEDIA_TYPE),
    (start(0, 2).data[:-1] + b"\xff", MEDIA_TYPE),
    (start(bits=12).data[:-1] + b"\xff", MEDIA_TYPE),
    (config_message(), MEDIA_TYPE),
    (config_message(epoch=EPOCH + 1) + start().data, MEDIA_TYPE),
    (config_message() + start().data + chunk(frames_of(3), place(1, 3), 16), MEDIA_TYPE),
    (config_message({"ids": [4, 4, 1, 2, 3]}) + start().data, MEDIA_TYPE),
    (config_message({"ranges": [[0, 5]], "x": [None, {}]}) + start().data, MEDIA_TYPE),
    (b"", MEDIA_TYPE),
    (b"PHF1", MEDIA_TYPE),
    *((json_body(epoch=epoch), "application/json") for epoch in (EPOCH - 1, EPOCH, EPOCH + 1)),
    (json_body(first_seq=3, ids=None), "application/json"),
    (json_body(frames=[[0, 1, 2], [0, "1", 2]]), "application/json"),
    (json_body(frames=[[0, 1, float("nan")]]), "application/json"),
    (json_body(t0_us=(1 << 53) - 1_000_000), "application/json"),
    (json_body(t0_us=T0_US + 10**13), "application/json"),
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 1, 3, 1 << 32, 1 << 63, 10**400, 0.5, 1e308, float("nan"), float("-inf"), "", "\ud800", "x",
    [], {}, [None], [[]], [[0]], [[0, 1, 2]], [[0, None, 2], [0, 1]], [[0, 3]], [5, 1, 9], [{}], {"a": []},
]  # fmt: skip
LARGE = b" " * (MOST_BYTES + 1)

pick = st.sampled_from


@st.composite
def contents(draw: Callable[[Any], Any]) -> tuple[bytes, str]:
    """A body and its content type: as a producer sends it, or bent."""
    body, kind = draw(pick(BODIES))
    match draw(pick(["none"] * 6 + ["flip", "cut", "grow", "twice", "field", "member", "member", "noise"])):
        case "flip" if body:
            at = draw(st.integers(0, len(body) - 1))
            body = body[:at] + bytes([body[at] ^ draw(st.integers(1, 255))]) + body[at + 1 :]
        case "cut":
            body = body[: draw(st.integers(0, len(body)))]
        case "grow":
            body += draw(st.binary(min_size=1, max_size=80))
        case "twice":
            body += draw(pick(BODIES))[0]
        case "field" if body.startswith(b"PHF1") and len(body) > 56:
            name = draw(pick(sorted(set(FIELDS) - {"magic", "t0_us"})))
            small = draw(pick([0, 1, 2, 3, 4, 5, 8, 16, 17, 20, 255]))
            body = with_fields(body, **{name: small if FIELDS[name][1] != "<I" else draw(pick([small, 1 << 31]))})
        case "member":
            name, value = draw(pick([*json_post(), "ranges", "strata", "other"])), draw(pick(VALUES))
            body, kind = json.dumps(json_post() | {name: value}).encode(), "application/json"
        case "noise":
            body = draw(st.binary(max_size=200))
    return body, kind


def bends() -> list[tuple[str, Any]]:
    """What may be wrong at the door: a part of the request, and what stands there then."""
    given: dict[str, list[Any]] = {
        "authorization": ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer \ud800"],
        "content-type": ["", "text/plain", "application/json", MEDIA_TYPE, "x" * 5000, "\x00;"],
        "content-encoding": ["", "gzip", "br", "zstd", "deflate", "gzip, gzip", "é"],
        "phase-schema": ["", "0.9.0", "2.0.0", "1.9.0", "one", "9" * 5000, "1.0.0\r\nx: y"],
        "stream": ["", "other", "kuramoto,kuramoto", "\ud800", "../.."],
        "upload": [UPLOAD, UPLOAD, UPLOAD, "raw/x", UPLOAD.replace("a", "g")],
        "schema": ["7.0.0", "1.0.0"],
        "rawPath": ["/phase/uploads", "/phase/uploads", "/phase/", "/phase/frames/x", ""],
        "method": ["GET", "PUT", "post", ""],
        "body": ["not base64", "", None, "\ud800", base64.b64encode(LARGE).decode()],
        "isBase64Encoded": [False, None],
        "headers": [None, {}],
        "queryStringParameters": [None],
    }
    return [(part, value) for part, values in given.items() for value in values]


BENDS = bends()


@st.composite
def requests(draw: Callable[[Any], Any]) -> dict[str, Any]:
    """A request as the gateway passes it on; half of them usual at the door, whatever is in the body."""
    body, kind = draw(contents())
    coding = draw(pick(["", "", *CODINGS]))
    headers: dict[str, Any] = {
        "authorization": f"Bearer {TOKEN}", "content-type": kind, "content-encoding": coding, "phase-schema": "1.0.0",
    }  # fmt: skip
    query: dict[str, Any] = {"stream": STREAM}
    event: dict[str, Any] = {
        "rawPath": "/phase/frames",
        "queryStringParameters": query,
        "headers": headers,
        "requestContext": {"http": {"method": "POST"}, "requestId": "1"},
        "body": base64.b64encode(compress(coding or "identity", body)).decode(),
        "isBase64Encoded": True,
    }
    for _ in range(draw(pick([0, 0, 0, 1, 1, 2]))):
        part, value = draw(pick(BENDS))
        if part in headers:
            headers[part] = value
        elif part in ("stream", "upload", "schema"):
            query[part] = value
            if part == "upload" and value == UPLOAD:
                event |= {"body": None, "isBase64Encoded": False}
        elif part == "method":
            event["requestContext"]["http"]["method"] = value
        else:
            event[part] = value
    return event


def decoded(data: bytes, coding: str) -> tuple[int, int, int, int]:
    """Epoch, first and last number and rows, as a decoder of nobody's business finds them. Raises if it cannot."""
    messages = list(decode_all(decompress(coding, data, MOST_BODY_BYTES)))
    frames = [message.header for message in messages if message.header.kind is not Kind.CONFIG]
    assert messages[0].header.kind is Kind.CONFIG or len(frames) == len(messages)
    assert {each.kind for each in frames} <= {Kind.FULL, Kind.DELTA}
    assert len({(each.epoch, each.n_rows, each.bits, each.dt_us) for each in frames}) == 1
    for before, after in pairwise(frames):
        assert after.first_seq == before.seq + 1
    return frames[0].epoch, frames[0].first_seq, frames[-1].seq, frames[0].n_rows


def check_taken(event: dict[str, Any], answer: Any, memory: Memory) -> None:
    """What a 202 promises, from the request to the queue."""
    headers = event["headers"]
    assert event["requestContext"]["http"]["method"].upper() == "POST"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert event["queryStringParameters"]["stream"] == STREAM
    arrival, _ = memory.sent[-1]
    data, coding = memory.raw[arrival.key]
    assert coding == arrival.coding
    epoch, first_seq, last_seq, rows = decoded(data, coding)
    assert (arrival.epoch, arrival.first_seq, arrival.last_seq) == (epoch, first_seq, last_seq)
    assert Arrival.read(arrival.body()) == arrival
    assert epoch >= EPOCH
    settled = decode(memory.settled[STREAM, epoch])
    assert (settled.header.epoch, settled.header.n_rows) == (epoch, rows)
    assert json.loads(answer["body"]) == {
        "stream": STREAM, "epoch": epoch, "frames": last_seq - first_seq + 1, "seq": last_seq,
    }  # fmt: skip
    if "upload" not in event["queryStringParameters"] and headers["content-type"] == MEDIA_TYPE:
        sent = base64.b64decode(event["body"]) if event.get("isBase64Encoded") else event["body"].encode()
        assert sent == data


@pytest.fixture
def quiet() -> Iterator[None]:
    level = logger.log_level
    logger.setLevel("CRITICAL")  # fifteen thousand lines help nobody
    yield
    logger.setLevel(level)


@cache
def _policy() -> Any:
    return default_policy()


def test_fifteen_thousand_requests(quiet: None, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    names = parts.IngestSettings("table", "bucket", "queue", "metrics", "/policy", "/token", None)
    monkeypatch.setattr(handler, "settings", lambda: names)
    monkeypatch.setattr(handler, "secret", lambda _: TOKEN)
    monkeypatch.setattr(handler, "current_policy", lambda _: _policy())
    handler.server.cache_clear()

    @settings(max_examples=RUNS, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(requests(), min_size=REQUESTS, max_size=REQUESTS), pick(BODIES))
    def run(events: list[dict[str, Any]], upload: tuple[bytes, str]) -> None:
        memory = Memory(upload=upload[0])
        rows = KnownRows(memory)
        monkeypatch.setattr(handler, "store", lambda: memory)
        monkeypatch.setattr(handler, "known", lambda: rows)
        for event in events:
            kept, queued, counted = len(memory.raw), len(memory.sent), memory.counts.total()
            answer = handler.lambda_handler(event, CONTEXT)
            status = answer["statusCode"]
            statuses[status] += 1
            assert status in ANSWERS, answer
            assert answer["headers"]["phase-schema"] == "1.0.0"
            assert "\n" not in "".join(answer["headers"].values())
            if status == 202:
                assert len(memory.sent) == queued + 1
                check_taken(event, answer, memory)
            else:
                assert (len(memory.raw), len(memory.sent)) == (kept, queued)
            if status >= 400:
                problem = json.loads(answer["body"])
                assert problem["status"] == status
                assert len(problem["detail"]) < 300
                reasons[problem.get("reason", "schema")] += 1
            assert memory.counts.total() == counted + (status != 201)

    run()
    handler.server.cache_clear()
    assert statuses.total() >= RUNS * REQUESTS
    # The fuzz reaches everywhere.
    assert set(statuses) == ANSWERS
    assert statuses[202] > RUNS // 2
    assert set(reasons) >= {
        "baseline", "base64", "changed", "coding", "config", "content-encoding", "content-type", "count", "empty",
        "field", "future", "header-crc", "json", "length", "magic", "major", "order", "payload", "phase", "route",
        "rows", "schema", "sequence", "size", "stale", "state-crc", "stream", "time", "token", "truncated", "upload",
    }  # fmt: skip
