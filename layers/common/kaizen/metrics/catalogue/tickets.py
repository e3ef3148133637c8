"""Tickets: totals by component and severity, and the SLA."""

from kaizen.metrics.catalogue.metric import Metric

_BY = ("component", "severity")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# From five minutes to a quarter; every usual SLA target is a bound, so that the SLA ratio is exact.
DURATION_BUCKETS = (
    5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR,
    _DAY, 2 * _DAY, 3 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 90 * _DAY,
)  # fmt: skip

METRICS = (
    Metric(
        "kaizen_mttr_seconds",
        "summary",
        "Wall time from opening to the last completed close, once per ticket; a re-close adds its difference. "
        "Quantiles over the last 30 days.",
        _BY,
        quantiles=True,
    ),
    Metric(
        "kaizen_ticket_seconds",
        "summary",
        "Wall time of each episode from opening or reopening to the next completed close, as known when it was booked.",
        _BY,
    ),
    Metric(
        "kaizen_ticket_duration_seconds",
        "histogram",
        "Wall time of each episode from opening or reopening to the next completed close, as known when it was booked.",
        _BY,
        DURATION_BUCKETS,
    ),
    Metric("kaizen_tickets_open", "gauge", "Tickets that are open.", _BY),
    Metric("kaizen_tickets_paused", "gauge", "Open tickets with a pause label: their SLA clock stands still.", _BY),
    Metric("kaizen_tickets_sla_breached", "gauge", "Open tickets past their SLA target.", _BY),
    Metric(
        "kaizen_ticket_oldest_opened_timestamp_seconds",
        "gauge",
        "When the oldest open ticket was opened.",
        _BY,
        absent=True,
    ),
    Metric(
        "kaizen_ticket_next_deadline_timestamp_seconds",
        "gauge",
        "The next SLA deadline of an open, unpaused ticket; absent when there is none.",
        _BY,
        absent=True,
    ),
    Metric("kaizen_tickets_opened_total", "counter", "Tickets opened.", _BY),
    Metric("kaizen_tickets_reopened_total", "counter", "Times a closed ticket was opened again.", _BY),
    Metric("kaizen_tickets_relabeled_total", "counter", "Changes of component or severity after the first close.", _BY),
    Metric(
        "kaizen_tickets_closed_total",
        "counter",
        "Times a ticket was closed.",
        (*_BY, "resolution"),
        values={"resolution": ("completed", "not_planned", "duplicate", "transferred", "deleted")},
    ),
    Metric(
        "kaizen_sla_tickets_total",
        "counter",
        "Tickets with a completed close within their SLA target (met), and with one beyond it (breached): each ticket "
        "at most once in either, counted from its opening without the pauses.",
        (*_BY, "outcome"),
        values={"outcome": ("met", "breached")},
    ),
    Metric(
        "kaizen_observations_rejected_total",
        "counter",
        "Observations that could not be taken as they came.",
        ("reason",),
        values={"reason": ("negative", "history_full", "other_body")},
    ),
    Metric(
        "kaizen_statistics_last_success_timestamp_seconds", "gauge", "When the windows were last computed.", absent=True
    ),
)
