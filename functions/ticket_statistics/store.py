"""Reads what the tracker observed; writes the rows that differ from what is there."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from kaizen.metrics.changes import Change, remove, set_gauge
from kaizen.metrics.counting import count
from kaizen.metrics.rows import Rows, read_rows
from kaizen.mttr import WINDOW_METRIC, window_attributes, window_from
from kaizen.mttr_store import Windows
from kaizen.storage.items import pages, to_item, to_value
from kaizen.tickets import OBSERVED_INDEX
from kaizen.times import parse_instant
from ticket_statistics.gauges import Gauges
from ticket_statistics.windows import Observation, empty

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class StatisticsStore:
    def __init__(self, client: "DynamoDBClient", tickets_table: str, metrics_table: str) -> None:
        self._client = client
        self._tickets = tickets_table
        self._metrics = metrics_table

    def observations(self, days: list[str], unreadable: list[str]) -> Iterator[Observation]:
        """The observations of these UTC days; keys of those that cannot be read are appended to `unreadable`."""
        for day in days:
            for item in pages(
                self._client,
                "query",
                TableName=self._tickets,
                IndexName=OBSERVED_INDEX,
                KeyConditionExpression="observed_day = :day",
                ExpressionAttributeValues={":day": to_value(day)},
            ):
                try:
                    at = parse_instant(item["observed_at"])
                    yield Observation(item["mttr_component"], item["mttr_severity"], at, int(item["mttr_seconds"]))
                except (KeyError, TypeError, ValueError):
                    unreadable.append(str(item.get("pk")))

    def write(self, windows: Windows, gauges: Gauges, now: datetime) -> None:
        """Make the rows equal to these; unchanged ones cost nothing."""
        rows, others = read_rows(self._client, self._metrics)
        stored = {
            (each.component, each.severity): each
            for each in (window_from(item) for item in others if item["metric"] == WINDOW_METRIC)
        }
        wanted = {group: empty(*group) for group in stored} | windows
        for group, window in wanted.items():
            # NaN differs from itself, so the rows are compared as they are stored.
            if group not in stored or window_attributes(stored[group]) != window_attributes(window):
                self._client.put_item(TableName=self._metrics, Item=to_item(window_attributes(window)))
        changes = [change for metric, series in gauges.items() for change in _differences(metric, series, rows)]
        changes.append(set_gauge("kaizen_statistics_last_success_timestamp_seconds", {}, int(now.timestamp())))
        count(self._client, self._metrics, changes, now)


def _differences(metric: str, series: dict[tuple[str, str], int], rows: Rows) -> Iterator[Change]:
    """What is no longer there, such as a component that the policy has lost, is removed."""
    for labels in rows.get(metric, {}).keys() - series.keys():
        yield remove(metric, dict(zip(("component", "severity"), labels, strict=True)))
    for (component, severity), value in series.items():
        stored = rows.get(metric, {}).get((component, severity))
        if stored is None or stored.value != value:
            yield set_gauge(metric, {"component": component, "severity": severity}, value)
