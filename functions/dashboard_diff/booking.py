"""What a comparison adds to the metrics. Pure."""

from kaizen.metrics.changes import Change, add


def result(name: str) -> Change:
    return add("kaizen_dashboard_diff_reviews_total", {"result": name})
