"""SQS batch -> one transaction per delivery -> the failed ones go back alone."""

import json
import os
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from kaizen.events.github import GithubIssue, MalformedEventError
from kaizen.policy.store import current_policy
from kaizen.runtime.log import logger
from kaizen.runtime.settings import Settings
from kaizen.times import utc_now
from ticket_tracker.store import TicketStore
from ticket_tracker.tracking import track

# A batch of ten shares the function's 30 s.
_CLIENT = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})


@dataclass(frozen=True)
class TrackerSettings(Settings):
    tickets_table: str
    metrics_table: str
    policy_parameter: str


@cache
def settings() -> TrackerSettings:
    return TrackerSettings.from_env(os.environ)


@cache
def store() -> TicketStore:
    client = boto3.client("dynamodb", config=_CLIENT)
    return TicketStore(client, settings().tickets_table, settings().metrics_table)


def read_event(message: dict[str, Any]) -> GithubIssue:
    """The event in a message that the bus put in the queue. Raises MalformedEventError."""
    try:
        envelope = json.loads(message["body"])
        detail = envelope["detail"]
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEventError(f"not an event of the bus: {type(error).__name__}") from error
    if not isinstance(detail, dict):
        raise MalformedEventError("the detail is not an object")
    return GithubIssue.from_detail(detail)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Reports the messages that failed; the queue tries them again and moves them to its dead-letter queue."""
    failed = []
    for message in event["Records"]:
        try:
            delivery = read_event(message)
            result = track(delivery, store(), current_policy(settings().policy_parameter), utc_now(), time.sleep)
            logger.info("delivery applied", result=result, delivery_id=delivery.delivery_id, action=delivery.action)
        except Exception as error:  # noqa: BLE001 - one message must not fail its neighbours, whatever is wrong with it
            logger.exception("delivery not applied", message_id=message["messageId"], error=type(error).__name__)
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}
