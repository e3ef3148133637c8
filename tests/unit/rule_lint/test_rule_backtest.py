"""Firings against a machine that goes step by step as Prometheus does, and what is said of them."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.prometheus.results import Series
from rule_lint.backtest import FINEST, RANGE, Count, Replay, ReplayError, count, firings, step_of
from rule_lint.files import read
from rule_lint.model import Rule
from tests.unit.rule_lint.rule_samples import alert, content
from tests.unit.rule_lint.stepwise import stepwise

START = 1_700_000_000.0
LATEST = RANGE // FINEST - 1


def rule(wait: str = "", keep: str = "", interval: str = "", **labels: str) -> Rule:
    lengths = {"keep_firing_for": keep} if keep else {}
    group = {"interval": interval} if interval else {}
    return read("r", content(alert("A", "x > 5", "", wait, labels=labels, **lengths), **group)).rules[0]


def series(numbers: Sequence[int], step: int = FINEST, **labels: str) -> Series:
    return Series({"__name__": "x", **labels}, tuple((START + each * step / 1000, 6.0) for each in numbers))


def counted(what: Rule, *given: Series) -> Count:
    return count(what, given, START, step_of(what))


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.booleans(), min_size=1, max_size=60),
    st.integers(0, 400_000),
    st.integers(0, 400_000),
    st.sampled_from([1_000, 60_000, 90_000]),
)
def test_firings_are_those_of_a_machine_that_takes_each_step(
    holds: list[bool], waits: int, keeps: int, step: int
) -> None:
    active = [number for number, each in enumerate(holds) if each]
    waits, keeps = waits * step // 60_000, keeps * step // 60_000
    found = firings(active, waits=-(-waits // step), keeps=-(-keeps // step), latest=len(holds) - 1)
    shown = [any(first <= number <= last for first, last in found) for number in range(len(holds))]
    expected = stepwise(holds, waits, keeps, step)
    assert shown == [each > 0 for each in expected]
    assert len(found) == len(set(expected) - {0})


def test_each_alert_counts_and_minutes_count_once() -> None:
    one, other = series(range(10), job="a"), series(range(5, 20), job="b")
    assert counted(rule(), one, other) == Count(2, 20)
    assert counted(rule("5m"), one, other) == Count(2, 15)  # from 5 to 9, and from 10 to 19
    assert counted(rule("20m"), one, other) == Count(0, 0)
    assert counted(rule()) == Count(0, 0)


def test_a_gap_ends_it_unless_it_keeps_firing() -> None:
    gap = series([0, 1, 2, 6, 7])
    assert counted(rule(), gap) == Count(2, 5)
    assert counted(rule(keep="3m"), gap) == Count(1, 11)
    assert counted(rule(keep="2m"), gap) == Count(2, 9)
    assert counted(rule("5m", "10m"), gap) == Count(0, 0)  # it never fired, so that there is nothing to keep


def test_the_range_ends() -> None:
    assert counted(rule(keep="1h"), series([LATEST - 1, LATEST])) == Count(1, 2)
    assert counted(rule("1h"), series(range(LATEST + 1))) == Count(1, 7 * 24 * 60 - 60)


def test_labels_of_the_rule_make_alerts_one_or_fail_as_in_prometheus() -> None:
    apart = series(range(5), pod="a"), series(range(5, 10), pod="b")
    assert counted(rule(), *apart) == Count(2, 10)
    assert counted(rule(pod="any"), *apart) == Count(1, 10)
    assert counted(rule(pod="{{ $labels.pod }}"), *apart) == Count(2, 10)
    with pytest.raises(ReplayError, match="two series become one"):
        counted(rule(pod="any"), series([1], pod="a"), series([1], pod="b"))
    for template in ("{{ $value }}", "{{ printf `%f` .Value }}", '{{ query "up" }}'):
        with pytest.raises(ReplayError, match="made of the value"):
            counted(rule(level=template), *apart)


def test_the_step_is_the_interval_as_far_as_prometheus_gives_points() -> None:
    steps = {each: step_of(rule(interval=each)) for each in ("15s", "1m", "90s", "2w")}
    assert steps == {"15s": FINEST, "1m": FINEST, "90s": 90_000, "2w": RANGE}
    assert step_of(rule()) == FINEST
    assert RANGE / FINEST <= 11_000
    assert counted(rule(wait="2m", interval="90s"), series(range(4), 90_000)) == Count(1, 3)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (Count(3, 41), Count(0, 0), "was 3 firings, 41 min; would be 0"),
        (Count(0, 0), Count(1, 5), "was 0 firings; would be 1 firing, 5 min"),
        (Count(3, 41), Count(3, 40), "was 3 firings, 41 min; would be 3 firings, 40 min"),
        (Count(3, 41), Count(3, 41), "3 firings, 41 min, before and after"),
        (Count(0, 0), Count(0, 0), "0 firings, before and after"),
        (None, Count(2, 120), "would be 2 firings, 2 h"),
        (Count(2, 605), None, "was 2 firings, 10 h 5 min"),
        ("why", Count(1, 1), "could not be replayed: why"),
        (None, "why", "could not be replayed: why"),
        (Count(1, 1), "why", "was 1 firing, 1 min; what it would be could not be replayed: why"),
    ],
)
def test_words(before: Count | str | None, after: Count | str | None, words: str) -> None:
    assert str(Replay(before, after)) == words
