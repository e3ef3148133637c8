"""Deliveries of GitHub's webhook."""

from kaizen.metrics.catalogue.metric import Metric

# The kinds that are taken, as GitHub calls them.
KINDS = ("issues", "deployment", "deployment_status", "pull_request", "push", "repository", "label")

METRICS = (
    Metric(
        "kaizen_webhook_deliveries_total",
        "counter",
        "Webhook deliveries by what became of them. Duplicates are repeats by GitHub, not those by our queues.",
        ("event", "result"),
        shards=8,
        values={
            "event": (*KINDS, "ping", "other"),
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
