"""What the doors of commands are built of, from the function's settings."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from kaizen.digest.canaries import read_late
from kaizen.mttr_store import read_windows
from kaizen.policy.store import current_policy
from kaizen.runtime.clients import Limits
from kaizen.runtime.settings import Settings
from kaizen.tickets import open_tickets
from slack_commands.desk import Desk
from slack_commands.store import ChannelSubscriptions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Slack waits 3 s for all of it, and tells the person then that it did not work.
LIMITS = Limits(connect=1, read=1, attempts=2)


@dataclass(frozen=True)
class CommandSettings(Settings):
    tickets_table: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    command_queue_url: str
    slack_signing_secret_parameter: str
    slack_signing_secret_previous_parameter: str
    slack_api_url: str


def desk(given: CommandSettings, dynamodb: "DynamoDBClient") -> Desk:
    return Desk(
        ChannelSubscriptions(dynamodb, given.slack_table),
        tickets=lambda: open_tickets(dynamodb, given.tickets_table)[0],
        windows=partial(read_windows, dynamodb, given.metrics_table),
        policy=partial(current_policy, given.policy_parameter),
        canaries=partial(read_late, dynamodb, given.metrics_table),
    )
