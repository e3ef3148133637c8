"""POST /phase/frames over moto: what is acknowledged is stored, queued and counted; what is refused leaves nothing."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from kaizen.phase import keys
from kaizen.phase.arrival import Arrival
from kaizen.phase.coding import CODINGS, compress, decompress
from kaizen.phase.decode import decode_all
from kaizen.phase.wire import MEDIA_TYPE
from kaizen.policy.store import DEFAULT_FILE
from kaizen.runtime.log import logger
from phase_ingest import handler
from phase_ingest.checks import microseconds
from tests.contract.ingest_world import (
    EVENT,
    STREAM,
    TOKEN,
    TOKEN_PARAMETER,
    World,
    content,
    event_of,
    ingest_world,
    new_process,
)
from tests.contract.phase_aws import BUCKET, METRICS, POLICY_PARAMETER
from tests.factories import NOW
from tests.unit.ingest.posts import DOCUMENT, EPOCH, T0_US, config_message, json_body, messages_of, stream_in


@pytest.fixture
def world() -> Iterator[World]:
    with ingest_world() as made:
        yield made


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """What the function logs; its logger does not propagate by itself."""
    monkeypatch.setattr(logging.getLogger(logger.service), "propagate", True)
    return caplog


def refused(response: Any) -> tuple[int, str, str]:
    """Status, reason and sentence of a problem, which every door dresses alike."""
    problem = content(response)
    assert response["headers"]["content-type"] == "application/problem+json"
    assert response["headers"]["phase-schema"] == "1.0.0"
    assert problem["status"] == response["statusCode"]
    return problem["status"], problem["reason"], problem["detail"]


def nothing_is_left(world: World) -> bool:
    return not world.objects() and not world.messages()


def test_the_sample_event_is_taken(world: World) -> None:
    response = world.call(EVENT)
    assert response["statusCode"] == 202
    assert content(response) == {"stream": "kuramoto", "epoch": 1_740_000_000, "frames": 5, "seq": 4}
    (arrival,) = world.arrivals()
    decoded = list(decode_all(decompress(arrival.coding, world.objects("raw/")[arrival.key], 1 << 20)))
    assert decoded[0].document == {"ranges": [[0, 6]], "strata": [[0, 4], [1, 2]]}
    assert [message.header.n_frames for message in decoded] == [0, 1, 4]
    frames = decoded[2].frames
    assert frames is not None
    assert frames.missing is not None
    missing = frames.missing
    assert [tuple(map(int, cell)) for cell in zip(*missing.nonzero(), strict=True)] == [(1, 4)]


@pytest.mark.parametrize(
    ("coding", "with_mask"), [*((coding, True) for coding in CODINGS), ("identity", False), ("", False)]
)
def test_a_body_is_kept_as_it_came(world: World, coding: str, with_mask: bool) -> None:
    named = coding or "identity"
    body = compress(named, messages_of(with_mask=with_mask))
    response = world.post(body, content_encoding=coding or None)
    assert response["statusCode"] == 202
    assert content(response) == {"stream": STREAM, "epoch": EPOCH, "frames": 5, "seq": 4}
    assert response["headers"]["content-type"] == "application/json"
    assert response["headers"]["phase-schema"] == "1.0.0"
    digest = sha256(body).hexdigest()[:16]
    key = keys.raw(STREAM, EPOCH, 0, 4, digest)
    assert world.objects() == {key: body, keys.rows(STREAM, EPOCH): config_message()}
    stored = world.s3.head_object(Bucket=BUCKET, Key=key)
    assert stored["ContentType"] == MEDIA_TYPE
    assert stored.get("ContentEncoding", "identity") == named
    (message,) = world.messages()
    assert Arrival.read(message["Body"]) == Arrival(STREAM, EPOCH, 0, 4, key, named, microseconds(NOW))
    attributes = message["Attributes"]
    assert attributes["MessageGroupId"] == STREAM
    wanted = sha256(f"{STREAM}/{EPOCH}/0-4/{digest}".encode()).hexdigest()
    assert attributes["MessageDeduplicationId"] == wanted
    assert world.metric("phase_frames_received_total") == {(STREAM,): 5}
    assert world.metric("phase_posts_refused_total") == {}


def test_frames_that_follow_need_no_config(world: World) -> None:
    assert world.post(messages_of())["statusCode"] == 202
    for number in (5, 10):
        assert content(world.post(messages_of(number)))["seq"] == number + 4
    new_process()  # which asks the bucket for the rows
    assert world.post(messages_of(15))["statusCode"] == 202
    assert [arrival.last_seq for arrival in world.arrivals()] == [4, 9, 14, 19]
    assert world.metric("phase_frames_received_total") == {(STREAM,): 20}


def test_small_clients_post_json(world: World) -> None:
    assert content(world.post(json_body(), content_type="application/json")) == {
        "stream": STREAM, "epoch": EPOCH, "frames": 3, "seq": 2,
    }  # fmt: skip
    more = json_body(first_seq=3, t0_us=T0_US + 300_000, ids=None)
    assert content(world.post(more, content_type="application/json"))["seq"] == 5
    arrivals = world.arrivals()
    assert [arrival.coding for arrival in arrivals] == ["zstd", "zstd"]
    assert {arrival.key for arrival in arrivals} == set(world.objects("raw/"))


def test_a_body_that_is_posted_again_is_the_same(world: World) -> None:
    """An answer may get lost: the same post again, even by another process, changes nothing."""
    for body, kind in ((messages_of(), MEDIA_TYPE), (json_body(epoch=EPOCH + 1), "application/json")):
        first = world.post(body, content_type=kind)
        kept = world.objects()
        new_process()
        again = world.call(event_of(body, content_type=kind), NOW + timedelta(minutes=1))
        assert (again["statusCode"], again["body"]) == (202, first["body"])
        assert world.objects() == kept
    assert len(world.messages()) == 2  # the queue dropped the other two by their ids


def test_a_config_may_come_again_but_not_change(world: World) -> None:
    assert world.post(messages_of())["statusCode"] == 202
    assert world.post(messages_of(5, with_config=True))["statusCode"] == 202
    other = config_message(DOCUMENT | {"strata": [[0, 5]]}) + messages_of(10)
    for _ in range(2):
        answer = world.post(other)
        assert refused(answer) == (409, "rows", f"epoch {EPOCH} already has other rows: start a new epoch")
        new_process()
    assert world.objects("rows/") == {keys.rows(STREAM, EPOCH): config_message()}
    assert len(world.objects("raw/")) == len(world.messages()) == 2


@pytest.mark.parametrize("same", [True, False])
def test_two_processes_post_the_first_frames_at_the_same_time(
    world: World, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    """The other's whole post runs between this one's checks and its first write."""
    document = DOCUMENT if same else DOCUMENT | {"strata": [[0, 5]]}
    mine = config_message() + messages_of(5)
    theirs = config_message(document) + messages_of(0, with_config=False)
    store = handler.store()
    original = type(store).put_rows
    inside: list[int] = []

    def late(self: Any, *given: Any) -> bool:
        monkeypatch.setattr(type(store), "put_rows", original)
        new_process()
        inside.append(world.post(theirs)["statusCode"])
        return original(self, *given)

    monkeypatch.setattr(type(store), "put_rows", late)
    outside = world.post(mine)
    assert inside == [202]
    assert outside["statusCode"] == (202 if same else 409)
    assert world.objects("rows/") == {keys.rows(STREAM, EPOCH): config_message(document)}
    assert len(world.messages()) == (2 if same else 1)


def test_unknown_rows(world: World) -> None:
    answer = world.post(messages_of(5))
    assert refused(answer) == (409, "config", f"the rows of epoch {EPOCH} are not known: send the CONFIG first")
    assert nothing_is_left(world)


def test_rows_that_are_not_the_epochs(world: World) -> None:
    world.post(messages_of())
    for _ in range(2):
        answer = world.post(messages_of(5, rows=7))
        assert refused(answer) == (400, "count", f"the frames have 7 rows, epoch {EPOCH} has 5")
        new_process()


def test_an_epoch_that_is_over(world: World) -> None:
    world.put_stream(stream_in(EPOCH + 3))
    answer = world.post(messages_of())
    assert refused(answer)[:2] == (409, "stale")
    assert content(answer)["epoch"] == EPOCH + 3
    assert nothing_is_left(world)
    assert world.post(messages_of(epoch=EPOCH + 3))["statusCode"] == 202
    assert world.post(messages_of(epoch=EPOCH + 4))["statusCode"] == 202


def test_frames_of_the_future(world: World) -> None:
    before = NOW.fromtimestamp((T0_US + 400_000) / 1e6, NOW.tzinfo) - timedelta(minutes=5)
    answer = world.call(event_of(messages_of()), before - timedelta(seconds=1))
    assert refused(answer)[:2] == (400, "future")
    assert nothing_is_left(world)
    assert world.call(event_of(messages_of()), before)["statusCode"] == 202


def test_without_the_token_nothing_is_looked_at(world: World) -> None:
    wrong = [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer é"]
    for authorization in wrong:
        for name in ("frames", "uploads"):
            answer = world.post(b"x", name, {"stream": "unknown"}, authorization=authorization)
            assert refused(answer) == (401, "token", "send the producers' token as Authorization: Bearer")
            assert answer["headers"]["www-authenticate"] == 'Bearer realm="phase producers"'
    assert world.metric("phase_posts_refused_total") == {("401",): 2 * len(wrong)}
    assert nothing_is_left(world)


def test_a_token_is_rotated_without_a_refused_post(world: World) -> None:
    def rotate(value: str) -> None:
        world.ssm.put_parameter(Name=TOKEN_PARAMETER, Value=value, Type="SecureString", Overwrite=True)
        new_process()

    rotate(f"brand-new {TOKEN}")
    assert world.post(messages_of())["statusCode"] == 202
    assert world.post(messages_of(5), authorization="Bearer brand-new")["statusCode"] == 202
    rotate("brand-new")
    assert world.post(messages_of(10))["statusCode"] == 401


@pytest.mark.parametrize("name", ["frames", "uploads"])
def test_streams_are_those_of_the_policy(world: World, name: str) -> None:
    answer = world.post(messages_of(), name, {"stream": "lab"})
    assert refused(answer)[:2] == (404, "stream")
    assert "[[streams]]" in content(answer)["detail"]
    assert refused(world.post(messages_of(), name, {}))[:2] == (400, "stream")
    policy = DEFAULT_FILE.read_text(encoding="utf-8")
    world.ssm.put_parameter(Name=POLICY_PARAMETER, Value=f'{policy}\n[[streams]]\nid = "lab"\n', Type="String")
    new_process()
    assert world.post(messages_of(), name, {"stream": "lab"})["statusCode"] in (201, 202)


@pytest.mark.parametrize("name", ["frames", "uploads"])
def test_another_major_is_shown_the_way_out(world: World, name: str) -> None:
    answer = world.post(b"x", name, phase_schema="2.0.0")
    assert answer["statusCode"] == 406
    problem = content(answer)
    assert (problem["verdict"], problem["supported"]) == ("client_too_new", [{"major": 1, "min": 0, "max": 0}])
    assert problem["upgrade"]["who"] == "server"
    assert answer["headers"]["phase-schema"] == "1.0.0"
    assert world.metric("phase_posts_refused_total") == {("406",): 1}
    assert nothing_is_left(world)


def test_a_client_of_a_known_version_is_served(world: World) -> None:
    assert world.post(messages_of(), phase_schema="1.0.0")["statusCode"] == 202
    assert world.post(messages_of(5), phase_schema="dev")["statusCode"] == 202


def test_bodies_at_fault(world: World) -> None:
    json_type = {"content_type": "application/json"}
    faults: list[tuple[bytes, dict[str, Any], int, str]] = [
        (messages_of(), {"content_type": "text/plain"}, 415, "content-type"),
        (messages_of(), {"content_type": None}, 415, "content-type"),
        (messages_of(), {"content_encoding": "deflate"}, 415, "content-encoding"),
        (messages_of(), {"content_encoding": "zstd"}, 400, "coding"),
        (b"", {}, 400, "empty"),
        (messages_of()[:-1], {}, 400, "truncated"),
        (messages_of(), json_type, 400, "json"),
        (json_body(frames=[[0, 1, "x"]]), json_type, 400, "phase"),
        (json_body(), {}, 400, "magic"),
    ]
    for body, headers, status, reason in faults:
        assert refused(world.post(body, **headers))[:2] == (status, reason)
    assert nothing_is_left(world)
    assert world.metric("phase_posts_refused_total") == {("400",): 6, ("415",): 3}


def test_other_routes(world: World) -> None:
    for event in (event_of(b"", "streams"), {}):
        assert refused(world.call(event))[:2] == (404, "route")


def test_what_is_logged(world: World, lines: pytest.LogCaptureFixture) -> None:
    """What became of each post; never a token, a body, or what a caller made up."""
    canary = "canary-7f3a"
    with lines.at_level(logging.DEBUG):
        world.post(messages_of())
        world.post(messages_of(), authorization=f"Bearer {canary}")
        world.post(messages_of(), query={"stream": canary})
        world.post(messages_of(), content_type=canary, content_encoding=canary)
        world.post(json_body(**{canary: 1}), content_type="application/json")
        world.post(config_message({"ids": [canary]}, rows=1), phase_schema=canary)
        world.post(b"", query={"stream": STREAM, "upload": canary})
        world.ssm.delete_parameter(Name=TOKEN_PARAMETER)
        new_process()
        world.post(messages_of(), authorization=f"Bearer {canary}")
        world.dynamodb.delete_table(TableName=METRICS)
        world.post(messages_of(), authorization=f"Bearer {canary}")
    logged = [str(vars(record)) for record in lines.records]
    ours = [vars(record) for record in lines.records if record.name == logger.service]
    assert not [line for line in logged if canary in line]
    assert not [line for line in logged if TOKEN in line and "service" in line]
    assert [(each["message"], each.get("status")) for each in ours[:3]] == [
        ("frames taken", None), ("post refused", 401), ("post refused", 404),
    ]  # fmt: skip
    assert {"stream": STREAM, "epoch": EPOCH, "frames": 5, "seq": 4}.items() <= ours[0].items()
    assert ours[-1]["message"] == "not counted"
