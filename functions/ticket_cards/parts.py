"""The cards, built from the function's settings."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from kaizen.policy.store import current_policy
from kaizen.runtime.clients import Limits
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from kaizen.slack.client import Bot
from kaizen.slack.notices import Notices
from kaizen.subscriptions.store import read_subscriptions
from kaizen.tickets import read_ticket
from kaizen.times import utc_now
from ticket_cards.cards import Cards
from ticket_cards.store import CardStore, SlackBoard
from ticket_cards.wording import FEATURE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIMITS = Limits(connect=1, read=5, attempts=3)
_LEASE = timedelta(seconds=90)  # longer than the function may run


@dataclass(frozen=True)
class CardSettings(Settings):
    tickets_table: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    button_secret_parameter: str
    slack_token_parameter: str
    slack_api_url: str


@cache
def bot(given: CardSettings, channel: str) -> Bot:
    return Bot(secret(given.slack_token_parameter), channel, given.slack_api_url)


def cards(given: CardSettings, dynamodb: "DynamoDBClient") -> Cards:
    """For one run, which reads the subscriptions once. Raises SecretError."""
    notices = Notices(dynamodb, given.slack_table, FEATURE, uuid.uuid4().hex, _LEASE)
    return Cards(
        ticket=partial(read_ticket, dynamodb, given.tickets_table),
        subscriptions=cache(partial(read_subscriptions, dynamodb, given.slack_table)),
        state=CardStore(dynamodb, given.slack_table),
        board=SlackBoard(notices, partial(bot, given), utc_now),
        policy=current_policy(given.policy_parameter),
        secret=secret(given.button_secret_parameter),
        clock=utc_now,
    )
