"""What is posted to Slack."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        "kaizen_digest_last_success_timestamp_seconds",
        "gauge",
        "When a route's digest last went out.",
        ("route",),
        absent=True,
        forgotten=("route",),
    ),
    Metric(
        "kaizen_slack_requests_total",
        "counter",
        "Calls to Slack.",
        ("method", "result"),
        values={
            "method": (
                "chat.postMessage", "chat.update", "conversations.history", "conversations.open",
                "conversations.replies", "webhook",
            ),
            "result": ("ok", "ratelimited", "error"),
        },
    ),
)  # fmt: skip
