"""The parts that take presses, built from the function's settings."""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from kaizen.runtime.clients import Limits, client
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from kaizen.slack.blocks import Message
from kaizen.slack.client import Bot
from kaizen.slack.notices import Notices
from kaizen.times import utc_now
from sandbox_actions.actions import Actions
from sandbox_actions.store import RequestStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIMITS = Limits(connect=1, read=5, attempts=3)
_LEASE = timedelta(seconds=45)  # longer than the function may run


@dataclass(frozen=True)
class ActionSettings(Settings):
    sandboxes_table: str
    metrics_table: str
    slack_table: str
    sandbox_wake_queue_url: str
    sandbox_action_queue_url: str
    button_secret_parameter: str
    busy_secret_parameter: str
    slack_token_parameter: str
    slack_api_url: str


def actions(given: ActionSettings, dynamodb: "DynamoDBClient") -> Actions:
    def wake(uid: str) -> None:
        body = json.dumps({"uid": uid})
        client("sqs", LIMITS).send_message(QueueUrl=given.sandbox_wake_queue_url, MessageBody=body)

    def tell(subject: str, message: Message, channel: str, thread: str) -> None:
        notices = Notices(dynamodb, given.slack_table, "sandbox_actions", uuid.uuid4().hex, _LEASE)
        bot = Bot(secret(given.slack_token_parameter), channel, given.slack_api_url)
        notices.show(subject, message, bot, utc_now, thread)

    store = RequestStore(dynamodb, given.sandboxes_table)
    return Actions(store, wake, tell, lambda: secret(given.button_secret_parameter), utc_now)
