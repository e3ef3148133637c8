"""Presses of our buttons in Slack."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        "kaizen_slack_interactions_total",
        "counter",
        "Interactions from Slack by what became of them.",
        ("result",),
        values={"result": ("accepted", "ignored", "rejected")},
    ),
)
