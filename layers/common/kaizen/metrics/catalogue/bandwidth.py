"""The daily record of bytes sent. Instant queries see the last closed day, so that Prometheus keeps them."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        "kaizen_bandwidth_day_bytes_per_second",
        "gauge",
        "Bytes per second of the last closed UTC day, from bins of five minutes: average, "
        "p95 or maximum. The stream * is all of them together.",
        ("stream", "statistic"),
        values={"statistic": ("average", "p95", "maximum")},
        absent=True,
    ),
    Metric(
        "kaizen_bandwidth_day_bytes",
        "gauge",
        "Bytes of the last closed UTC day: sent, or saved by deltas; absent where nobody measured it.",
        ("stream", "kind"),
        values={"kind": ("sent", "saved")},
        absent=True,
    ),
    Metric(
        "kaizen_bandwidth_day_complete_ratio",
        "gauge",
        "Share of the last closed UTC day that was measured; below 0.95 the day is not judged.",
        ("stream",),
        absent=True,
    ),
    Metric(
        "kaizen_bandwidth_expected_bytes_per_second",
        "gauge",
        "What the last closed UTC day was expected to send, by the same weekdays before it; absent during the warm-up.",
        ("stream",),
        absent=True,
    ),
    Metric(
        "kaizen_bandwidth_usual_high_bytes_per_second",
        "gauge",
        "The most that would have been usual of the last closed UTC day, by the policy's z; absent during the warm-up.",
        ("stream",),
        absent=True,
    ),
    Metric(
        "kaizen_bandwidth_untold",
        "gauge",
        "Rises of which a channel does not say what it should: it refused, and is asked again each day.",
        ("channel",),
        values={"channel": ("bus", "slack", "pager")},
        absent=True,
    ),
    Metric(
        "kaizen_bandwidth_last_day_timestamp_seconds",
        "gauge",
        "When the last closed UTC day began.",
        absent=True,
    ),
    Metric(
        "kaizen_bandwidth_anomalies_total",
        "counter",
        "Days of a stream that sent unexpectedly much.",
    ),
)
