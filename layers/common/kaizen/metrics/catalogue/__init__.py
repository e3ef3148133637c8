"""Every metric there is, a module for each feature. The exporter and the docs are made from this.

Names follow Prometheus's conventions (base units, `_total` on counters only); `kaizen_mttr_seconds`,
`kaizen_ticket_seconds`, `canary_deployment_start_time` and `bytes_saved_total` are the roadmap's own.
"""

from kaizen.metrics.catalogue import (
    bandwidth,
    canary,
    cards,
    dashboard_diff,
    dashboard_snapshot,
    feed,
    phase_frames,
    phase_stream,
    rule_lint,
    sandboxes,
    slack,
    slack_interactions,
    sweep,
    tickets,
    webhook,
)
from kaizen.metrics.catalogue.metric import Kind, Metric

__all__ = ["CATALOGUE", "Kind", "Metric"]

_FEATURES = (
    tickets,
    webhook,
    sweep,
    slack,
    slack_interactions,
    feed,
    canary,
    cards,
    phase_stream,
    phase_frames,
    bandwidth,
    rule_lint,
    dashboard_diff,
    dashboard_snapshot,
    sandboxes,
)

CATALOGUE: dict[str, Metric] = {metric.name: metric for feature in _FEATURES for metric in feature.METRICS}
