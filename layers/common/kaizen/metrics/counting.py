"""Counting by itself, outside any transaction: for what changes nothing else."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from kaizen.metrics.changes import Change, actions
from kaizen.runtime.log import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def count(client: "DynamoDBClient", table: str, changes: Iterable[Change], now: datetime) -> None:
    """Write changes to their rows. Raises BotoCoreError or ClientError, and may have written some of them by then."""
    for action in actions(table, changes, now):
        for kind, request in action.items():
            if kind == "Update":
                client.update_item(**request)
            else:
                client.delete_item(**request)


def count_if_possible(client: "DynamoDBClient", table: str, changes: Iterable[Change], now: datetime) -> None:
    """For an outcome that stands without its count: if AWS does not answer, the log line is what is left of it."""
    counted = tuple(changes)
    try:
        count(client, table, counted, now)
    except (BotoCoreError, ClientError) as error:
        lost = [{"metric": each.metric, "series": each.series, "amounts": dict(each.amounts)} for each in counted]
        logger.error("not counted", changes=lost, error=type(error).__name__)
