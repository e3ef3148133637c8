"""AWS that does not answer: 503 with a time to try again, and nothing acknowledged that is not in bucket and queue."""

from collections.abc import Callable, Iterator
from typing import Any

import botocore.client
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from kaizen.policy.store import DEFAULT_FILE
from phase_ingest import handler
from tests.contract.ingest_world import (
    STREAM,
    TOKEN_PARAMETER,
    World,
    content,
    ingest_world,
    new_process,
)
from tests.contract.phase_aws import BUCKET, METRICS, POLICY_PARAMETER
from tests.unit.ingest.posts import EPOCH, messages_of

# Every call that a first post makes, in its order.
CALLS = ["GetParameter:token", "GetParameter:policy", "GetItem", "PutObject:rows", "PutObject:raw", "SendMessage"]
UNCOUNTED = "UpdateItem"

FAULTS: dict[str, Callable[[str], Exception]] = {
    "throttled": lambda call: ClientError({"Error": {"Code": "ThrottlingException", "Message": "x"}}, call),
    "forbidden": lambda call: ClientError({"Error": {"Code": "AccessDenied", "Message": "x"}}, call),
    "conflict": lambda call: ClientError({"Error": {"Code": "ConditionalRequestConflict", "Message": "x"}}, call),
    "internal": lambda call: ClientError({"Error": {"Code": "InternalError", "Message": "x"}}, call),
    "unreachable": lambda _: EndpointConnectionError(endpoint_url="https://aws.invalid"),
    "unconnected": lambda _: ConnectTimeoutError(endpoint_url="https://aws.invalid"),
    "silent": lambda _: ReadTimeoutError(endpoint_url="https://aws.invalid"),
}


@pytest.fixture
def world() -> Iterator[World]:
    with ingest_world() as made:
        yield made


def name_of(operation: str, request: Any) -> str:
    match operation:
        case "GetParameter":
            return "GetParameter:token" if request["Name"] == TOKEN_PARAMETER else "GetParameter:policy"
        case "PutObject" | "GetObject":
            return f"{operation}:{request['Key'].partition('/')[0]}"
    return operation


class Saboteur:
    """Records the calls of clients, and breaks one of them: before it works, or after (`done`), when nobody hears."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.broken: dict[str, Exception] = {}
        self.done = False
        base: Any = botocore.client.BaseClient  # its one way to AWS is not in the stubs
        original = base._make_api_call

        def call(client: Any, operation: str, request: Any) -> Any:
            name = name_of(operation, request)
            self.calls.append(name)
            if name in self.broken:
                if self.done:
                    original(client, operation, request)
                raise self.broken[name]
            return original(client, operation, request)

        monkeypatch.setattr(base, "_make_api_call", call)


@pytest.fixture
def saboteur(world: World, monkeypatch: pytest.MonkeyPatch) -> Saboteur:
    # A policy that is there, since one that is missing is no fault.
    world.ssm.put_parameter(Name=POLICY_PARAMETER, Value=DEFAULT_FILE.read_text(encoding="utf-8"), Type="String")
    return Saboteur(monkeypatch)


def test_the_calls_are_those_that_are_broken_below(world: World, saboteur: Saboteur) -> None:
    """A new call site without a test of its failure fails here."""
    assert world.post(messages_of())["statusCode"] == 202
    assert saboteur.calls == [*CALLS, UNCOUNTED]
    saboteur.calls.clear()
    assert world.post(messages_of(5))["statusCode"] == 202
    assert saboteur.calls == ["GetItem", "PutObject:raw", "SendMessage", UNCOUNTED]
    new_process()
    saboteur.calls.clear()
    assert world.post(messages_of(10))["statusCode"] == 202
    assert saboteur.calls == [each.replace("PutObject:rows", "GetObject:rows") for each in [*CALLS, UNCOUNTED]]


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", [*CALLS, "GetObject:rows"])
def test_a_call_that_fails_acknowledges_nothing(world: World, saboteur: Saboteur, call: str, done: bool) -> None:
    saboteur.done = done
    for epoch, fault in enumerate(FAULTS, start=EPOCH):
        # As a process does that knows nothing; the rows are read only when another one has settled them.
        first_seq = 5 if call == "GetObject:rows" else 0
        if first_seq:
            assert world.post(messages_of(epoch=epoch))["statusCode"] == 202
            assert len(world.messages()) == 1
        new_process()
        saboteur.broken = {call: FAULTS[fault](call)}
        answer = world.post(messages_of(first_seq, epoch))
        assert answer["statusCode"] == 503, fault
        assert answer["headers"]["content-type"] == "application/problem+json"
        assert answer["headers"]["retry-after"] == "5"
        assert answer["headers"]["phase-schema"] == "1.0.0"
        assert "aws" not in answer["body"].lower()  # the caller learns nothing of our insides
        # The same again, and all is well: what was half done is neither lost nor there twice.
        saboteur.broken = {}
        again = world.post(messages_of(first_seq, epoch))
        assert (again["statusCode"], content(again)["seq"]) == (202, first_seq + 4), fault
        (arrival,) = world.arrivals()
        assert (arrival.epoch, arrival.first_seq) == (epoch, first_seq)
        assert arrival.key in world.objects("raw/")
    assert world.metric("phase_posts_refused_total") == {("503",): len(FAULTS)}


@pytest.mark.parametrize("call", ["PutObject:raw", "SendMessage"])
def test_what_is_not_stored_is_not_queued(world: World, saboteur: Saboteur, call: str) -> None:
    saboteur.broken = {call: FAULTS["internal"](call)}
    assert world.post(messages_of())["statusCode"] == 503
    assert world.messages() == []
    assert len(world.objects("raw/")) == (1 if call == "SendMessage" else 0)


def test_a_post_that_cannot_be_counted_stands(world: World, saboteur: Saboteur) -> None:
    for epoch, fault in enumerate(FAULTS.values(), start=EPOCH):
        saboteur.broken = {UNCOUNTED: fault(UNCOUNTED)}
        assert world.post(messages_of(epoch=epoch))["statusCode"] == 202
        assert world.post(b"x")["statusCode"] == 400
        assert len(world.messages()) == 1


def test_stores_that_are_gone(world: World) -> None:
    world.sqs.delete_queue(QueueUrl=world.queue_url)
    assert world.post(messages_of())["statusCode"] == 503
    for key in world.objects():
        world.s3.delete_object(Bucket=BUCKET, Key=key)
    world.s3.delete_bucket(Bucket=BUCKET)
    new_process()
    assert world.post(messages_of())["statusCode"] == 503
    world.dynamodb.delete_table(TableName=METRICS)
    assert world.post(messages_of())["statusCode"] == 503


def test_a_missing_token_opens_nothing(world: World) -> None:
    world.ssm.delete_parameter(Name=TOKEN_PARAMETER)
    for authorization in (None, "Bearer", "Bearer "):
        answer = world.post(messages_of(), authorization=authorization)
        assert answer["statusCode"] == 503
        assert TOKEN_PARAMETER not in answer["body"]
    assert not world.objects()


@pytest.mark.parametrize("call", ["GetObject:uploads", "read"])
def test_an_upload_that_cannot_be_read(
    world: World, saboteur: Saboteur, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    key = f"uploads/{STREAM}/{'0' * 32}"
    world.s3.put_object(Bucket=BUCKET, Key=key, Body=messages_of())
    query = {"stream": STREAM, "upload": key}
    if call == "read":

        def broken(*_: Any, **__: Any) -> None:
            raise ResponseStreamingError(error="cut off")

        monkeypatch.setattr("botocore.response.StreamingBody.read", broken)
    else:
        saboteur.broken = {call: FAULTS["silent"](call)}
    assert world.post(b"", query=query)["statusCode"] == 503
    monkeypatch.undo()
    saboteur.broken = {}
    assert world.messages() == []
    assert world.post(b"", query=query)["statusCode"] == 202


def test_an_unknown_error_is_no_acknowledgement(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door answers 500, and the alarm on such answers rings."""

    def broken(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(type(handler.store()), "put_raw", broken)
    assert world.post(messages_of())["statusCode"] == 500
    assert world.messages() == []
