"""Snapshots of Grafana's dashboards."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        "kaizen_dashboard_snapshot_last_complete_timestamp_seconds",
        "gauge",
        "When the last complete run began.",
        absent=True,
    ),
    Metric(
        "kaizen_dashboard_snapshot_dashboards",
        "gauge",
        "Dashboards in the last complete run.",
        absent=True,
    ),
    Metric(
        "kaizen_dashboard_snapshot_beside",
        "gauge",
        "Library panels and alert rules in the last complete run, where they are kept.",
        ("kind",),
        values={"kind": ("library_panel", "alert_rule")},
        absent=True,
    ),
    Metric(
        "kaizen_dashboard_snapshot_runs_total",
        "counter",
        "Runs by outcome; a run is partial where anything could not be read.",
        ("outcome",),
        values={"outcome": ("complete", "partial")},
    ),
    Metric(
        "kaizen_dashboard_snapshot_edits_total",
        "counter",
        "Dashboards that differed between one complete run and the next, by who changed them.",
        ("source",),
        values={"source": ("ui", "provisioning", "program")},
    ),
    Metric(
        "kaizen_dashboard_snapshot_stored_bytes_total",
        "counter",
        "Bytes written to the bucket: dashboards and manifests, compressed.",
    ),
    Metric(
        "kaizen_dashboard_snapshot_drifted",
        "gauge",
        "Dashboards that differ between git and Grafana, by class, when they were last compared.",
        ("class",),
        values={"class": ("edited", "not_deployed", "conflict", "unmanaged", "missing")},
        absent=True,
    ),
    Metric(
        "kaizen_dashboard_snapshot_drift_judged_timestamp_seconds",
        "gauge",
        "When git and Grafana were last compared.",
        absent=True,
    ),
)
