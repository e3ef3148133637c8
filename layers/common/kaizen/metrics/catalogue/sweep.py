"""What the sweep found of what GitHub's webhook lost."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric("kaizen_sweep_redeliveries_total", "counter", "Deliveries that GitHub was asked to send again."),
    Metric(
        "kaizen_sweep_deliveries_lost",
        "gauge",
        "Deliveries of the last three days that never arrived and that GitHub does not send again any more.",
        absent=True,
    ),
    Metric(
        "kaizen_sweep_repairs_total",
        "counter",
        "Tickets that differed from GitHub's issue when compared: unknown here, changed, or gone from GitHub.",
        ("kind",),
        values={"kind": ("missed", "changed", "gone")},
    ),
    Metric(
        "kaizen_sweep_last_success_timestamp_seconds",
        "gauge",
        "When the sweep last looked at everything; absent where the policy names nothing to look at.",
        ("part",),
        values={"part": ("deliveries", "issues")},
        absent=True,
    ),
)
