"""The parts of a digest, built from the function's settings."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from kaizen.digest.canaries import read_late
from kaizen.mttr_store import read_windows
from kaizen.policy import Policy, Route
from kaizen.runtime.clients import Limits
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from kaizen.slack.client import Poster
from kaizen.slack.delivery import Pace
from kaizen.slack.destination import poster
from kaizen.slack.outbox import Outbox
from kaizen.tickets import open_tickets
from ticket_digest.posting import Desk, Reading

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIMITS = Limits(connect=2, read=5, attempts=3)


@dataclass(frozen=True)
class DigestSettings(Settings):
    tickets_table: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    slack_token_parameter: str
    slack_api_url: str


def way(given: DigestSettings, route: Route) -> Poster:
    """The way into the channel. Raises SecretError, or RefusedError for an address that is none."""
    return poster(route, secret, given.slack_token_parameter, given.slack_api_url)


def desk(
    given: DigestSettings,
    dynamodb: "DynamoDBClient",
    policy: Policy,
    now: Callable[[], datetime],
    sleep: Callable[[float], object],
    left: Callable[[], float],
    unreadable: list[str],
) -> Desk:
    """`left` are the seconds that the run still has. The ids of tickets that cannot be read are added to `unreadable`
    when the tickets are read, which they are once, for the first who needs them."""

    @cache
    def read() -> Reading:
        tickets, faulty = open_tickets(dynamodb, given.tickets_table)
        unreadable.extend(faulty)
        at = now()
        canaries = read_late(dynamodb, given.metrics_table, at)
        return Reading(tickets, read_windows(dynamodb, given.metrics_table), at, canaries)

    return Desk(
        policy=policy,
        read=read,
        poster=lambda route: way(given, route),
        outbox=Outbox(dynamodb, given.slack_table, given.metrics_table, sleep),
        pace=Pace(now, sleep, left),
        owner=uuid.uuid4().hex,
    )
