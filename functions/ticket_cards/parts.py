"""The cards, built from the function's settings."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from kaizen.policy import Policy
from kaizen.policy.store import current_policy
from kaizen.runtime.clients import Limits
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from kaizen.slack.client import Bot, Poster
from kaizen.slack.destination import poster
from kaizen.slack.notices import Notices
from kaizen.subscriptions.store import read_subscriptions
from kaizen.tickets import read_issue
from kaizen.times import utc_now
from ticket_cards.cards import PLAIN, Cards
from ticket_cards.store import KEPT_FOR, CardStore, SlackBoard
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
    card_queue_url: str


def way(given: CardSettings, policy: Policy, place: str) -> Poster:
    """Into a channel as the bot, or to the webhook of the policy's posts of that name."""
    if place.startswith(PLAIN):
        (posts,) = [each for each in policy.cards if each.name == place.removeprefix(PLAIN)]
        return poster(posts, secret, given.slack_token_parameter, given.slack_api_url)
    return bot(given, place)


@cache
def bot(given: CardSettings, channel: str) -> Bot:
    return Bot(secret(given.slack_token_parameter), channel, given.slack_api_url)


def cards(given: CardSettings, dynamodb: "DynamoDBClient", wait: Callable[[float], bool]) -> Cards:
    """For one run, which reads the subscriptions and the policy once."""
    policy = current_policy(given.policy_parameter)
    notices = Notices(dynamodb, given.slack_table, FEATURE, uuid.uuid4().hex, _LEASE, KEPT_FOR)
    return Cards(
        issue=partial(read_issue, dynamodb, given.tickets_table),
        subscriptions=cache(partial(read_subscriptions, dynamodb, given.slack_table)),
        state=CardStore(dynamodb, given.slack_table),
        board=SlackBoard(notices, partial(way, given, policy), utc_now),
        policy=policy,
        secret=partial(secret, given.button_secret_parameter),
        clock=utc_now,
        wait=wait,
    )
