"""Which series there are from the start: a counter that is born above 0 is invisible to `increase()`. Pure."""

from itertools import product

from kaizen.metrics.catalogue import Metric
from kaizen.policy import Policy

# Every value that a label can take, where the policy does not say.
_VALUES: dict[str, tuple[str, ...]] = {
    "resolution": ("completed", "not_planned", "duplicate", "transferred", "deleted"),
    "outcome": ("met", "breached"),
    "event": ("issues", "ping", "other"),
    "result": ("accepted", "duplicate", "ignored", "rejected"),
    "reason": ("negative", "history_full"),
    "format": ("rss", "atom"),
    "code": ("200", "304", "400", "401", "503"),
}
_SLACK: dict[str, tuple[str, ...]] = {
    "method": ("chat.postMessage", "conversations.history", "conversations.replies", "webhook"),
    "result": ("ok", "ratelimited", "error"),
}
# The same labels hold other values on these.
_PHASE: dict[str, dict[str, tuple[str, ...]]] = {
    "phase_frame_bytes_sent_total": {"kind": ("full", "delta", "config")},
    "phase_resync_total": {"reason": ("first", "gap", "epoch", "crc", "too-old")},
    "phase_frames_dropped_total": {"reason": ("duplicate", "stale", "malformed")},
    "phase_posts_refused_total": {"code": ("400", "401", "404", "406", "409", "413", "415", "503")},
}
# Gauges that say something by being absent: no open ticket, no deadline, no digest yet.
_ABSENT = (
    "kaizen_ticket_oldest_opened_timestamp_seconds",
    "kaizen_ticket_next_deadline_timestamp_seconds",
    "kaizen_digest_last_success_timestamp_seconds",
    "kaizen_statistics_last_success_timestamp_seconds",
    "kaizen_webhook_last_delivery_timestamp_seconds",
    "kaizen_sla_target_seconds",
    "phase_rows",
    "phase_last_frame_timestamp_seconds",
    "phase_last_processed_timestamp_seconds",
)


def initial_series(metric: Metric, policy: Policy) -> list[tuple[str, ...]]:
    """Label values of every series that is exported at 0 before anything happened, in catalogue order."""
    if metric.name in _ABSENT:
        return []
    known = _VALUES | {
        "component": policy.component_names,
        "severity": policy.severity_names,
        "stream": tuple(stream.id for stream in policy.streams),
        "level": tuple(map(str, range(1 + max((stream.levels for stream in policy.streams), default=0)))),
        "verdict": ("compatible", "degraded", "client_too_old", "client_too_new", "unknown"),
    }
    known |= _PHASE.get(metric.name, {})
    if metric.name == "kaizen_slack_requests_total":
        known = known | _SLACK
    return list(product(*(known[label] for label in metric.labels)))
