"""What every handler begins and ends with: a clean log context, an id that follows the work, an answer to surprises."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from kaizen.runtime.http import Event, Response, problem, request_id
from kaizen.runtime.log import correlate, logger


def http_function(handler: Callable[[Event, Any], Response]) -> Callable[[Event, Any], Response]:
    """For a door: the gateway's request id is on every line; what nobody expected is logged and answered with 500."""

    @logger.inject_lambda_context(clear_state=True)
    @wraps(handler)
    def run(event: Event, context: Any) -> Response:
        return _answered(handler, event, context)

    return run


def background_function[E, R](handler: Callable[[E, Any], R]) -> Callable[[E, Any], R]:
    """For queues and schedules: the invocation's id is on every line until a message brings one of its own.

    What is raised stays raised: Lambda tries again, and at last tells the failure's destination.
    """

    @logger.inject_lambda_context(clear_state=True)
    @wraps(handler)
    def run(event: E, context: Any) -> R:
        _name(handler, context.aws_request_id)
        return handler(event, context)

    return run


def queue_function(
    fault: str,
    work: Callable[[dict[str, Any]], object],
    again: Callable[[dict[str, Any], Exception], object] | None = None,
) -> Callable[[dict[str, Any], Any], Response]:
    """For a queue's batch: `work` takes one message after the other; one that raises fails alone, and none is lost.

    The function reports the messages that failed; the queue tries them again and moves them to its dead-letter queue.
    `fault` is the log line for such a message. `again` tells the queue when it comes back, by what went wrong, and
    raises nothing; without it, that is when the queue's visibility time-out is over.
    """
    return background_function(each_message(fault, work, again))


def each_message(
    fault: str,
    work: Callable[[dict[str, Any]], object],
    again: Callable[[dict[str, Any], Exception], object] | None = None,
) -> Callable[[dict[str, Any], Any], Response]:
    """What `queue_function` wraps, for `either_function`: a queue beside a door."""

    @wraps(work)
    def run(event: dict[str, Any], context: Any) -> Response:
        failed = []
        for message in event["Records"]:
            try:
                work(message)
            except Exception as error:  # noqa: BLE001 - it must not fail its neighbours, whatever is wrong with it
                logger.exception(fault, message_id=message["messageId"], error=type(error).__name__)
                failed.append({"itemIdentifier": message["messageId"]})
                if again is not None:
                    again(message, error)
        return {"batchItemFailures": failed}

    return run


def either_function[E: Mapping[str, Any], R](
    door: Callable[[Event, Any], Response], work: Callable[[E, Any], R]
) -> Callable[[E, Any], R | Response]:
    """For a function with a door and a schedule or queue: a request of the gateway goes to `door`, all else to `work`.

    Each as if it were the only one; neither may be wrapped yet.
    """

    @logger.inject_lambda_context(clear_state=True)
    @wraps(work)
    def run(event: E, context: Any) -> R | Response:
        if "requestContext" in event:
            return _answered(door, event, context)
        _name(work, context.aws_request_id)
        return work(event, context)

    return run


def _answered(handler: Callable[[Event, Any], Response], event: Event, context: Any) -> Response:
    _name(handler, request_id(event) or context.aws_request_id)
    try:
        return handler(event, context)
    except Exception as error:  # noqa: BLE001 - whoever waits at a door gets an answer
        logger.exception("unexpected", error=type(error).__name__)
        return problem(500, "Internal Server Error", "this is our fault; the log knows more")


def _name(handler: Callable[..., Any], correlation_id: str) -> None:
    logger.append_keys(service=handler.__module__.partition(".")[0])  # the feature's folder
    correlate(correlation_id)
