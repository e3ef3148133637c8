"""Commands in Slack, and cards of tickets."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        "kaizen_slack_commands_total",
        "counter",
        "Slash commands by what became of them: done, refused with an explanation, rejected at the door, or failed, "
        "when Slack did not take the answer any more.",
        ("command", "result"),
        values={
            "command": ("subscribe", "unsubscribe", "list", "summary", "ticket", "help", "other"),
            "result": ("done", "refused", "rejected", "failed"),
        },
    ),
    Metric(
        "kaizen_cards_total",
        "counter",
        "Cards of tickets by what became of a change: posted, updated, or failed.",
        ("result",),
        values={"result": ("posted", "updated", "failed")},
    ),
)
