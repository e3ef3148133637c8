"""A stream that failed comes back after seconds, in its order, and the others are left alone (SQS played by moto)."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto.sqs.models import Queue

from kaizen.phase.arrival import Arrival
from local.aws import fifo
from phase_downsampler import handler
from phase_downsampler.waiting import Waiting
from tests.contract.downsampler_world import OTHER, Context, World, downsampler_world, message, producer
from tests.unit.downsampler.world import NAME

VISIBILITY = 360  # the template's


class Frames:
    """The queue with moto's clock in hand."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self._sqs, self._url = world.sqs, world.frames
        self._now = 1_800_000_000_000.0
        monkeypatch.setattr("moto.sqs.models.unix_time_millis", lambda *_: self._now)

    def send(self, arrival: Arrival) -> None:
        name = f"{arrival.stream}-{arrival.first_seq}"
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=arrival.body(),
            MessageGroupId=arrival.stream,
            MessageDeduplicationId=name,
        )

    def later(self, seconds: float) -> None:
        self._now += seconds * 1000

    def receive(self, most: int = 10) -> list[dict[str, Any]]:
        """Records as Lambda makes them."""
        answer: Any = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=most, AttributeNames=["All"], VisibilityTimeout=VISIBILITY
        )
        return [
            message(each["Body"]) | {
                "messageId": each["MessageId"],
                "receiptHandle": each["ReceiptHandle"],
                "attributes": each["Attributes"],
            }
            for each in answer.get("Messages", [])
        ]  # fmt: skip

    def taken(self, records: list[dict[str, Any]], failed: list[str]) -> None:
        """As Lambda does after a report."""
        for each in records:
            if each["messageId"] not in failed:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["receiptHandle"])


@pytest.fixture
def world() -> Iterator[World]:
    with downsampler_world() as made:
        yield made


@pytest.fixture
def frames(world: World, monkeypatch: pytest.MonkeyPatch) -> Frames:
    monkeypatch.setattr(Queue, "pending_message_groups", Queue.pending_message_groups)  # put back in the end
    fifo.keep_order()
    return Frames(world, monkeypatch)


def first_seqs(records: list[dict[str, Any]]) -> list[tuple[str, int]]:
    arrivals = [Arrival.read(each["body"]) for each in records]
    return [(each.stream, each.first_seq) for each in arrivals]


def failing(monkeypatch: pytest.MonkeyPatch, stream: str, times: int) -> None:
    """The stream's next tries fail."""
    left = [times]
    apply = type(handler.downsampler()).apply

    def fail(self: Any, arrival: Arrival, *rest: Any) -> Any:
        if arrival.stream == stream and left[0]:
            left[0] -= 1
            raise RuntimeError("a fault that passes")
        return apply(self, arrival, *rest)

    monkeypatch.setattr(type(handler.downsampler()), "apply", fail)


def test_a_failed_group_comes_back_after_the_back_off(
    world: World, frames: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, beside = producer(), producer(OTHER)
    failing(monkeypatch, NAME, 2)
    for arrival in (world.post(given, 0, 9), world.post(beside, 0, 9), world.post(given, 10, 19)):
        frames.send(arrival)
    for wait in (2, 4):  # without, the stream stood still for VISIBILITY seconds
        records = frames.receive()
        frames.taken(records, world.call({"Records": records}))
        assert world.stream(OTHER).epoch.last_seq == 9
        frames.send(world.post(beside, 5 + 5 * wait, 9 + 5 * wait))
        frames.later(wait - 0.1)
        records = frames.receive()
        assert {stream for stream, _ in first_seqs(records)} == {OTHER}
        frames.taken(records, [])
        frames.later(0.2)
    records = frames.receive(1)
    assert first_seqs(records) == [(NAME, 0)]
    frames.taken(records, world.call({"Records": records}))
    records = frames.receive()
    assert first_seqs(records) == [(NAME, 10)]
    frames.taken(records, world.call({"Records": records}))
    assert world.stream().epoch.last_seq == 19
    assert world.metric("phase_gaps_total").get((NAME,), 0) == 0


def test_a_group_in_work_elsewhere_keeps_its_time_out(
    world: World, frames: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, NAME, 1)
    frames.send(world.post(producer(OTHER), 0, 9))
    (elsewhere,) = frames.receive()
    frames.send(world.post(producer(), 0, 9))
    records = frames.receive()
    assert world.call({"Records": records}) == [records[0]["messageId"]]
    frames.later(VISIBILITY - 1)
    assert first_seqs(frames.receive()) == [(NAME, 0)]
    frames.later(2)
    assert [each["messageId"] for each in frames.receive()] == [elsewhere["messageId"]]


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied", "Message": "x"}}, "ChangeMessageVisibilityBatch"),
        ReadTimeoutError(endpoint_url="https://aws.invalid"),
    ],
    ids=["forbidden", "silent"],
)
def test_the_report_stands_when_nothing_can_be_postponed(
    world: World, frames: Frames, monkeypatch: pytest.MonkeyPatch, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    failing(monkeypatch, NAME, 1)
    frames.send(world.post(producer(), 0, 9))
    records = frames.receive()

    class Down:
        def change_message_visibility_batch(self, **_: Any) -> Any:
            raise error

    sqs: Any = Down()
    monkeypatch.setattr(handler, "waiting", lambda: Waiting(sqs, world.frames))
    assert world.call({"Records": records}) == [records[0]["messageId"]]
    assert "not postponed" in caplog.messages
    frames.later(VISIBILITY - 1)
    assert frames.receive() == []
    frames.later(2)
    assert len(frames.receive()) == 1


def test_a_receipt_that_is_no_more_is_logged(
    world: World, frames: Frames, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failing(monkeypatch, NAME, 1)
    frames.send(world.post(producer(), 0, 9))
    records = [frames.receive()[0] | {"receiptHandle": "gone"}]
    assert world.call({"Records": records}) == [records[0]["messageId"]]
    (told,) = [each for each in caplog.records if each.getMessage() == "not postponed"]
    assert vars(told)["reason"] == "ReceiptHandleIsInvalid"


def test_without_time_nothing_is_postponed_and_the_report_is_not_lost(world: World, frames: Frames) -> None:
    frames.send(world.post(producer(), 0, 9))
    records = frames.receive()
    assert world.call({"Records": records}, Context((4_999,))) == [records[0]["messageId"]]
    frames.later(VISIBILITY - 1)
    assert frames.receive() == []
