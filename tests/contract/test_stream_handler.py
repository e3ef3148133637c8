"""The doors of phase_stream over moto: every answer, what is counted, and that nothing is sent uncounted."""

import base64
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import requests
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaizen.phase import keys
from kaizen.phase.coding import CODINGS, compress
from kaizen.phase.encode import chunk
from kaizen.phase.frames import Frames, Place
from kaizen.policy.store import DEFAULT_FILE
from kaizen.runtime.secrets import SecretError
from kaizen.storage.items import to_item
from phase_stream import chunks, handler, routes
from phase_stream.plan import Mark
from phase_stream.rows import PUT_SECONDS
from phase_stream.store import ADDRESS_SECONDS
from tests.contract.phase_aws import BUCKET, POLICY_PARAMETER
from tests.contract.stream_world import (
    AUDITS,
    CELLS,
    CHUNK,
    CHUNKS,
    FRAMES,
    REPORT,
    TOKEN,
    TOKEN_PARAMETER,
    Context,
    StreamWorld,
    new_process,
    stream_world,
)
from tests.effort import examples
from tests.factories import NOW
from tests.unit.stream.source import NAME, Source, turning
from tests.unit.stream.world import COUNTERS, Viewer

AUDIT = "page-0123456789abcdef"
SENT, FULL, SAVED, RETRANSMITTED, RESYNCS = COUNTERS


@pytest.fixture
def world() -> Iterator[StreamWorld]:
    with stream_world() as made:
        yield made


def published(world: StreamWorld, count: int = 20, **given: Any) -> Source:
    source = Source(**given)
    source.begin(7, count)
    world.publish(source)
    return source


def detail(body: bytes) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(body)
    return told


# ---------------------------------------------------------------- frames


@pytest.mark.parametrize("coding", [*CODINGS, "identity"])
def test_a_viewer_follows_over_new_processes_and_epochs(world: StreamWorld, coding: str) -> None:
    source = published(world, 3, predictors=random.Random(4))
    viewer = Viewer(source, coding)
    received = 0
    for step in range(24):
        if step == 12:
            source.begin(9, 2, rows=31)
        else:
            source.post(1 + step % 4, gap=int(step % 7 == 6), missing=step % 5 == 4)
        if step % 8 == 0:
            new_process()
        world.publish(source)
        answer = world.frames(NAME, viewer.query | {"audit": AUDIT}, accept_encoding=coding)
        assert answer.status == 200
        assert answer.reason == ("first" if step == 0 else "epoch" if step == 12 else "none")
        received += len(answer.body)
        viewer.receive(answer)
        assert viewer.mark == source.newest
        assert answer.headers["etag"] == source.newest.tag
    totals = world.totals()
    assert totals[SENT] == received
    assert totals[SENT] + totals[SAVED] == totals[FULL]
    assert (totals[RETRANSMITTED], totals[RESYNCS]) == (0, 2)
    assert (totals[SAVED] > 0) == (coding != "identity")


def test_headers_of_every_answer(world: StreamWorld) -> None:
    published(world)
    for answer in (
        world.frames(NAME),
        world.frames(NAME, {"after": "7.19"}),
        world.frames(NAME, {"max": "0"}),
        world.frames("nope"),
        world.frames(NAME, schema="2.0.0"),
        world.call("GET /phase/streams"),
        world.call("GET /"),
    ):
        assert answer.headers["phase-schema"] == "1.0.0"
        assert answer.headers["vary"] == "Phase-Schema, Accept-Encoding, Origin"


def test_nothing_newer(world: StreamWorld) -> None:
    published(world)
    for query, headers in (({"after": "7.19"}, {}), ({}, {"if_none_match": '"7.19"'})):
        answer = world.frames(NAME, query, **headers)
        assert (answer.status, answer.body, answer.headers["etag"]) == (204, b"", '"7.19"')
    assert world.savings_items() == []
    assert not any(world.totals().values())


def test_another_major_is_refused_with_the_way_out(world: StreamWorld) -> None:
    published(world)
    for answer in (world.frames(NAME, phase_schema="2.0.0"), world.frames(NAME, {"schema": "2.0.0"})):
        told = detail(answer.body)
        assert answer.status == 406
        assert told["verdict"] == "client_too_new"
        assert told["supported"] == [{"major": 1, "min": 0, "max": 0}]
        assert told["upgrade"]["who"] == "server"
    assert world.savings_items() == []


def test_codings(world: StreamWorld) -> None:
    published(world)
    assert world.frames(NAME, accept_encoding="gzip, br, zstd").headers["content-encoding"] == "zstd"
    assert world.frames(NAME, accept_encoding="gzip, br").headers["content-encoding"] == "br"
    assert "content-encoding" not in world.frames(NAME, accept_encoding="").headers
    assert world.frames(NAME, accept_encoding="*;q=0").status == 406


@pytest.mark.parametrize("query", [{"after": "7"}, {"max": "none"}, {"audit": "x"}, {"columns": "2"}, {"resync": "?"}])
def test_malformed_queries(world: StreamWorld, query: dict[str, str]) -> None:
    published(world)
    answer = world.frames(NAME, query)
    assert answer.status == 400
    assert detail(answer.body)["detail"].startswith(f"{next(iter(query))}: ")


def test_unknown_and_silent_streams(world: StreamWorld) -> None:
    silent = world.frames(NAME)
    assert silent.status == 404
    assert "no frame yet" in detail(silent.body)["detail"]
    unknown = world.frames("nope")
    assert unknown.status == 404
    assert detail(unknown.body)["streams"] == [NAME]
    published(world, name="elsewhere")
    assert world.frames("elsewhere").status == 404, "the policy names the streams that are served"


def test_frames_that_have_expired(world: StreamWorld) -> None:
    source = published(world)
    for key in list(source.objects):
        if key.startswith("ring/"):
            world.s3.delete_object(Bucket=BUCKET, Key=key)
    answer = world.frames(NAME)
    assert answer.status == 404
    assert "expired" in detail(answer.body)["detail"]
    assert world.savings_items() == []


def test_damaged_objects_are_not_served(world: StreamWorld) -> None:
    source = published(world)
    key = keys.ring(NAME, 7, 0, 19)
    world.s3.put_object(Bucket=BUCKET, Key=key, Body=source.objects[key][:-9])
    assert world.frames(NAME).status == 503
    assert world.savings_items() == []


def test_a_warm_process_reads_no_object_twice(world: StreamWorld) -> None:
    source = published(world)
    world.frames(NAME)
    source.post(2)
    world.publish(source)
    calls: list[str] = []
    client: Any = handler.store()._s3
    client.meta.events.register("before-call.s3.*", lambda model, **_: calls.append(model.name))
    world.frames(NAME, {"after": "7.19"})
    assert calls == ["GetObject"], "only the new one"
    world.frames(NAME, {"after": "7.19"})
    world.frames(NAME)
    assert calls == ["GetObject"]


def test_a_cold_process_reads_many_objects(world: StreamWorld) -> None:
    source = published(world, 1, gop_frames=40, ring_frames=90)
    for _ in range(70):
        source.post(1)
    world.publish(source)
    new_process()
    viewer = Viewer(source)
    viewer.receive(world.frames(NAME))
    assert viewer.mark == source.newest


# ---------------------------------------------------------------- counting


def test_issue_11_line_8_a_counted_response_is_one_plain_put_of_one_write_unit(world: StreamWorld) -> None:
    """Before, it was a transaction of four to eight actions, each of them two write units."""
    published(world)
    calls: list[str] = []
    client: Any = handler.ledger()._dynamodb
    client.meta.events.register("before-call.dynamodb.*", lambda model, **_: calls.append(model.name))
    for query in ({}, {"after": "7.9"}, {"resync": "crc", "audit": "x" * 64}):
        calls.clear()
        world.frames(NAME, query)
        assert calls == ["GetItem", "PutItem"]
    rows = world.savings_items()
    assert [each["pk"].partition("#")[0] for each in rows] == ["responses"] * 3
    assert all(len(json.dumps(each, default=str)) < 1000 for each in rows), "about as DynamoDB measures it"


def test_a_put_whose_answer_is_lost_is_repeated_and_counts_once(world: StreamWorld) -> None:
    """By the SDK, under the same key."""
    published(world)
    puts: list[bytes] = []

    def lose(request: Any, **_: Any) -> None:
        if b"PutItem" in request.headers.get("x-amz-target", b""):
            puts.append(request.body)
            if len(puts) == 1:
                raise EndpointConnectionError(endpoint_url="https://aws.invalid")

    client: Any = handler.ledger()._dynamodb
    client.meta.events.register_first("before-send.dynamodb.PutItem", lose)
    answer = world.frames(NAME)
    assert len(puts) == 2
    assert puts[0] == puts[1]
    assert world.totals()[SENT] == len(answer.body)


def test_a_response_that_is_counted_too_late_is_not_sent(world: StreamWorld) -> None:
    """The fold has passed by then: nobody would add it to the counters."""
    published(world)
    ticks = iter((100.0, 100.0 + PUT_SECONDS + 0.1))
    with patch.object(handler.ledger(), "_watch", lambda: next(ticks)):
        answer = world.frames(NAME)
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")


def test_an_answer_that_is_asked_for_again_is_sent_again_and_saves_nothing(world: StreamWorld) -> None:
    source = published(world)
    viewer = Viewer(source)
    viewer.receive(world.frames(NAME, viewer.query))
    source.post(3)
    world.publish(source)
    first = world.frames(NAME, viewer.query)
    before = world.totals()
    for _ in range(3):
        assert world.frames(NAME, viewer.query) == first
    after = world.totals()
    assert before[SAVED] > 0
    assert after[SAVED] == before[SAVED]
    assert after[SENT] - before[SENT] == after[RETRANSMITTED] == 3 * len(first.body)


def test_a_request_without_an_id_counts_by_its_invocation(world: StreamWorld) -> None:
    published(world)
    event = {"routeKey": FRAMES, "pathParameters": {"id": NAME}, "requestContext": {}}
    for _ in range(2):
        assert handler.lambda_handler(event, Context())["statusCode"] == 200
    (row,) = world.savings_items()
    assert row["sk"].endswith("#invocation")


def test_rows_and_audits_expire_after_a_day(world: StreamWorld) -> None:
    published(world)
    world.frames(NAME, {"audit": AUDIT})
    expected = int((world.now + timedelta(days=1)).timestamp())
    world.fold()
    kept = {each["pk"].partition("#")[0]: each.get("expires_at") for each in world.savings_items()}
    assert kept == {"responses": expected, "viewer": expected, "cursor": None}


def test_expired_audits_hide_no_live_one(world: StreamWorld) -> None:
    """The table forgets late, and ids are the clients' choice: those that come first in it may be many and old."""
    published(world)
    world.frames(NAME, {"audit": AUDIT})
    world.fold()
    (stored,) = world.savings_items("viewer")
    for number in range(600):
        old = stored | {"sk": f"{number:016d}#{NAME}", "expires_at": int(NOW.timestamp())}
        world.dynamodb.put_item(TableName="PhaseSavingsTable", Item=to_item(old))
    page = detail(world.audits().body)
    for _ in range(6):
        assert page["audits"] == []
        page = detail(world.audits(after=page["next"]).body)
    assert [each["audit"] for each in page["audits"]] == [AUDIT]
    assert page["next"] is None


def test_viewers_without_an_id_are_in_no_list(world: StreamWorld) -> None:
    published(world)
    world.frames(NAME)
    world.frames(NAME, {"audit": AUDIT})
    world.fold()
    assert len(world.savings_items("viewer")) == 2
    assert [each["audit"] for each in detail(world.audits().body)["audits"]] == [AUDIT]


@pytest.mark.parametrize("reason", ["crc", "gap"])
def test_a_forced_resync_raises_sent_and_retransmitted_never_saved(world: StreamWorld, reason: str) -> None:
    source = published(world)
    viewer = Viewer(source)
    for _ in range(2):
        viewer.receive(world.frames(NAME, viewer.query))
        source.post(2)
        world.publish(source)
    before = world.totals()
    answer = world.frames(NAME, {"resync": reason, "audit": viewer.name})
    after = world.totals()
    assert answer.reason == reason
    assert after[SENT] - before[SENT] == after[RETRANSMITTED] == len(answer.body)
    assert after[SAVED] == before[SAVED]
    assert after[RESYNCS] == before[RESYNCS] + 1


class Failing:
    """A client of which some operations fail, with a fault of their own or as if AWS were out of reach."""

    def __init__(self, client: Any, fault: Exception, *operations: str) -> None:
        self._client, self._fault, self._operations = client, fault, operations
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Any:
        if name not in self._operations:
            return getattr(self._client, name)

        def fail(**_: Any) -> Any:
            raise self._fault

        return fail


UNREACHABLE = EndpointConnectionError(endpoint_url="https://aws.invalid")


def throttled(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, operation)


@pytest.mark.parametrize("fault", [UNREACHABLE, throttled("any")], ids=["unreachable", "throttled"])
@pytest.mark.parametrize("operation", ["get_item", "put_item", "get_object"])
def test_when_a_store_fails_nothing_is_sent_and_nothing_counted(
    world: StreamWorld, operation: str, fault: Exception
) -> None:
    published(world)
    owner: Any = handler.ledger() if operation == "put_item" else handler.store()
    client = "_s3" if operation == "get_object" else "_dynamodb"
    with patch.object(owner, client, Failing(getattr(owner, client), fault, operation)):
        answer = world.frames(NAME)
    assert answer.status == 503
    assert answer.headers["retry-after"] == "2"
    assert b"PHF1" not in answer.body
    assert not any(world.totals().values())
    assert world.frames(NAME).status == 200


def test_when_the_policy_cannot_be_read(world: StreamWorld) -> None:
    with patch.object(handler, "current_policy", side_effect=SecretError("no answer")):
        assert world.frames(NAME).status == 503


# ---------------------------------------------------------------- audits


KEY = "the-page-knows-it"


def report(world: StreamWorld, received: int, responses: int, **given: Any) -> tuple[int, dict[str, Any]]:
    body = json.dumps({"audit": AUDIT, "stream": NAME, "bytes": received, "responses": responses} | given)
    answer = world.call(REPORT, body=body, content_type="application/json")
    return answer.status, detail(answer.body)


def test_the_servers_sum_is_what_was_received_to_the_byte(world: StreamWorld) -> None:
    source = published(world)
    viewer, received = Viewer(source), []
    for step in range(10):
        source.post(2)
        world.publish(source)
        answer = world.frames(NAME, viewer.query | {"audit": AUDIT, "columns": str(step % 2)})
        received.append(len(answer.body))
        viewer.receive(answer)
        world.frames(NAME, viewer.query | {"audit": AUDIT})  # nothing newer
    world.frames(NAME)  # another page
    status, told = report(world, sum(received), len(received), key=KEY)
    assert status == 200
    assert told["server"]["bytes"] == sum(received)
    assert told["server"]["responses"] == 10
    assert told["difference_bytes"] == 0
    status, told = report(world, sum(received[:-1]), 9, key=KEY)
    assert told["difference_bytes"] == received[-1]
    listed = detail(world.audits().body)["audits"]
    assert listed == [told]


def test_audits_are_by_stream_and_last_a_day(world: StreamWorld) -> None:
    published(world)
    assert report(world, 1, 1)[0] == 404
    world.frames(NAME, {"audit": AUDIT})
    assert report(world, 1, 1)[0] == 200
    assert report(world, 1, 1, stream="other")[0] == 404
    world.fold()
    assert len(detail(world.audits().body)["audits"]) == 1
    for _ in range(26):  # the schedule goes on meanwhile
        world.now += timedelta(hours=1)
        world.fold()
    assert report(world, 1, 1)[0] == 404
    assert detail(world.audits().body)["audits"] == []


def test_an_audit_is_exact_before_during_and_after_the_fold(world: StreamWorld) -> None:
    source = published(world)
    viewer, sent, saved = Viewer(source, name=AUDIT), 0, 0
    for step in range(12):
        source.post(2)
        world.publish(source)
        answer = world.frames(NAME, viewer.query)
        viewer.receive(answer)
        sent += len(answer.body)
        saved += int(answer.headers["phase-bytes-full"]) - len(answer.body)
        if step % 5 == 4:
            world.now += timedelta(seconds=5)  # so that the run leaves some of it
            handler.lambda_handler({}, Context())
        status, told = report(world, sent, step + 1, key=KEY)
        assert (status, told["difference_bytes"]) == (200, 0)
        assert told["server"] == {"bytes": sent, "responses": step + 1, "saved_bytes": saved}
        assert detail(world.audits().body)["audits"] == [told], "a report is never behind"
    world.fold()
    (listed,) = detail(world.audits().body)["audits"]
    assert listed["server"] == told["server"]


def test_a_report_is_not_answered_from_half_of_the_rows(world: StreamWorld) -> None:
    published(world)
    world.frames(NAME, {"audit": AUDIT})
    world.fold()
    world.now += timedelta(hours=2)  # without a run of the schedule
    world.frames(NAME, {"audit": AUDIT})
    assert report(world, 1, 1)[0] == 503
    world.fold()
    assert report(world, 1, 1)[0] == 200


def test_nobody_overwrites_anothers_report(world: StreamWorld) -> None:
    published(world)
    world.frames(NAME, {"audit": AUDIT})
    assert report(world, 7, 1, key=KEY)[0] == 200
    for stranger in ({}, {"key": "somebody-elses-key"}):
        assert report(world, 1, 1, **stranger)[0] == 409
        assert report(world, 7, 1, **stranger)[0] == 409
    assert report(world, 8, 2, key=KEY)[1]["browser"] == {"bytes": 8, "responses": 2}
    (shown,) = detail(world.audits().body)["audits"]
    assert shown["browser"] == {"bytes": 8, "responses": 2}
    assert KEY not in json.dumps(world.savings_items(), default=str)


def test_a_report_without_a_key_stands(world: StreamWorld) -> None:
    published(world)
    world.frames(NAME, {"audit": AUDIT})
    assert report(world, 7, 1)[0] == 200
    assert report(world, 7, 1)[0] == 200  # said again: the answer may have been lost
    assert report(world, 8, 1)[0] == 409
    assert report(world, 7, 1, key=KEY)[0] == 409, "nor can it be made somebody's afterwards"
    world.frames(NAME, {"audit": AUDIT})  # and the server's side goes on
    world.fold()
    (shown,) = detail(world.audits().body)["audits"]
    assert (shown["browser"]["bytes"], shown["server"]["responses"]) == (7, 2)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_the_list_takes_the_metrics_token(world: StreamWorld, authorization: str) -> None:
    published(world)
    world.frames(NAME, {"audit": AUDIT})
    answer = world.call(AUDITS, authorization=authorization)
    assert answer.status == 401
    assert AUDIT.encode() not in answer.body


def test_without_the_tokens_parameter_there_is_no_list(world: StreamWorld) -> None:
    world.ssm.delete_parameter(Name=TOKEN_PARAMETER)
    assert world.call(AUDITS, authorization="Bearer x").status == 503


def test_one_list_reads_a_bounded_number_of_items(world: StreamWorld) -> None:
    published(world)
    names = [f"{number:016d}" for number in range(150)]
    for name in names:
        world.frames(NAME, {"audit": name})
    world.fold()
    first = detail(world.audits().body)
    assert len(first["audits"]) == 100
    second = detail(world.audits(after=first["next"]).body)
    assert second["next"] is None
    assert sorted(each["audit"] for each in first["audits"] + second["audits"]) == names
    assert world.audits(after="nowhere").status == 400


def test_bad_reports(world: StreamWorld) -> None:
    assert report(world, -1, 1)[0] == 400
    assert report(world, 1, 1, audit="short")[0] == 400
    assert report(world, 1, 1, key="short")[0] == 400
    assert report(world, 1, 1, key=7)[0] == 400
    assert world.call(REPORT, body="{").status == 400
    assert world.call(REPORT).status == 400
    assert world.call(REPORT, body=" " * 5000).status == 413


# ---------------------------------------------------------------- streams and chunks


def test_streams(world: StreamWorld) -> None:
    assert detail(world.call("GET /phase/streams").body) == {"streams": []}
    source = published(world, 70)
    source.begin(9, 3)
    world.publish(source)
    (summary,) = detail(world.call("GET /phase/streams").body)["streams"]
    assert (summary["id"], summary["newest"], summary["rows"], summary["total"]) == (NAME, "9.2", 20, 100_000)
    told = detail(world.call("GET /phase/streams/{id}", {"id": NAME}).body)
    assert [each["epoch"] for each in told["epochs"]] == [9, 7]
    assert told["epochs"][1]["levels"][0]["last_chunk"] == 1
    assert world.call("GET /phase/streams/{id}", {"id": "nope"}).status == 404


@pytest.mark.parametrize("coding", ["zstd", "gzip"])
def test_a_chunk_can_be_fetched_where_the_redirect_leads(world: StreamWorld, coding: str) -> None:
    published(world, 70)
    body = compress(coding, chunk(Frames(np.zeros((64, 20), "<u2")), Place(7, 63, 0, 1), 16))
    world.s3.put_object(Bucket=BUCKET, Key=keys.chunk(NAME, 7, 0, 0, coding), Body=body, ContentEncoding=coding)
    answer = world.call(CHUNK, {"id": NAME, "level": "0", "chunk": "0"}, accept_encoding=coding)
    assert answer.status == 307
    assert answer.headers["cache-control"] == "private, max-age=600"
    address = urlsplit(answer.headers["location"])
    assert address.netloc == f"{BUCKET}.s3.eu-west-1.amazonaws.com", "the region's own address"
    assert chunks.CACHED_SECONDS < ADDRESS_SECONDS == int(parse_qs(address.query)["X-Amz-Expires"][0])
    # As any HTTP client fetches it, without credentials of its own; moto answers in the place of S3.
    with requests.get(answer.headers["location"], timeout=60, stream=True) as fetched:
        assert fetched.status_code == 200
        assert fetched.headers["content-encoding"] == coding
        assert fetched.raw.read(decode_content=False) == body


def test_chunks_that_are_not_there(world: StreamWorld) -> None:
    published(world, 70)
    for path, query, told in (
        ({"level": "0", "chunk": "1"}, {}, {"first_chunk": 0, "last_chunk": 0}),
        ({"level": "0", "chunk": "0"}, {}, {"first_chunk": 0, "last_chunk": 0}),  # never written, or expired
        ({"level": "3", "chunk": "0"}, {}, {"levels": 2}),
        ({"level": "0", "chunk": "0"}, {"epoch": "6"}, {"epochs": [7]}),
    ):
        answer = world.call(CHUNK, {"id": NAME} | path, query)
        assert answer.status == 404
        assert detail(answer.body) | told == detail(answer.body)
    assert world.call(CHUNK, {"id": NAME, "level": "x", "chunk": "0"}).status == 400
    assert world.call(CHUNK, {"id": NAME, "level": "0", "chunk": "0"}, accept_encoding="br").status == 406


def test_addresses_of_many_chunks_come_from_one_list(world: StreamWorld) -> None:
    published(world, 64 * 12)
    for number in (0, 1, 2, 4, 9, 10, 11):
        for coding in ("zstd", "gzip"):
            body = f"{number} in {coding}".encode()
            world.s3.put_object(Bucket=BUCKET, Key=keys.chunk(NAME, 7, 0, number, coding), Body=body)
    answer = world.call(CHUNKS, {"id": NAME, "level": "0"}, {"first": "1", "last": "10"}, accept_encoding="gzip")
    told = detail(answer.body)
    assert [each["chunk"] for each in told["chunks"]] == [1, 2, 4, 9, 10]
    assert told["expires_in"] == ADDRESS_SECONDS
    for each in told["chunks"]:
        with requests.get(each["url"], timeout=60) as fetched:
            assert fetched.content == f"{each['chunk']} in gzip".encode()
            assert each["bytes"] == len(fetched.content)


def test_the_open_columns_come_from_the_ring(world: StreamWorld) -> None:
    source = published(world, 70)
    answer = world.call(CELLS, {"id": NAME, "level": "0"}, {"rows": "4-6", "columns": "1"})
    assert (answer.status, answer.headers["phase-columns"]) == (200, "64-69")
    assert answer.headers["timing-allow-origin"] == "*"
    found, described = answer.messages()
    assert found.frames is not None
    for row, seq in enumerate(range(64, 70)):
        assert found.frames.angles[row].tolist() == source.truth[Mark(7, seq)][0][4:7].tolist()
    assert described.document is not None
    assert described.document["columns"]["density"] == source.columns(64, 69)["density"]
    assert world.call(CELLS, {"id": NAME, "level": "0"}, {"rows": "4-20"}).status == 400
    assert world.call(CELLS, {"id": NAME, "level": "0"}, {"first": "70"}).status == 204
    assert world.savings_items() == [], "history is counted nowhere"


# ---------------------------------------------------------------- pages of other origins


def test_pages_of_the_origins_that_the_policy_names(world: StreamWorld) -> None:
    published(world, 70)
    policy = DEFAULT_FILE.read_text(encoding="utf-8") + '\n[cors]\norigins = ["https://app.example.com"]\n'
    world.ssm.put_parameter(Name=POLICY_PARAMETER, Value=policy, Type="String", Tier="Advanced")
    new_process()
    level = {"id": NAME, "level": "0"}
    readable = [
        world.frames(NAME, origin=(app := "https://app.example.com")),
        world.frames(NAME, {"after": "7.69"}, origin=app),
        world.frames(NAME, {"max": "0"}, origin=app),
        world.frames(NAME, schema="2.0.0", origin=app),
        world.call("GET /phase/streams", origin=app),
        world.call("GET /phase/streams/{id}", {"id": NAME}, origin=app),
        world.call(CELLS, level, origin=app),
        world.call(CHUNKS, level, origin=app),
        world.call(CHUNK, level | {"chunk": "0"}, origin=app),
        world.call(REPORT, body="{", origin=app),
    ]
    for answer in readable:
        assert answer.headers["access-control-allow-origin"] == app
        assert "Phase-Resync" in answer.headers["access-control-expose-headers"]
    leave = world.call(routes.PREFLIGHT, {"path": f"streams/{NAME}/frames"}, origin=app)
    assert (leave.status, leave.body) == (204, b"")
    assert leave.headers["access-control-allow-headers"] == "Phase-Schema, Content-Type, If-None-Match"
    stranger = "https://evil.example"
    for answer in (
        world.frames(NAME, origin=stranger),
        world.call(routes.PREFLIGHT, {"path": "streams"}, origin=stranger),
        world.call(AUDITS, origin=app, authorization=f"Bearer {TOKEN}"),  # figures of all are for no page
    ):
        assert answer.headers["vary"].endswith("Origin")
        assert not [name for name in answer.headers if name.startswith("access-control")]


# ---------------------------------------------------------------- anything at all


def test_no_request_is_a_server_error() -> None:
    """Whatever is asked of whichever door, the answer is never 5xx, and each body of frames that is sent is counted."""
    texts = st.text(max_size=30) | st.sampled_from(
        (NAME, "0", "1", "7", "7.19", "7.3", "8.1", "0-3", AUDIT, "crc", "gap")
    )
    names = ("after", "max", "columns", "resync", "audit", "epoch", "schema", "features", "first", "last", "rows")
    header_names = ("accept-encoding", "if-none-match", "phase-schema", "content-type")
    headers = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40) | st.sampled_from(
        ("gzip", "zstd, br;q=0.5", '"7.19"', "1.0.0", "2.0.0", "*")
    )

    with stream_world() as world:
        source = Source(motion=turning(0.01))
        source.begin(7, 20)
        world.publish(source)

        @settings(max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow])
        @given(
            route=st.sampled_from([*routes.ROUTES, "$default"]),
            path=st.dictionaries(st.sampled_from(("id", "level", "chunk")), texts),
            here=st.booleans(),
            query=st.dictionaries(st.sampled_from(names), texts),
            given_headers=st.dictionaries(st.sampled_from(header_names), headers),
            body=st.none() | st.text(max_size=60) | st.just('{"audit": "x"}'),
            encoded=st.booleans(),
        )
        def ask(
            route: str,
            path: dict[str, str],
            here: bool,
            query: dict[str, str],
            given_headers: dict[str, str],
            body: str | None,
            encoded: bool,
        ) -> None:
            event = {
                "routeKey": route,
                "pathParameters": path | ({"id": NAME} if here else {}),
                "queryStringParameters": query,
                "headers": given_headers,
                "requestContext": {"requestId": f"request-{next(world.requests)}", "http": {"method": "GET"}},
                "isBase64Encoded": encoded,
            } | ({} if body is None else {"body": body})
            before = world.totals()[SENT]
            world.now += timedelta(seconds=1)
            answer = handler.lambda_handler(event, Context())
            assert answer["statusCode"] in (200, 204, 400, 401, 404, 406, 409, 413)
            if answer["statusCode"] == 200 and route == FRAMES:
                assert world.totals()[SENT] - before == len(base64.b64decode(answer["body"]))
            else:
                assert world.totals()[SENT] == before

        ask()
