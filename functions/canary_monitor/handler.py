"""SQS batch -> one deployment's fact or one alarm each -> the failed ones go back alone."""

import os
import time
from functools import cache
from typing import Any

from canary_monitor.incoming import read_message
from canary_monitor.parts import LIMITS, CanarySettings, monitor
from kaizen.events.slack import SlackInteraction
from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.policy.store import current_policy
from kaizen.runtime.again import ONE_TRY, Again
from kaizen.runtime.clients import client
from kaizen.runtime.functions import queue_function
from kaizen.runtime.log import logger
from kaizen.times import utc_now


@cache
def settings() -> CanarySettings:
    return CanarySettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return client("dynamodb", LIMITS)


def handle(message: dict[str, Any]) -> None:
    """Raises MalformedEventError, and what the stores and the services outside raise."""
    kind, work = read_message(message)
    policy = current_policy(settings().policy_parameter).canary
    result = work(monitor(settings(), dynamodb(), policy, time.sleep))
    logger.info("canary", kind=kind, result=result)
    if kind == SlackInteraction.DETAIL_TYPE:
        counted = "taken" if result in ("extend", "done") else "over" if result in ("over", "expired") else "refused"
        change = add("kaizen_canary_presses_total", {"result": counted})
        count_if_possible(dynamodb(), settings().metrics_table, [change], utc_now())


def again(message: dict[str, Any], error: Exception) -> None:
    """Of two people who press at once, the second waits for seconds."""
    Again(client("sqs", ONE_TRY), settings().canary_queue_url)(message, error)


lambda_handler = queue_function("canary not handled", handle, again)
