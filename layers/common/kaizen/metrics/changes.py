"""Changes to metric rows, as actions for the transaction that also writes the state they count."""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zlib import crc32

from kaizen.metrics.catalogue import CATALOGUE, Metric
from kaizen.storage.items import to_item, to_value
from kaizen.times import format_instant


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one row: numbers to add, or, of gauges only, one value to set or the whole row to remove."""

    metric: str
    series: str
    action: Literal["add", "set", "remove"]
    amounts: tuple[tuple[str, int | float], ...]


def series_key(metric: Metric, labels: Mapping[str, str], shard_by: str = "") -> str:
    """The sort key of a row: label values as JSON in catalogue order, then `#shard` where rows are sharded.

    Raises ValueError when the labels are not the metric's own.
    """
    if set(labels) != set(metric.labels):
        raise ValueError(f"{metric.name} has the labels {metric.labels}, not {tuple(labels)}")
    key = json.dumps([labels[name] for name in metric.labels], ensure_ascii=False, separators=(",", ":"))
    return key if metric.shards == 1 else f"{key}#{crc32(shard_by.encode()) % metric.shards}"


def _metric(name: str, *kinds: str) -> Metric:
    metric = CATALOGUE[name]
    if metric.kind not in kinds:
        raise ValueError(f"{name} is a {metric.kind}")
    return metric


def add(name: str, labels: Mapping[str, str], amount: int = 1, *, shard_by: str = "") -> Change:
    """Add to a counter or gauge. Raises ValueError for a counter that would fall."""
    metric = _metric(name, "counter", "gauge")
    if metric.kind == "counter" and amount < 0:
        raise ValueError(f"the counter {name} cannot fall by {-amount}")
    return Change(name, series_key(metric, labels, shard_by), "add", (("value", amount),))


def set_gauge(name: str, labels: Mapping[str, str], value: int | float, *, shard_by: str = "") -> Change:
    """Set a gauge; of a sharded one, readers take the largest shard."""
    metric = _metric(name, "gauge")
    return Change(name, series_key(metric, labels, shard_by), "set", (("value", value),))


def remove(name: str, labels: Mapping[str, str]) -> Change:
    """Let the series of an unsharded gauge vanish, instead of staying at its last value.

    One that the exporter shows from the start falls back to 0 instead, for as long as its label values are known.
    """
    metric = _metric(name, "gauge")
    if metric.shards != 1:
        raise ValueError(f"{name} is sharded: nobody knows which of its rows there are")
    return Change(name, series_key(metric, labels), "remove", ())


def observe(name: str, labels: Mapping[str, str], seconds: int, *, count: int = 1) -> Change:
    """Add to a summary or histogram; integer seconds keep sums exact.

    `count=0` raises a summary's sum alone: the correction of an earlier observation, never negative.
    """
    metric = _metric(name, "summary", "histogram")
    if seconds < 0 or count < 0:
        raise ValueError(f"{name} cannot fall")
    amounts: list[tuple[str, int | float]] = [("total", seconds), ("observations", count)]
    if metric.kind == "histogram":
        if count != 1:
            raise ValueError(f"an observation of the histogram {name} cannot be corrected")
        amounts.append((f"b{bisect_left(metric.buckets, seconds)}", 1))
    return Change(name, series_key(metric, labels), "add", tuple(amounts))


def actions(table: str, changes: Iterable[Change], now: datetime) -> list[dict[str, Any]]:
    """`Update` and `Delete` actions of a transaction, one per row: a transaction refuses two on one item.

    Raises ValueError for a row of which two of add, set and remove are asked at once.
    """
    given = tuple(changes)
    asked = {(each.metric, each.series, each.action) for each in given}
    rows = Counter((metric, series) for metric, series, _ in asked)
    if several := sorted(row for row, count in rows.items() if count > 1):
        raise ValueError(f"two of add, set and remove at once: {several}")
    removed = {(each.metric, each.series) for each in given if each.action == "remove"}
    written = [each for each in given if each.action != "remove"]
    keys = [to_item({"metric": metric, "series": series}) for metric, series in sorted(removed)]
    return [
        *({"Update": update} for update in updates(table, written, now)),
        *({"Delete": {"TableName": table, "Key": key}} for key in keys),
    ]


def updates(table: str, changes: Iterable[Change], now: datetime) -> list[dict[str, Any]]:
    """`Update` requests, one per row: a transaction refuses two actions on one item.

    Each is the inside of a `TransactWriteItems` Update and equally a plain `update_item` request.
    Rows remember when they were first written (`created_at`), which OpenMetrics calls `_created`.
    """
    merged: dict[tuple[str, str, str], dict[str, int | float]] = {}
    for change in changes:
        row = merged.setdefault((change.metric, change.series, change.action), {})
        for attribute, amount in change.amounts:
            row[attribute] = amount if change.action == "set" else row.get(attribute, 0) + amount
    requests = []
    for (metric, series, action), amounts in merged.items():
        names = {f"#{index}": attribute for index, attribute in enumerate(amounts)}
        values = {f":{index}": to_value(amount) for index, amount in enumerate(amounts.values())}
        created = "created_at = if_not_exists(created_at, :now)"
        if action == "add":
            pairs = ", ".join(f"{name} :{name[1:]}" for name in names)
            expression = f"SET {created} ADD {pairs}"
        else:
            pairs = ", ".join(f"{name} = :{name[1:]}" for name in names)
            expression = f"SET {pairs}, {created}"
        requests.append(
            {
                "TableName": table,
                "Key": to_item({"metric": metric, "series": series}),
                "UpdateExpression": expression,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values | {":now": to_value(format_instant(now))},
            }
        )
    return requests
