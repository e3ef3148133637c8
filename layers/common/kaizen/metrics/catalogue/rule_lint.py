"""Reviews of Prometheus rules in pull requests."""

from kaizen.metrics.catalogue.metric import Metric

CHECKS = (
    "absent", "alert-clash", "bool", "copy", "disable", "documents", "duplicate", "impossible", "inverted-ladder",
    "no-comparison", "overlap", "promql", "record-clash", "redundant", "removed", "required", "rule-file", "template",
    "undefined", "unread", "untested", "yaml",
)  # fmt: skip

METRICS = (
    Metric(
        "kaizen_rule_lint_reviews_total",
        "counter",
        "Events of pull requests by what became of them.",
        ("result",),
        values={
            "result": (
                "created", "updated", "unchanged", "silent", "unwatched", "closed", "left", "ignored", "off", "failed",
            )
        },
    ),
    Metric(
        "kaizen_rule_lint_findings_total",
        "counter",
        "Findings that pull requests brought, once for each review, by check.",
        ("check",),
        values={"check": CHECKS},
    ),
)  # fmt: skip
