"""Asks a Prometheus what changed alerts did over the last week, and would have done. Never fails: it says why not.

The expressions come from a pull request. Prometheus ends each after its time-out; there are few of them, and of what
goes wrong a comment says the kind alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kaizen.prometheus.patient import Patient, Ranged
from kaizen.promql import metrics, walk
from kaizen.promql.nodes import Selector, Subquery
from rule_lint.backtest import RANGE, Replay, ReplayError, Side, count, step_of
from rule_lint.changes import Change
from rule_lint.model import Rule

MOST = 10  # alerts of a pull request
PATIENCE = timedelta(seconds=45)  # from the beginning; an answer that is under way may take ten seconds more
NO_PROMETHEUS = "alerts not replayed: no Prometheus is set"
FORK = "alerts not replayed: the policy keeps those of forks from Prometheus"


@dataclass(frozen=True, slots=True)
class Replayed:
    """The changes with what came of their alerts; `left_out` says in a few words what was not tried, empty for all."""

    changes: tuple[Change, ...]
    left_out: str = ""


class Replayer:
    """For one run. `connect` is called at the first question, and may raise ValueError and SecretError; None where
    there is no Prometheus. `clock` gives aware UTC. `forks` says whether expressions of forks are asked, too."""

    def __init__(
        self,
        connect: Callable[[], Ranged] | None,
        clock: Callable[[], datetime],
        *,
        forks: bool = False,
        most: int = MOST,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._ask = None if connect is None else Patient(connect, clock, patience, "an alert could not be replayed")
        self._forks = forks
        self._most = most
        # A whole hour: a review that is repeated asks the same, and Prometheus's caches know it.
        self._end = clock().replace(minute=0, second=0, microsecond=0)

    def replay(self, changes: Sequence[Change], rules: Sequence[Rule], *, fork: bool = False) -> Replayed:
        """`rules` are those after the change."""
        wanted = [each for each in changes if _matters(each)]
        if not wanted or self._ask is None or (fork and not self._forks):
            return Replayed(tuple(changes), "" if not wanted else NO_PROMETHEUS if self._ask is None else FORK)
        anew = _recorded_anew(changes, rules)
        known = {id(each): str(self._of(each, anew)) for each in wanted[: self._most]}
        more = len(wanted) - len(known)
        words = f"{more} more changed alert{'s' * (more != 1)} not replayed: {self._most} at most" if more else ""
        return Replayed(tuple(replace(each, replay=known.get(id(each), "")) for each in changes), words)

    def _of(self, change: Change, anew: frozenset[str]) -> Replay:
        before = None if change.was is None else self._side(change.was, frozenset())
        after = None if change.now is None else self._side(change.now, anew)
        return Replay(before, after)

    def _side(self, rule: Rule, anew: frozenset[str]) -> Side:
        if rule.expression is None:
            return "its expression could not be read"
        if any(isinstance(each, Selector | Subquery) and each.at in ("start", "end") for each in walk(rule.expression)):
            return "@ start() and @ end() mean another time in a replay"
        if read := metrics(rule.expression) & anew:
            return f"it reads {min(read)}, which this change records otherwise"
        step = step_of(rule)
        start = self._end - timedelta(milliseconds=RANGE - step)
        assert self._ask is not None
        found = self._ask.matrix(rule.text, start, self._end, timedelta(milliseconds=step))
        if isinstance(found, str):
            return found
        try:
            return count(rule, found.series, start.timestamp(), step)
        except ReplayError as error:
            return str(error)


def _matters(change: Change) -> bool:
    """Whether it is of an alert, and of more than its words for people."""
    was, now = change.was, change.now
    alerts = any(each is not None and each.kind == "alert" for each in (was, now))
    return alerts and _behaviour(was) != _behaviour(now)


def _behaviour(rule: Rule | None) -> tuple[object, ...] | None:
    if rule is None:
        return None
    return (rule.canonical, rule.waits, rule.keeps, rule.interval, rule.identity)


def _recorded_anew(changes: Iterable[Change], rules: Sequence[Rule]) -> frozenset[str]:
    """Metrics whose past says nothing of what the change makes of them, with those that are recorded from them."""
    found = {
        each.now.name
        for each in changes
        if each.now is not None and each.now.kind == "record" and (each.was is None or _differs(each.was, each.now))
    }
    while more := set(_recorded_from(found, rules)) - found:
        found |= more
    return frozenset(found)


def _differs(was: Rule, now: Rule) -> bool:
    return (was.canonical, was.identity) != (now.canonical, now.identity)


def _recorded_from(names: set[str], rules: Sequence[Rule]) -> Iterator[str]:
    for each in rules:
        if names and each.kind == "record" and each.expression is not None and metrics(each.expression) & names:
            yield each.name
