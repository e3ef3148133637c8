"""Reading metric rows: one row per series, whatever the number of tickets behind it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kaizen.metrics.catalogue import CATALOGUE
from kaizen.storage.items import pages, to_value

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Number = int | float


@dataclass(slots=True)
class Series:
    """One series with its shards put together.

    `value` for counters and gauges; `total`, `observations` for summaries and histograms; `buckets[i]` counts
    observations in bucket i alone (not cumulated), the last one being +Inf; `created_at` is ISO text.
    """

    labels: dict[str, str]
    value: Number = 0
    total: Number = 0
    observations: int = 0
    buckets: list[int] = field(default_factory=list)
    created_at: str = ""


Rows = dict[str, dict[tuple[str, ...], Series]]  # metric name -> label values -> series


def read_rows(client: "DynamoDBClient", table: str) -> tuple[Rows, list[dict[str, Any]]]:
    """All series of the catalogue, and the rows that are not series (such as windows), in as few reads as pages.

    Consistent reads: a stale one would show a counter falling, which Prometheus takes for a restart.
    """
    rows: Rows = {}
    others: list[dict[str, Any]] = []
    for item in pages(client, "scan", TableName=table, ConsistentRead=True):
        if item["metric"] in CATALOGUE:
            _merge(rows, item)
        else:
            others.append(item)
    return rows, others


def read_metrics(client: "DynamoDBClient", table: str, names: Iterable[str]) -> Rows:
    """The series of a few metrics. Consistent reads, as above."""
    rows: Rows = {}
    for name in names:
        wanted = {
            "KeyConditionExpression": "metric = :metric",
            "ExpressionAttributeValues": {":metric": to_value(name)},
        }
        for item in pages(client, "query", TableName=table, ConsistentRead=True, **wanted):
            _merge(rows, item)
    return rows


def _merge(rows: Rows, item: Mapping[str, Any]) -> None:
    metric = CATALOGUE[item["metric"]]
    text = item["series"] if metric.shards == 1 else item["series"].rpartition("#")[0]
    values = tuple(json.loads(text))
    if len(values) != len(metric.labels):
        return  # written before the metric got another label: no longer this metric's series
    series = rows.setdefault(metric.name, {}).get(values)
    if series is None:
        series = Series(dict(zip(metric.labels, values, strict=True)), buckets=[0] * (len(metric.buckets) + 1))
        rows[metric.name][values] = series
        series.value = item.get("value", 0)
    elif metric.kind == "gauge":
        series.value = max(series.value, item.get("value", 0))
    else:
        series.value += item.get("value", 0)
    series.total += item.get("total", 0)
    series.observations += item.get("observations", 0)
    for index in range(len(series.buckets)):
        series.buckets[index] += item.get(f"b{index}", 0)
    created = item.get("created_at", "")
    series.created_at = min(series.created_at, created) if series.created_at else created
