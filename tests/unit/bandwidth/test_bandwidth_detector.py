"""Whether a day is unexpected: the bars on simulated years, and what stands behind each."""

from datetime import date, timedelta

import pytest

from bandwidth_snapshot.day import Day
from bandwidth_snapshot.detector import ALL, Limits, alerts, judge
from bandwidth_snapshot.trend import trend
from tests.unit.bandwidth import simulation
from tests.unit.bandwidth.simulate import told
from tests.unit.bandwidth.simulation import KINDS, START, Figures, bars_missed

LIMITS = Limits()


def day(at: date, average: float, complete: float = 1.0) -> Day:
    return simulation.day_of(ALL, at, average, complete)


def usual(count: int, seed: int = 5) -> list[Day]:
    return [each[ALL] for each in simulation.fleet(KINDS[0], seed, count).days]


def test_the_bars_hold_on_simulated_fleets() -> None:
    """What `make simulate-bandwidth` prints, smaller: a year of one fleet of each kind, 42 rises."""
    figures = Figures()
    simulation.usual_years(figures, 1, 365)
    simulation.rises(figures, 42)
    simulation.faults(figures, 1)
    shown = told(figures)
    assert bars_missed(figures) == [], shown
    assert "42 of them" in shown
    assert len(figures.quiet) == 6


def test_a_missed_bar_is_named() -> None:
    figures = Figures(false={"a kind": [19]}, rises=10, within_a_day=7, within_a_week=9, quiet={"a gap": 1, "b": 0})
    assert len(bars_missed(figures)) == 4
    assert told(figures).count("MISSED: ") == 4


def test_a_holiday_is_compared_with_sundays() -> None:
    """Traffic of a fleet that is busy on free days: a holiday on a Wednesday is no rise, the same Wednesday is."""
    days = [day(at, 1.4 if at.weekday() >= 5 else 1.0) for at in (START + timedelta(days=each) for each in range(90))]
    at = next(each for each in (START + timedelta(days=90 + each) for each in range(7)) if each.weekday() == 2)
    as_holiday, as_usual = judge(day(at, 1.5), days, LIMITS, {at}), judge(day(at, 1.5), days, LIMITS)
    assert as_holiday is not None
    assert as_usual is not None
    assert (as_holiday.unexpected, as_holiday.holidays, round(as_holiday.expected, 3)) == (False, True, 1.4)
    assert (as_usual.unexpected, as_usual.holidays, round(as_usual.expected, 3)) == (True, False, 1.0)
    assert {each.weekday() for each in as_holiday.compared} == {6}


def test_the_total_tells_of_all_streams() -> None:
    days = [day(START + timedelta(days=each), 1.0) for each in range(90)]
    high = judge(day(START + timedelta(days=90), 3.0), days, LIMITS)
    low = judge(day(START + timedelta(days=90), 1.0), days, LIMITS)
    assert high is not None
    assert alerts({ALL: high, "b": high, "a": high}) == [high]
    assert alerts({ALL: low, "b": high, "a": None}) == [high]
    assert alerts({ALL: None, "b": low}) == []


def test_a_flat_line_and_its_small_changes_raise_nothing() -> None:
    flat = [day(START + timedelta(days=each), 1.0) for each in range(90)]
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
    days = usual(120, 7)
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
