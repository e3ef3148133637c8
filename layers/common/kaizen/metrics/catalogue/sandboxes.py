"""Sandboxes: what is decided about them, what was stopped and brought back, and what that has saved."""

from kaizen.metrics.catalogue.metric import Metric

# Why a sandbox is left as it is, told of, stopped or brought back; the decisions of the reaper have these words.
WHYS = (
    "exempt", "lifted", "unreapable", "kept", "snoozed", "snooze_over", "unknown", "unknown_too_long", "active", "idle",
    "dry_run", "switched_off", "breaker", "notice", "notice_claimed", "notice_again", "notified", "policy_changed",
    "changed", "asked", "grace", "due", "guarded", "stopped", "refused", "finish", "resume", "restarted", "flapping",
    "resumed", "restoring", "owner_changed", "overdue", "held", "crowded",
)  # fmt: skip
STATES = (
    "ACTIVE", "IDLE", "NOTICE_CLAIMED", "NOTIFIED", "STOP_CLAIMED", "STOPPED", "RESUMED", "SNOOZED", "EXEMPT",
    "UNREAPABLE",
)  # fmt: skip

METRICS = (
    Metric(
        "kaizen_sandbox_decisions_total",
        "counter",
        "Decisions about sandboxes, one for each of them in each run, by why.",
        ("reason",),
        values={"reason": WHYS},
    ),
    Metric(
        "kaizen_sandbox_errors_total",
        "counter",
        "Runs, or sandboxes in runs, that failed: by what did not answer, or by the guard of the fleet that held.",
        ("cause",),
        values={"cause": ("kubernetes", "prometheus", "slack", "cap", "breaker", "other")},
    ),
    Metric("kaizen_sandbox_notices_total", "counter", "Notices that stand in Slack, with a receipt."),
    Metric(
        "kaizen_sandbox_stops_total",
        "counter",
        "Stops: made, or undone since the sandbox was changed meanwhile.",
        ("result",),
        values={"result": ("stopped", "undone")},
    ),
    Metric("kaizen_sandbox_resumes_total", "counter", "Sandboxes that were brought back from a stop."),
    Metric(
        "kaizen_sandbox_presses_total",
        "counter",
        "Presses of buttons: taken, of a message that is over, or refused as forged or of somebody else.",
        ("result",),
        values={"result": ("taken", "over", "refused")},
    ),
    Metric(
        "kaizen_sandbox_beats_total",
        "counter",
        "Posts that a sandbox is busy: taken, or refused for their token or their body.",
        ("result",),
        values={"result": ("taken", "refused")},
    ),
    Metric(
        "kaizen_sandbox_reclaimed_core_seconds_total",
        "counter",
        "Processor time that stopped sandboxes did not hold: requested cores times seconds.",
    ),
    Metric(
        "kaizen_sandbox_reclaimed_memory_byte_seconds_total",
        "counter",
        "Memory that stopped sandboxes did not hold: requested bytes times seconds.",
    ),
    Metric(
        "kaizen_sandboxes",
        "gauge",
        "Sandboxes that are opted in, by state, as of the last whole run.",
        ("state",),
        values={"state": STATES},
        absent=True,
    ),
    Metric(
        "kaizen_sandbox_unknown",
        "gauge",
        "Sandboxes of whose usage nothing is known; neither stopped, exempt nor unreapable ones count.",
        absent=True,
    ),
    Metric(
        "kaizen_sandbox_would_stop",
        "gauge",
        "Sandboxes that a dry run would tell of and stop; 0 when live.",
        absent=True,
    ),
    Metric(
        "kaizen_sandbox_would_stop_cores",
        "gauge",
        "Requested cores of the sandboxes that a dry run would stop.",
        absent=True,
    ),
    Metric(
        "kaizen_sandbox_would_stop_memory_bytes",
        "gauge",
        "Requested memory of the sandboxes that a dry run would stop.",
        absent=True,
    ),
    Metric(
        "kaizen_sandbox_last_success_timestamp_seconds",
        "gauge",
        "When the last run ended that saw every sandbox without an error.",
        absent=True,
    ),
)
