"""MTTR windows in the metrics table; ticket_statistics writes them, digest, feed and exporter read them."""

from typing import TYPE_CHECKING

from kaizen.mttr import WINDOW_METRIC, Window, window_from
from kaizen.storage.items import pages, to_value

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Windows = dict[tuple[str, str], Window]  # (component, severity) -> window; `*` stands for all


def read_windows(client: "DynamoDBClient", table: str) -> Windows:
    """Every window; empty before the first run of the statistics."""
    items = pages(
        client,
        "query",
        TableName=table,
        KeyConditionExpression="metric = :metric",
        ExpressionAttributeValues={":metric": to_value(WINDOW_METRIC)},
    )
    windows = (window_from(item) for item in items)
    return {(window.component, window.severity): window for window in windows}
