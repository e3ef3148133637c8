"""Schedule -> read open and observed tickets -> windows and gauges."""

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from kaizen.policy.store import current_policy
from kaizen.runtime.log import logger
from kaizen.runtime.settings import Settings
from kaizen.tickets import UnreadableTicketsError, open_tickets
from kaizen.times import utc_now
from ticket_statistics.gauges import gauges
from ticket_statistics.store import StatisticsStore
from ticket_statistics.windows import days_to_read, windows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CLIENT = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 4, "mode": "standard"})


@dataclass(frozen=True)
class StatisticsSettings(Settings):
    tickets_table: str
    metrics_table: str
    policy_parameter: str


@cache
def settings() -> StatisticsSettings:
    return StatisticsSettings.from_env(os.environ)


@cache
def client() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_CLIENT)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Counts what it saw. Raises at the end, when everything readable is written, if a ticket could not be read."""
    now = utc_now()
    policy = current_policy(settings().policy_parameter)
    store = StatisticsStore(client(), settings().tickets_table, settings().metrics_table)
    tickets, unreadable = open_tickets(client(), settings().tickets_table)
    observations = list(store.observations(days_to_read(now), unreadable))
    store.write(windows(observations, now), gauges(tickets, policy, now), now)
    logger.info("statistics written", open=len(tickets), observations=len(observations), unreadable=len(unreadable))
    if unreadable:
        raise UnreadableTicketsError(unreadable)
    return {"open": len(tickets), "observations": len(observations)}
