"""Comparisons of Grafana dashboards in pull requests."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        "kaizen_dashboard_diff_reviews_total",
        "counter",
        "Events of pull requests by what became of them.",
        ("result",),
        values={
            "result": ("created", "updated", "unchanged", "unwatched", "closed", "left", "ignored", "off", "failed")
        },
    ),
)
