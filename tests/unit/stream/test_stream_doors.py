"""The doors over the store in memory: headers, tags, summaries, the way to chunks, audits, each refusal."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from kaizen.phase import keys
from kaizen.phase.schema import SCHEMA
from kaizen.runtime.http import Response
from phase_stream import audits, chunks, summaries
from phase_stream.audit import Audit, Side, newest
from phase_stream.call import Call
from phase_stream.ledger import Ledger
from phase_stream.request import RequestError
from phase_stream.store import PhaseStore
from tests.factories import NOW
from tests.unit.stream.source import NAME, Source
from tests.unit.stream.world import MemoryStore, World

AUDIT = "0123456789abcdef"


def source() -> Source:
    """140 frames of epoch 7, two whole chunks of 64 at level 0; then epoch 9."""
    made = Source(rows=5)
    made.begin(7, 140)
    made.begin(9, 70)
    return made


def call(store: MemoryStore, event: Mapping[str, Any] | None = None) -> Call:
    return Call(event or {}, "r", NOW, SCHEMA, (*store.sources, "silent"), cast(PhaseStore, store), cast(Ledger, store))


def content(response: Response) -> Any:
    return json.loads(response["body"])


def refused(door: Any, made: Call) -> tuple[int, dict[str, Any]]:
    with pytest.raises(RequestError) as raised:
        door(made)
    return raised.value.status, content(raised.value.response())


def test_headers_of_frames() -> None:
    stream = source()
    answer = World(MemoryStore(stream)).get(NAME, {}, "gzip;q=0.5, br")
    assert answer.status == 200
    assert answer.headers["etag"] == '"9.69"'
    assert answer.headers["content-encoding"] == "br"
    assert answer.headers["content-type"] == "application/vnd.phase-metrics.frames; v=1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["timing-allow-origin"] == "*"
    assert answer.headers["phase-resync"] == "first"
    assert answer.headers["phase-bytes-full"] == str(len(answer.body))


def test_the_tag_is_the_last_frame_that_is_sent() -> None:
    world = World(MemoryStore(source()))
    answer = world.get(NAME, {"after": "9.50", "max": "4"})
    assert answer.headers["etag"] == '"9.54"'
    assert answer.headers["phase-resync"] == "none"


def test_nothing_newer() -> None:
    store = MemoryStore(source())
    answer = World(store).get(NAME, {"after": "9.69"})
    assert (answer.status, answer.body, answer.headers["etag"]) == (204, b"", '"9.69"')
    assert answer.headers["phase-resync"] == "none"
    assert store.tallies == [], "an empty answer costs nothing and is not counted"


@pytest.mark.parametrize(
    ("tag", "query", "status"),
    [
        ('"9.69"', {}, 204),
        ('"x", W/"9.69"', {}, 204),
        ('"9.68"', {}, 200),  # what came since then is asked for with `after`
        ('"7.69"', {}, 200),
        ("*", {}, 200),
        ('"9.69"', {"after": "9.60"}, 200),  # says more precisely what it has
        ('"9.69"', {"resync": "crc"}, 200),  # has it, and cannot use it
    ],
)
def test_if_none_match(tag: str, query: dict[str, str], status: int) -> None:
    assert World(MemoryStore(source())).get(NAME, query, tag=tag).status == status


def test_codings_that_are_all_refused() -> None:
    answer = World(MemoryStore(source())).get(NAME, {}, "identity;q=0, deflate")
    assert answer.status == 406
    assert World(MemoryStore(source())).get(NAME, {}, "").headers.get("content-encoding") is None


def test_frames_of_unknown_and_silent_streams() -> None:
    store = MemoryStore(source())
    answer = World(store).get("nope", {})
    assert answer.status == 404
    assert json.loads(answer.body)["streams"] == [NAME]
    status, told = refused(summaries.one, call(store, {"pathParameters": {"id": "silent"}}))
    assert status == 404
    assert "no frame yet" in told["detail"]


def test_expired_objects_make_a_viewer_too_old_and_no_more() -> None:
    stream = source()
    store = MemoryStore(stream)
    stream.post(8)
    for segment in stream.stream.segments[:-1]:
        del stream.objects[keys.ring(NAME, 9, segment.first_seq, segment.last_seq)]
    answer = World(store).get(NAME, {"after": "9.66"})
    assert (answer.status, answer.reason) == (200, "too-old")
    assert answer.messages()[0].header.first_seq == stream.stream.gops[-1].first_seq


def test_the_list_of_streams() -> None:
    store = MemoryStore(source())
    (summary,) = content(summaries.listing(call(store)))["streams"]
    assert summary | {"last_us": 0} == {
        "id": NAME, "epoch": 9, "newest": "9.69", "oldest": "9.40", "last_us": 0, "dt_us": 33_333, "gop_frames": 8,
        "rows": 5, "total": 100_000, "method": "bottom-k", "bits": 16,
    }  # fmt: skip


def test_a_stream_with_its_epochs_and_their_chunks() -> None:
    told = content(summaries.one(call(MemoryStore(source()), {"pathParameters": {"id": NAME}})))
    assert told["id"] == NAME
    assert {each["standard_error"] for each in told["epochs"]} == {0.31622}  # of 5 rows of 100,000
    assert [(each["epoch"], each["ended"], each["last_seq"]) for each in told["epochs"]] == [
        (9, False, 69),
        (7, True, 139),
    ]
    chunk_ranges = {
        (epoch["epoch"], level["level"]): (level["first_chunk"], level["last_chunk"])
        for epoch in told["epochs"]
        for level in epoch["levels"]
    }
    assert chunk_ranges == {
        (9, 0): (0, 0),  # a chunk is 64 frames, and 70 have come
        (9, 1): (None, None),
        (9, 2): (None, None),
        (7, 0): (0, 2),  # of an epoch that has ended, the last one as it stands
        (7, 1): (0, 0),
        (7, 2): (0, 0),
    }
    (second,) = [level for level in told["epochs"][0]["levels"] if level["level"] == 2]
    assert (second["step_us"], second["frames_per_chunk"]) == (16 * 33_333, 1024)


def chunk_event(level: int, chunk: int, coding: str = "zstd", epoch: str = "") -> dict[str, Any]:
    return {
        "pathParameters": {"id": NAME, "level": str(level), "chunk": str(chunk)},
        "queryStringParameters": {"epoch": epoch} if epoch else {},
        "headers": {"accept-encoding": coding},
    }


@pytest.mark.parametrize(
    ("accepted", "stored"),
    [
        ("", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, br", "gzip"),
        ("zstd;q=0.1, gzip;q=0.2", "gzip"),
        ("*", "zstd"),
        ("zstd;q=0, *", "gzip"),
        ("br", None),
        ("identity", None),
        ("gzip;q=0", None),
    ],
)
def test_the_coding_of_a_chunk(accepted: str, stored: str | None) -> None:
    assert chunks.stored_coding(accepted) == stored


def test_the_way_to_a_chunk() -> None:
    stream = source()
    store = MemoryStore(stream)
    stream.objects[keys.chunk(NAME, 7, 0, 2, "gzip")] = b"chunk"
    answer = chunks.redirect(call(store, chunk_event(0, 2, "gzip", epoch="7")))
    assert answer["statusCode"] == 307
    assert answer["headers"]["location"].endswith("/v1/kuramoto/e0000000007/L0/c0000000002.gzip")
    assert answer["headers"]["cache-control"] == "private, max-age=600"


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (chunk_event(0, 1), {"first_chunk": 0, "last_chunk": 0, "level": 0, "epoch": 9}),
        (chunk_event(1, 0), {"first_chunk": None, "last_chunk": None, "level": 1}),
        (chunk_event(0, 0), {"first_chunk": 0, "last_chunk": 0}),  # within the range, and gone
        (chunk_event(3, 0), {"levels": 2}),
        (chunk_event(0, 0, epoch="8"), {"epochs": [9, 7]}),
    ],
)
def test_a_chunk_that_is_not_there(event: dict[str, Any], told: dict[str, Any]) -> None:
    status, problem = refused(chunks.redirect, call(MemoryStore(source()), event))
    assert status == 404
    assert problem | told == problem


def test_a_chunk_in_no_coding_that_is_taken() -> None:
    assert refused(chunks.redirect, call(MemoryStore(source()), chunk_event(0, 0, "br")))[0] == 406


def test_an_audit_that_is_unknown() -> None:
    body = json.dumps({"audit": AUDIT, "stream": NAME, "bytes": 1, "responses": 1})
    assert refused(audits.report, call(MemoryStore(source()), {"body": body}))[0] == 404


def made_audit(name: str, updated: str, expires_at: int, browser: Side | None = None) -> Audit:
    return Audit(name, NAME, "2026-03-20T11:00:00Z", updated, expires_at, Side(100, 3), 50, browser)


def test_audits_show_the_difference() -> None:
    assert made_audit("a", "", 0).document()["difference_bytes"] is None
    told = made_audit("a", "", 0, Side(90, 2)).document()
    assert told["server"] == {"bytes": 100, "responses": 3, "saved_bytes": 50}
    assert told["browser"] == {"bytes": 90, "responses": 2}
    assert told["difference_bytes"] == 10


def test_the_audits_last_changed_come_first() -> None:
    audits = [made_audit("first", "2026-03-20T11:00:00Z", 1), made_audit("last", "2026-03-20T11:30:00Z", 1)]
    assert [each.audit for each in newest(audits)] == ["last", "first"]
    many = [made_audit(str(number), f"{number:03d}", 1) for number in range(150)]
    assert len(newest(many)) == 100
    assert newest(many)[0].audit == "149"
