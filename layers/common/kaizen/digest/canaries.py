"""Canaries that have used most of their time budget, from their gauges in the metrics table."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kaizen.metrics.rows import Rows, read_metrics

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARE = 0.75  # of the budget: from then on a canary has its line
_START, _BUDGET = "kaizen_canary_start_timestamp_seconds", "kaizen_canary_budget_seconds"


@dataclass(frozen=True, slots=True)
class LateCanary:
    """Seconds since its start, and how many it may take, extensions included."""

    repository: str
    environment: str
    elapsed: float
    budget: float

    @property
    def over(self) -> bool:
        return self.elapsed >= self.budget


def read_late(client: "DynamoDBClient", table: str, now: datetime) -> tuple[LateCanary, ...]:
    """Those in flight that have used more than three quarters, the worst first. Raises BotoCoreError, ClientError."""
    return late(read_metrics(client, table, (_START, _BUDGET)), now)


def late(rows: Rows, now: datetime) -> tuple[LateCanary, ...]:
    """Of the rows of both gauges."""
    found = []
    for values, start in rows.get(_START, {}).items():
        budget = rows.get(_BUDGET, {}).get(values)
        elapsed = now.timestamp() - start.value
        if budget is not None and elapsed > SHARE * budget.value:
            named = start.labels
            found.append(LateCanary(named["repository"], named["environment"], elapsed, budget.value))
    return tuple(sorted(found, key=lambda each: (each.budget - each.elapsed, each.repository)))
