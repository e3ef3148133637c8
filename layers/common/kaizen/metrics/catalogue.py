"""Every metric there is: name, type, labels, unit and meaning. The exporter and the docs are made from this.

Names follow Prometheus's conventions (base units, `_total` on counters only); `kaizen_mttr_seconds`,
`kaizen_ticket_seconds`, `canary_deployment_start_time` and `bytes_saved_total` are the roadmap's own.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "summary", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family. `buckets` are upper bounds without +Inf; `shards` spreads hot rows."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[int, ...] = ()
    shards: int = 1


_BY = ("component", "severity")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# From five minutes to a quarter; every usual SLA target is a bound, so that the SLA ratio is exact.
DURATION_BUCKETS = (
    5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR,
    _DAY, 2 * _DAY, 3 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 90 * _DAY,
)  # fmt: skip

_ALL = (
    Metric(
        "kaizen_mttr_seconds", "summary",
        "Wall time from opening to the last completed close, once per ticket; a re-close adds its difference. "
        "Quantiles over the last 30 days.", _BY,
    ),
    Metric(
        "kaizen_ticket_seconds", "summary",
        "Wall time of each episode from opening or reopening to the next completed close, as known when it was booked.",
        _BY,
    ),
    Metric(
        "kaizen_ticket_duration_seconds", "histogram",
        "Wall time of each episode from opening or reopening to the next completed close, as known when it was booked.",
        _BY, DURATION_BUCKETS,
    ),
    Metric("kaizen_tickets_open", "gauge", "Tickets that are open.", _BY),
    Metric("kaizen_tickets_paused", "gauge", "Open tickets with a pause label: their SLA clock stands still.", _BY),
    Metric("kaizen_tickets_sla_breached", "gauge", "Open tickets past their SLA target.", _BY),
    Metric("kaizen_ticket_oldest_opened_timestamp_seconds", "gauge", "When the oldest open ticket was opened.", _BY),
    Metric(
        "kaizen_ticket_next_deadline_timestamp_seconds", "gauge",
        "The next SLA deadline of an open, unpaused ticket; absent when there is none.", _BY,
    ),
    Metric("kaizen_tickets_opened_total", "counter", "Tickets opened.", _BY),
    Metric("kaizen_tickets_reopened_total", "counter", "Times a closed ticket was opened again.", _BY),
    Metric("kaizen_tickets_relabeled_total", "counter", "Changes of component or severity after the first close.", _BY),
    Metric("kaizen_tickets_closed_total", "counter", "Times a ticket was closed.", (*_BY, "resolution")),
    Metric(
        "kaizen_sla_tickets_total", "counter",
        "Tickets with a completed close within their SLA target (met), and with one beyond it (breached): each ticket "
        "at most once in either, counted from its opening without the pauses.", (*_BY, "outcome"),
    ),
    Metric("kaizen_sla_target_seconds", "gauge", "The policy's SLA targets.", ("severity", "clock")),
    Metric(
        "kaizen_webhook_deliveries_total", "counter", "Webhook deliveries by what became of them.",
        ("event", "result"), shards=8,
    ),
    Metric(
        "kaizen_webhook_last_delivery_timestamp_seconds", "gauge", "When the last delivery was applied.", shards=8,
    ),
    Metric(
        "kaizen_observations_rejected_total", "counter", "Observations that could not be taken as they came.",
        ("reason",),
    ),
    Metric("kaizen_digest_last_success_timestamp_seconds", "gauge", "When a route's digest last went out.", ("route",)),
    Metric("kaizen_statistics_last_success_timestamp_seconds", "gauge", "When the windows were last computed."),
    Metric("kaizen_slack_requests_total", "counter", "Calls to Slack.", ("method", "result")),
    Metric("kaizen_feed_requests_total", "counter", "Feed requests by answer.", ("format", "code"), shards=8),
    Metric(
        "bytes_saved_total", "counter",
        "Bytes that the delta protocol saved: the same frames as full ones, in the same bits and content coding, less "
        "what was sent. Resynchronised responses save nothing.", ("stream",), shards=8,
    ),
    Metric(
        "phase_frame_bytes_sent_total", "counter",
        "Bytes of response bodies as they were sent, headers of frames included, by kind of response: full, delta, or "
        "config for what describes the rows.", ("stream", "kind"), shards=8,
    ),
    Metric(
        "phase_frame_bytes_full_equivalent_total", "counter",
        "What the same responses would have taken with full frames: sent and saved together.", ("stream",), shards=8,
    ),
    Metric(
        "phase_bytes_retransmitted_total", "counter",
        "Bytes sent to clients that had lost their state.", ("stream",), shards=8,
    ),
    Metric(
        "phase_resync_total", "counter",
        "Responses that started from a keyframe because the client had no usable state, by reason.",
        ("stream", "reason"), shards=8,
    ),
    Metric(
        "phase_handshakes_total", "counter", "Handshakes of the phase schema by verdict.", ("verdict",), shards=8,
    ),
    Metric(
        "phase_frames_received_total", "counter", "Frames taken from producers into durable storage.", ("stream",),
        shards=8,
    ),
    Metric(
        "phase_posts_refused_total", "counter",
        "Posts of frames that were refused, by the status of the answer.", ("code",), shards=8,
    ),
    Metric("phase_frames_processed_total", "counter", "Frames downsampled and put into the ring.", ("stream",)),
    Metric(
        "phase_frames_dropped_total", "counter",
        "Frames that came to nothing: seen before (duplicate), of an epoch that is over (stale), unreadable "
        "(malformed), or gone from the ring before their chunk of history closed (expired).", ("stream", "reason"),
    ),
    Metric("phase_gaps_total", "counter", "Times that frames were missing between two that came.", ("stream",)),
    Metric("phase_epochs_total", "counter", "Sets of rows that a stream has had.", ("stream",)),
    Metric("phase_chunks_total", "counter", "Chunks of history written, by level.", ("stream", "level")),
    Metric(
        "phase_rows", "gauge", "Rows of a stream's current epoch: sampled, and total.", ("stream", "kind"),
    ),
    Metric(
        "phase_last_frame_timestamp_seconds", "gauge", "Time of the newest frame that was downsampled.", ("stream",),
    ),
    Metric(
        "phase_last_processed_timestamp_seconds", "gauge", "When a frame was last downsampled.", ("stream",),
    ),
)  # fmt: skip

CATALOGUE: dict[str, Metric] = {metric.name: metric for metric in _ALL}
