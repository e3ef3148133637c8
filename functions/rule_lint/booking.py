"""What a review adds to the metrics. Pure."""

from collections import Counter
from collections.abc import Iterator

from kaizen.metrics.changes import Change, add
from rule_lint.review import Outcome


def booked(outcome: Outcome) -> Iterator[Change]:
    yield result(outcome.result)
    for check, count in sorted(Counter(each.check for each in outcome.introduced).items()):
        yield add("kaizen_rule_lint_findings_total", {"check": check}, count)


def result(name: str) -> Change:
    return add("kaizen_rule_lint_reviews_total", {"result": name})
