"""SQS batch -> one transaction per delivery -> the failed ones go back alone."""

import json
import os
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from kaizen.events.bus import Publisher
from kaizen.events.detail import correlation_of
from kaizen.events.github import GithubIssue, MalformedEventError
from kaizen.events.ticket import SOURCE
from kaizen.policy.store import current_policy
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import background_function
from kaizen.runtime.log import correlate, logger
from kaizen.runtime.settings import Settings
from kaizen.times import utc_now
from ticket_tracker.store import TicketStore
from ticket_tracker.telling import changed
from ticket_tracker.tracking import track

# A batch of ten shares the function's 30 s.
_LIMITS = Limits(connect=1, read=5, attempts=3)


@dataclass(frozen=True)
class TrackerSettings(Settings):
    event_bus_name: str
    tickets_table: str
    metrics_table: str
    policy_parameter: str


@cache
def settings() -> TrackerSettings:
    return TrackerSettings.from_env(os.environ)


@cache
def store() -> TicketStore:
    return TicketStore(client("dynamodb", _LIMITS), settings().tickets_table, settings().metrics_table)


@cache
def publisher() -> Publisher:
    return Publisher(client("events", _LIMITS), settings().event_bus_name, SOURCE)


def read_event(message: dict[str, Any]) -> GithubIssue:
    """The event in a message of the queue, whose id is on all lines from now on. Raises MalformedEventError."""
    correlate(message["messageId"])
    try:
        envelope = json.loads(message["body"])
        detail = envelope["detail"]
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEventError(f"not an event of the bus: {type(error).__name__}") from error
    if not isinstance(detail, dict):
        raise MalformedEventError("the detail is not an object")
    correlate(correlation_of(detail) or message["messageId"])
    return GithubIssue.from_detail(detail)


@background_function
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Reports the messages that failed; the queue tries them again and moves them to its dead-letter queue."""
    failed = []
    for message in event["Records"]:
        try:
            delivery = read_event(message)
            result = track(delivery, store(), current_policy(settings().policy_parameter), utc_now(), time.sleep)
            publisher().publish(changed(delivery))
            logger.info("delivery applied", result=result, delivery_id=delivery.delivery_id, action=delivery.action)
        except Exception as error:  # noqa: BLE001 - one message must not fail its neighbours, whatever is wrong with it
            logger.exception("delivery not applied", message_id=message["messageId"], error=type(error).__name__)
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}
