"""Deliveries of GitHub's webhook."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        "kaizen_webhook_deliveries_total",
        "counter",
        "Webhook deliveries by what became of them.",
        ("event", "result"),
        shards=8,
        values={
            "event": ("issues", "ping", "other"),
            "result": ("accepted", "duplicate", "ignored", "rejected"),
        },
    ),
    Metric(
        "kaizen_webhook_last_delivery_timestamp_seconds",
        "gauge",
        "When the last delivery was applied.",
        shards=8,
        absent=True,
    ),
)
