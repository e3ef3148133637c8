"""Schedule -> read open and observed tickets -> windows and gauges."""

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from kaizen.policy.store import current_policy
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import background_function
from kaizen.runtime.log import logger
from kaizen.runtime.settings import Settings
from kaizen.tickets import UnreadableTicketsError, open_tickets
from kaizen.times import utc_now
from ticket_statistics.gauges import gauges
from ticket_statistics.store import StatisticsStore
from ticket_statistics.windows import days_to_read, windows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LIMITS = Limits(connect=2, read=10, attempts=4)


@dataclass(frozen=True)
class StatisticsSettings(Settings):
    tickets_table: str
    metrics_table: str
    policy_parameter: str


@cache
def settings() -> StatisticsSettings:
    return StatisticsSettings.from_env(os.environ)


@cache
def dynamodb() -> "DynamoDBClient":
    return client("dynamodb", _LIMITS)


@background_function
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Counts what it saw. Raises at the end, when everything readable is written, if a ticket could not be read."""
    now = utc_now()
    policy = current_policy(settings().policy_parameter)
    store = StatisticsStore(dynamodb(), settings().tickets_table, settings().metrics_table)
    tickets, unreadable = open_tickets(dynamodb(), settings().tickets_table)
    observations = list(store.observations(days_to_read(now), unreadable))
    store.write(windows(observations, now), gauges(tickets, policy, now), now)
    logger.info("statistics written", open=len(tickets), observations=len(observations), unreadable=len(unreadable))
    if unreadable:
        raise UnreadableTicketsError(unreadable)
    return {"open": len(tickets), "observations": len(observations)}
