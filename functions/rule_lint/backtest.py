"""When an alert would have fired: its expression's points, `for` and `keep_firing_for` as Prometheus has them. Pure.

Times are counted in evaluations. https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kaizen.prometheus.results import Series
from rule_lint.model import Rule

RANGE = 7 * 24 * 3600 * 1000  # milliseconds that are replayed
FINEST = 60 * 1000  # of a step: a week has 10,080 of them, and Prometheus gives 11,000 points at most
_VALUE = re.compile(r"\$value|\.Value|\bquery\b")

Firing = tuple[int, int]  # its first and its last evaluation


class ReplayError(Exception):
    """The alert cannot be replayed; the message says why."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often it fired, each set of labels for itself, and for how many minutes any of them did."""

    firings: int
    minutes: int

    def __str__(self) -> str:
        return f"{self.firings} firing{'s' * (self.firings != 1)}" + (f", {_length(self.minutes)}" * bool(self.firings))


Side = Count | str  # words where there is no count


@dataclass(frozen=True, slots=True)
class Replay:
    """One alert, before and after a change; None where there is none at that side."""

    before: Side | None
    after: Side | None

    def __str__(self) -> str:
        if isinstance(self.before, Count) and isinstance(self.after, Count):
            if self.before == self.after:
                return f"{self.before}, before and after"
            after = str(self.after) if self.after.firings or not self.before.firings else "0"
            return f"was {self.before}; would be {after}"
        if isinstance(self.before, str):
            return f"could not be replayed: {self.before}"
        if isinstance(self.after, str):
            failed = f"could not be replayed: {self.after}"
            return failed if self.before is None else f"was {self.before}; what it would be {failed}"
        return f"was {self.before}" if self.after is None else f"would be {self.after}"


def step_of(rule: Rule) -> int:
    """Between two evaluations, in milliseconds: the group's interval, but no finer than a week of points allows."""
    return min(max(rule.interval, FINEST), RANGE)


def count(rule: Rule, series: Iterable[Series], start: float, step: int) -> Count:
    """What the alert did, given all that its expression gave. `start` is the first evaluation in Unix seconds.

    Raises ReplayError.
    """
    latest = RANGE // step - 1
    fired = [
        each
        for numbers in _alerts(rule, series, start, step).values()
        for each in firings(numbers, waits=-(-rule.waits // step), keeps=-(-rule.keeps // step), latest=latest)
    ]
    return Count(len(fired), round(_covered(fired) * step / 60_000))


def firings(active: Sequence[int], *, waits: int, keeps: int, latest: int) -> list[Firing]:
    """Of one set of labels. `active` are the evaluations at which the expression has a value, in order, each once.

    It fires `waits` evaluations after it became active, if it was active at each of them, and goes on for `keeps`
    without a value; where one of these, or the next, has a value, the firing goes on. `latest` is the last evaluation
    that is looked at.
    """
    found: list[Firing] = []
    since = last = fired = None
    for at in active:
        if last is None or since is None or at > last + 1 + (keeps if fired is not None else 0):
            if last is not None and fired is not None:
                found.append((fired, last + keeps))
            since, fired = at, None
        last = at
        if fired is None and at - since >= waits:
            fired = at
    if last is not None and fired is not None:
        found.append((fired, min(last + keeps, latest)))
    return found


def _alerts(rule: Rule, series: Iterable[Series], start: float, step: int) -> dict[tuple[object, ...], list[int]]:
    """The evaluations at which each alert is active; an alert is what has the same labels, the rule's among them."""
    if any(_by_value(text) for text in rule.labels.values()):
        raise ReplayError("one of its labels is made of the value")
    found: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for each in series:
        found[_identity(rule, each.labels)] += [round((at - start) * 1000 / step) for at, _ in each.points]
    for numbers in found.values():
        numbers.sort()
        if any(one == other for one, other in pairwise(numbers)):
            raise ReplayError("two series become one by its labels, which Prometheus refuses")
    return found


def _by_value(text: str) -> bool:
    """Whether a template has the value, or what a query finds, in it."""
    start = text.find("{{")
    return start >= 0 and _VALUE.search(text, start) is not None


def _identity(rule: Rule, labels: Mapping[str, str]) -> tuple[object, ...]:
    """Labels of the rule take the place of the series' own; a template can be made of those."""
    left = {name: value for name, value in labels.items() if name != "__name__"}
    left = {name: value for name, value in left.items() if "{{" in rule.labels.get(name, "{{")}
    return tuple(sorted(left.items()))


def _covered(found: Iterable[Firing]) -> int:
    """How many evaluations are within any of them."""
    total, end = 0, -1
    for first, last in sorted(found):
        total += max(0, last - max(first, end + 1) + 1)
        end = max(end, last)
    return total


def _length(minutes: int) -> str:
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" + (f" {minutes % 60} min" * bool(minutes % 60))
