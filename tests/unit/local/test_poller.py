"""The poller leaves what failed to the queue's visibility time-out, as Lambda does (SQS played by moto)."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sqs.models import Queue

from local.aws import fifo
from local.aws.arrivals import Arrivals
from local.doors.poller import HURRY, Poller
from local.errors import LocalError
from local.lambda_.emulator import Invocation
from local.template import QueueSource

TIMEOUT = 360
Function = Callable[[list[dict[str, Any]]], Invocation]


def reports(*numbers: int) -> Function:
    """A function that reports these messages of its batch as failed."""
    return lambda batch: Invocation(
        {"batchItemFailures": [{"itemIdentifier": batch[each]["messageId"]} for each in numbers]}, ""
    )


def refuses(batch: list[dict[str, Any]]) -> Invocation:
    raise LocalError("it cannot be run")


class Played:
    """A FIFO queue, its poller, and moto's clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, hurry: int) -> None:
        self.sqs = boto3.client("sqs", region_name="eu-west-1")
        self.url = self.sqs.create_queue(
            QueueName="frames.fifo", Attributes={"FifoQueue": "true", "VisibilityTimeout": str(TIMEOUT)}
        )["QueueUrl"]
        self._now = 1_800_000_000_000.0
        monkeypatch.setattr("moto.sqs.models.unix_time_millis", lambda *_: self._now)
        self.function: Function = reports()
        self.batches: list[list[str]] = []
        arn = "arn:aws:sqs:eu-west-1:123456789012:frames.fifo"
        self.poller = Poller(
            QueueSource(arn, "F", 10, True), arn, self.sqs, self._invoke, lambda _: None, Arrivals(), hurry
        )

    def _invoke(self, name: str, event: Any) -> Invocation:
        self.batches.append([each["body"] for each in event["Records"]])
        return self.function(event["Records"])

    def send(self, *bodies: str) -> None:
        """A body's first letter is its group."""
        for body in bodies:
            self.sqs.send_message(
                QueueUrl=self.url, MessageBody=body, MessageGroupId=body[0], MessageDeduplicationId=body
            )

    def later(self, seconds: float) -> None:
        self._now += seconds * 1000

    def polled(self, function: Function) -> list[str]:
        """What the function was given; nothing if the queue gave out nothing."""
        self.function = function
        return self.batches[-1] if self.poller.poll() else []


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr(Queue, "pending_message_groups", Queue.pending_message_groups)  # put back in the end
    fifo.keep_order()
    with mock_aws():
        yield


@pytest.mark.parametrize("hurry", [1, HURRY])
@pytest.mark.parametrize("fail", [reports(0, 1), lambda _: Invocation(None, "Task timed out"), refuses])
def test_what_failed_waits_for_the_time_out(
    aws: None, monkeypatch: pytest.MonkeyPatch, fail: Function, hurry: int
) -> None:
    played = Played(monkeypatch, hurry)
    played.send("a1", "a2")
    assert played.polled(fail) == ["a1", "a2"]
    played.send("a3", "b1")
    assert played.polled(reports()) == ["b1"]  # the group stands still, behind what failed as well
    played.later(TIMEOUT / hurry - 0.1)
    assert played.polled(reports()) == []
    played.later(0.2)
    order = []
    while batch := played.polled(reports()):
        order += batch
    assert order == ["a1", "a2", "a3"]


def test_what_the_function_makes_visible_is_left_so(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played(monkeypatch, 1)

    def postpones(batch: list[dict[str, Any]]) -> Invocation:
        for each in batch:
            played.sqs.change_message_visibility(
                QueueUrl=played.url, ReceiptHandle=each["receiptHandle"], VisibilityTimeout=2
            )
        return reports(0)(batch)

    played.send("a1")
    assert played.polled(postpones) == ["a1"]
    played.later(1.9)
    assert played.polled(reports()) == []
    played.later(0.2)
    assert played.polled(reports()) == ["a1"]
    played.later(10 * TIMEOUT)
    assert played.polled(reports()) == []


def test_a_time_out_is_a_second_at_least(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Played(monkeypatch, 10_000).poller.visibility == 1
