"""Canaries: what is in flight, how long it may be, and how long canaries took."""

from kaizen.metrics.catalogue.metric import Metric

_BUCKETS = (30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 28800)

METRICS = (
    Metric(
        "canary_deployment_start_time",
        "gauge",
        "When a canary that is in flight began; its deployment is GitHub's id. Absent once it has ended.",
        ("deployment", "environment"),
        absent=True,
    ),
    Metric(
        "kaizen_canary_start_timestamp_seconds",
        "gauge",
        "When a canary that is in flight began, with its repository. Absent once it has ended.",
        ("repository", "environment", "deployment"),
        absent=True,
    ),
    Metric(
        "kaizen_canary_budget_seconds",
        "gauge",
        "How long a canary that is in flight may run, extensions included. Absent once it has ended.",
        ("repository", "environment", "deployment"),
        absent=True,
    ),
    Metric(
        "kaizen_canary_paged_timestamp_seconds",
        "gauge",
        "When PagerDuty took the page for a canary that is over its budget. Absent while none of ours is open.",
        ("repository", "environment", "deployment"),
        absent=True,
    ),
    Metric(
        "kaizen_canary_duration_seconds",
        "histogram",
        "Wall time of canaries from their start to their end, by outcome.",
        ("environment", "outcome"),
        _BUCKETS,
        values={"outcome": ("success", "failure", "superseded", "unknown")},
    ),
    Metric(
        "kaizen_canary_presses_total",
        "counter",
        "Presses of buttons: taken, of a message that is over, or refused as forged or of somebody who may not.",
        ("result",),
        values={"result": ("taken", "over", "refused")},
    ),
)
