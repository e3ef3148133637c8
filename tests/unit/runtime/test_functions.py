"""What is around every handler: the lines' id and service, the answer to a surprise, the cause of a shut door."""

import importlib
import json
from collections.abc import Iterator
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from kaizen.phase.arrival import Arrival, correlation
from kaizen.runtime.again import Again
from kaizen.runtime.failures import Cause, cause, unavailable
from kaizen.runtime.functions import background_function, http_function, queue_function
from kaizen.runtime.log import correlate, correlation_id, logger
from kaizen.runtime.secrets import SecretError, SecretMissingError
from kaizen.storage.transact import CancelledError
from tests.architecture.house import features

CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=512, invoked_function_arn="arn:aws:lambda:x", aws_request_id="invocation"
)
REQUEST = {"requestContext": {"requestId": "request"}}


@pytest.fixture(autouse=True)
def log() -> Iterator[StringIO]:
    """What the logger writes in this test."""
    stream = StringIO()
    before = logger.registered_handler.setStream(stream)  # type: ignore[attr-defined]  # it is a StreamHandler
    yield stream
    logger.registered_handler.setStream(before)  # type: ignore[attr-defined]
    logger.clear_state()


def lines(log: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_door_logs_with_the_gateways_id(log: StringIO) -> None:
    @http_function
    def door(event: Any, context: Any) -> dict[str, Any]:
        logger.info("hello")
        return {"statusCode": 200}

    assert door(REQUEST, CONTEXT) == {"statusCode": 200}
    door({}, CONTEXT)
    first, second = lines(log)
    assert (first["correlation_id"], first["service"]) == ("request", door.__module__.partition(".")[0])
    assert second["correlation_id"] == "invocation"


def test_what_nobody_expected_is_answered_and_logged(log: StringIO) -> None:
    @http_function
    def door(event: Any, context: Any) -> dict[str, Any]:
        raise ZeroDivisionError("between us")

    answer = door(REQUEST, CONTEXT)
    assert answer["statusCode"] == json.loads(answer["body"])["status"] == 500
    assert "between us" not in answer["body"]
    (line,) = lines(log)
    assert (line["message"], line["error"], line["correlation_id"]) == ("unexpected", "ZeroDivisionError", "request")
    assert "ZeroDivisionError: between us" in line["exception"]


def test_in_the_background_a_failure_stays_one() -> None:
    @background_function
    def work(event: str, context: Any) -> str:
        if event == "bad":
            raise ZeroDivisionError
        return correlation_id()

    assert work("good", CONTEXT) == "invocation"
    with pytest.raises(ZeroDivisionError):
        work("bad", CONTEXT)


def test_a_messages_id_does_not_outlive_the_invocation() -> None:
    @background_function
    def work(event: str, context: Any) -> str:
        before = correlation_id()
        correlate(event)
        logger.append_keys(left="over")
        return before

    work("message", CONTEXT)
    assert work("message", CONTEXT) == "invocation"


def test_ids_are_bounded() -> None:
    correlate("x" * 10_000)
    assert len(correlation_id()) == 128


@pytest.mark.parametrize("feature", features())
def test_every_handler_is_wrapped(feature: str) -> None:
    handler = importlib.import_module(f"{feature}.handler").lambda_handler
    assert handler.__wrapped__.__code__.co_filename.endswith("kaizen/runtime/functions.py")


def test_an_arrival_carries_the_id_of_its_request() -> None:
    arrival = Arrival("kuramoto", 1, 2, 3, "key", "zstd", 5)
    assert correlation(arrival.body("request-1")) == "request-1"
    assert Arrival.read(arrival.body("request-1")) == arrival
    assert [correlation(text) for text in (arrival.body(), "[]", "{", '{"correlation_id": 5}')] == [""] * 4


def answered(code: str, status: int = 400, *reasons: str) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "m"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(response, "Operation")


def behind(error: Exception, outer: Exception) -> Exception:
    """As a library wraps it: the AWS error is context only, and ours stands on that."""
    try:
        try:
            try:
                raise error
            except Exception:  # noqa: BLE001
                raise RuntimeError("the library's own")  # noqa: B904 - that is the point
        except RuntimeError as middle:
            raise outer from middle
    except Exception as caught:  # noqa: BLE001
        return caught


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (answered("AccessDeniedException"), "denied"),
        (answered("AccessDenied", 403), "denied"),
        (answered("ExpiredTokenException"), "denied"),
        (NoCredentialsError(), "denied"),
        (answered("ThrottlingException"), "throttled"),
        (answered("ProvisionedThroughputExceededException"), "throttled"),
        (answered("SlowDown", 503), "throttled"),
        (answered("TransactionCanceledException", 400, "None", "ThrottlingError"), "throttled"),
        (answered("TransactionCanceledException", 400, "None", "TransactionConflict"), "conflict"),
        (CancelledError(answered("TransactionInProgressException"), ["TransactionInProgress"]), "conflict"),
        (ReadTimeoutError(endpoint_url="https://e"), "timeout"),
        (ConnectTimeoutError(endpoint_url="https://e"), "timeout"),
        (EndpointConnectionError(endpoint_url="https://e"), "unreachable"),
        (answered("ResourceNotFoundException"), "missing"),
        (answered("NoSuchBucket", 404), "missing"),
        (answered("AWS.SimpleQueueService.NonExistentQueue"), "missing"),
        (SecretMissingError("none"), "missing"),
        (answered("InternalServerError", 500), "failed"),
        (answered("ValidationException"), "other"),
        (ValueError("x"), "other"),
        (behind(answered("AccessDeniedException"), SecretError("x")), "denied"),
        (behind(ReadTimeoutError(endpoint_url="https://e"), SecretError("x")), "timeout"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_cause(error: Exception, expected: Cause) -> None:
    assert cause(error) == expected


def test_a_shut_door_says_why_in_the_log_alone(log: StringIO) -> None:
    answer = unavailable(answered("AccessDeniedException"), "try again", 7)
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "7")
    assert json.loads(answer["body"])["detail"] == "try again"
    assert "Denied" not in answer["body"]
    (line,) = lines(log)
    assert (line["message"], line["cause"], line["error"]) == ("not served", "denied", "ClientError")
    assert "AccessDeniedException" in line["reason"]


def test_one_message_of_a_batch_fails_alone(log: StringIO) -> None:
    worked = []

    def work(message: dict[str, Any]) -> None:
        if message["body"] == "poison":
            raise ValueError("of no use")
        worked.append(message["body"])

    batch = {"Records": [{"messageId": name, "body": name} for name in ("first", "poison", "last")]}
    answer = queue_function("message not taken", work)(batch, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "poison"}]}
    assert worked == ["first", "last"]
    (line,) = lines(log)
    assert (line["message"], line["message_id"], line["error"]) == ("message not taken", "poison", "ValueError")
    assert line["service"] == work.__module__.partition(".")[0]


class Queue:
    """SQS, which keeps what it is told; `error` is raised instead."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.told: list[dict[str, Any]] = []

    def change_message_visibility(self, **given: Any) -> None:
        if self.error is not None:
            raise self.error
        self.told.append(given)


def failing(queue: Queue, received: int) -> dict[str, Any]:
    """What the function reports of a message that has failed so many times."""

    def work(message: dict[str, Any]) -> None:
        raise ValueError("of no use")

    again: Any = Again(queue, "the queue")  # type: ignore[arg-type]
    attributes = {"ApproximateReceiveCount": str(received)}
    message = {"messageId": "m", "receiptHandle": f"receipt-{received}", "body": "", "attributes": attributes}
    return queue_function("message not taken", work, again)({"Records": [message]}, CONTEXT)


def test_a_message_that_failed_comes_back_soon_and_then_as_the_queue_says() -> None:
    queue = Queue()
    for received in range(1, 6):
        assert failing(queue, received) == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    assert queue.told == [
        {"QueueUrl": "the queue", "ReceiptHandle": f"receipt-{received}", "VisibilityTimeout": seconds}
        for received, seconds in ((1, 2), (2, 15))
    ]


@pytest.mark.parametrize(("received", "asked", "seconds"), [(1, 30, 30), (2, 1, 15), (7, 1, 1), (7, 5000, 900)])
def test_a_message_comes_back_after_the_pause_that_somebody_asked_for(received: int, asked: int, seconds: int) -> None:
    queue = Queue()
    message = {"attributes": {"ApproximateReceiveCount": str(received)}, "receiptHandle": "receipt"}
    error = ValueError("of no use")
    error.pause = asked  # type: ignore[attr-defined]
    Again(queue, "the queue")(message, error)  # type: ignore[arg-type]
    assert queue.told == [{"QueueUrl": "the queue", "ReceiptHandle": "receipt", "VisibilityTimeout": seconds}]


@pytest.mark.parametrize("error", [answered("ThrottlingException"), ReadTimeoutError(endpoint_url="https://sqs")])
def test_a_queue_that_does_not_listen_loses_no_report(error: Exception) -> None:
    assert failing(Queue(error), 1) == {"batchItemFailures": [{"itemIdentifier": "m"}]}
