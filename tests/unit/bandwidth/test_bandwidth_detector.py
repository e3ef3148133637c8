"""Three simulated years: how often the detector cries wolf, and how soon it sees a rise."""

import math
import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from bandwidth_snapshot.day import Day
from bandwidth_snapshot.detector import Limits, judge
from bandwidth_snapshot.trend import trend

START = date(2023, 1, 2)  # a Monday
LIMITS = Limits()


def day(at: date, average: float, complete: float = 1.0) -> Day:
    return Day("*", at, round(average * 86400e6), average, average * 1.4, average * 2, complete, 0, 0)


def years(seed: int, count: int = 3 * 365) -> list[Day]:
    """Weekdays, quiet weekends, a holiday now and then, 0.4 % growth a week, 8 % of noise."""
    chance = random.Random(seed)
    made = []
    for offset in range(count):
        at = START + timedelta(days=offset)
        weekend = 0.55 if at.weekday() >= 5 else 1.0
        holiday = 0.5 if chance.random() < 0.03 else 1.0
        made.append(day(at, 2.0 * 1.004 ** (offset / 7) * weekend * holiday * math.exp(chance.gauss(0, 0.08))))
    return made


def verdicts(days: list[Day]) -> Iterator[tuple[Day, bool]]:
    for index, each in enumerate(days):
        verdict = judge(each, days[max(0, index - 120) : index], LIMITS)
        yield each, verdict is not None and verdict.unexpected


def test_three_years_of_usual_days_raise_hardly_anything() -> None:
    false = sum(unexpected for seed in range(3) for _, unexpected in verdicts(years(seed)))
    months = 3 * 36
    assert false / months <= 0.5


def test_a_rise_of_a_half_is_seen_soon() -> None:
    first, within_a_week, trials = 0, 0, 40
    for seed in range(trials):
        days = years(100 + seed, 200)
        begin = 120 + seed % 7
        risen = [day(each.date, each.average * 1.5) if index >= begin else each for index, each in enumerate(days)]
        seen = [unexpected for _, unexpected in verdicts(risen)][begin : begin + 7]
        first += seen[0]
        within_a_week += any(seen)
    assert first / trials >= 0.8
    assert within_a_week == trials


def test_the_first_four_weeks_raise_nothing() -> None:
    days = years(5, 28)
    days[20] = day(days[20].date, 40.0)
    assert not any(unexpected for _, unexpected in verdicts(days))


def test_a_flat_line_and_its_small_changes_raise_nothing() -> None:
    flat = [day(START + timedelta(days=each), 1.0) for each in range(90)]
    assert not any(unexpected for _, unexpected in verdicts(flat))
    assert judge(day(START + timedelta(days=90), 1.2), flat, LIMITS).unexpected is False  # type: ignore[union-attr]
    assert judge(day(START + timedelta(days=90), 2.0), flat, LIMITS).unexpected is True  # type: ignore[union-attr]


def test_a_day_that_is_not_whole_is_neither_judged_nor_compared_with() -> None:
    usual = [day(START + timedelta(days=each), 1.0) for each in range(90)]
    at = START + timedelta(days=90)
    assert judge(day(at, 9.0, complete=0.5), usual, LIMITS) is None
    gaps = [day(each.date, 0.0, complete=0.0) if each.date.day % 5 == 0 else each for each in usual]
    verdict = judge(day(at, 2.0), gaps, LIMITS)
    assert verdict is not None
    assert verdict.expected == pytest.approx(1.0)


def test_weekends_are_compared_with_weekends() -> None:
    days = years(7, 120)
    monday = next(each for each in days[100:] if each.date.weekday() == 0)
    verdict = judge(monday, [each for each in days if each.date < monday.date], LIMITS)
    assert verdict is not None
    assert verdict.same_weekday
    assert {each.weekday() for each in verdict.compared} == {0}


def test_the_trend_is_that_of_the_days_and_odd_days_do_not_move_it() -> None:
    days = [day(START + timedelta(days=each), 1.03 ** (each / 7)) for each in range(100)]
    days[50] = day(days[50].date, 50.0)
    found = trend(days)
    assert found is not None
    assert found.weekly == pytest.approx(0.03, abs=0.003)
    assert trend(days[:10]) is None
