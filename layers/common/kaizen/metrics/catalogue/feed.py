"""The feed of ticket events."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        "kaizen_feed_requests_total",
        "counter",
        "Feed requests by answer.",
        ("format", "code"),
        shards=8,
        values={"format": ("rss", "atom"), "code": ("200", "304", "400", "401", "503")},
    ),
)
