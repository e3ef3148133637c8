"""SQS batch of presses -> requests for the reaper, or an answer in the thread -> the failed ones go back alone."""

import json
import os
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from kaizen.events.messages import opened
from kaizen.events.slack import SlackInteraction
from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.runtime.again import ONE_TRY, Again
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import queue_function
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from kaizen.slack.blocks import Message
from kaizen.slack.client import Bot
from kaizen.slack.notices import Notices
from kaizen.times import utc_now
from sandbox_actions.actions import Actions
from sandbox_actions.store import RequestStore

_LIMITS = Limits(connect=1, read=5, attempts=3)
_LEASE = timedelta(seconds=45)  # longer than the function may run


@dataclass(frozen=True)
class ActionSettings(Settings):
    sandboxes_table: str
    metrics_table: str
    slack_table: str
    sandbox_wake_queue_url: str
    sandbox_action_queue_url: str
    button_secret_parameter: str
    slack_token_parameter: str
    slack_api_url: str


@cache
def settings() -> ActionSettings:
    return ActionSettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return client("dynamodb", _LIMITS)


def wake(uid: str) -> None:
    body = json.dumps({"uid": uid})
    client("sqs", _LIMITS).send_message(QueueUrl=settings().sandbox_wake_queue_url, MessageBody=body)


def tell(subject: str, message: Message, channel: str, thread: str) -> None:
    given = settings()
    notices = Notices(dynamodb(), given.slack_table, "sandbox_actions", uuid.uuid4().hex, _LEASE)
    notices.show(
        subject, message, Bot(secret(given.slack_token_parameter), channel, given.slack_api_url), utc_now, thread
    )


def handle(message: dict[str, Any]) -> None:
    """Raises MalformedEventError, and what the stores and Slack raise."""
    _, detail = opened(message)
    store = RequestStore(dynamodb(), settings().sandboxes_table)
    actions = Actions(store, wake, tell, lambda: secret(settings().button_secret_parameter), utc_now)
    result = actions.pressed(SlackInteraction.from_detail(detail))
    counted = "taken" if result in ("done", "repeated") else "over" if result in ("over", "expired") else "refused"
    change = add("kaizen_sandbox_presses_total", {"result": counted})
    count_if_possible(dynamodb(), settings().metrics_table, [change], utc_now())
    logger.info("button pressed", result=result)


def again(message: dict[str, Any]) -> None:
    """Of two people who press at once, the second waits for seconds."""
    Again(client("sqs", ONE_TRY), settings().sandbox_action_queue_url)(message)


lambda_handler = queue_function("press not taken", handle, again)
