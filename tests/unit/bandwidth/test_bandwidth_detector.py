"""Whether a day is unexpected: the bars on simulated years, and what stands behind each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bandwidth_snapshot.day import Day
from bandwidth_snapshot.detector import Limits, judge
from bandwidth_snapshot.names import ALL
from bandwidth_snapshot.rises import Rise, Rises
from bandwidth_snapshot.trend import trend
from tests.unit.bandwidth import simulation
from tests.unit.bandwidth.simulate import told
from tests.unit.bandwidth.simulation import KINDS, START, Figures, Found, bars_missed

LIMITS = Limits()


def day(at: date, average: float, complete: float = 1.0) -> Day:
    return simulation.day_of(ALL, at, average, complete)


def usual(count: int, seed: int = 5) -> list[Day]:
    return [each[ALL] for each in simulation.fleet(KINDS[0], seed, count).days]


def test_the_bars_hold_on_simulated_fleets() -> None:
    """What `make simulate-bandwidth` prints, smaller: a year of one fleet of each kind, 90 rises."""
    figures = Figures()
    simulation.usual_years(figures, 1, 365)
    simulation.rises(figures, 90)
    simulation.faults(figures, 1)
    shown = told(figures)
    assert bars_missed(figures) == [], shown
    every = figures.found["all streams"]
    assert every.one >= 0.9 * every.rises, shown
    assert every.right >= 0.85 * every.rises, shown
    assert figures.outside
    assert len(figures.quiet) == 6


def test_a_missed_bar_is_named() -> None:
    figures = Figures(false={"a kind": [19]}, quiet={"a gap": 1, "b": 0})
    figures.found["all streams"] = Found(10, 7, 9)
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


def rises(averages: Sequence[float | None], **others: Sequence[float]) -> list[Rise]:
    """Of all streams together, after ninety days of 1 MB/s; None is a day that nobody measured."""
    given = {ALL: averages} | {name: list(each) for name, each in others.items()}
    series = {
        name: [
            replace(day(START + timedelta(days=place), each or 0.0, each is not None), stream=name)
            for place, each in enumerate([1.0] * 90 + list(days))
        ]
        for name, days in given.items()
    }
    return Rises(series, LIMITS, frozenset()).go(START + timedelta(days=60), START + timedelta(days=89 + len(averages)))


def at(place: int) -> date:
    return START + timedelta(days=90 + place)


def test_a_rise_goes_on_over_usual_and_unmeasured_days_and_ends_after_four_usual_ones() -> None:
    found = rises([2.0, 1.0, None, 2.0, 1.0, 1.0, 1.0, None, 2.0, 1.0, 1.0, None, 1.0, 1.0])
    assert [(each.since, each.ended, each.level) for each in found] == [(at(0), at(9), False)]
    assert sorted(found[0].odd) == [at(0), at(3), at(8)]
    assert rises([2.0, 1.0, 1.0, None, 1.0])[0].ended is None


def test_a_rise_that_stays_is_the_new_level_and_what_comes_on_top_is_another() -> None:
    found = rises([2.0] * 60 + [4.0])
    assert [(each.since, each.ended, each.level) for each in found] == [(at(0), at(28), True), (at(60), None, False)]
    assert found[1].main.expected == pytest.approx(2.0)


def test_the_total_and_its_streams_are_one_rise_and_a_stream_that_rises_later_another() -> None:
    together = rises([2.0] * 10, a=[2.0] * 10, b=[1.2] * 3 + [2.0] * 7)
    assert [each.streams for each in together] == [(ALL, "a", "b")]
    later = rises([2.0] * 10, a=[2.0] * 10, b=[1.0] * 6 + [2.0] * 4)
    assert [(each.streams, each.since) for each in later] == [((ALL, "a"), at(0)), (("b",), at(6))]


def test_days_before_that_were_nearly_odd_belong_to_the_rise_and_three_of_them_are_one() -> None:
    assert rises([1.27, None, 2.0])[0].since == at(0)
    assert rises([1.1, 2.0])[0].since == at(1)
    assert rises([1.24, 1.24]) == []
    assert rises([1.24, 1.24, 1.24])[0].since == at(0)


def test_idle_days_a_hole_in_the_log_and_days_measured_in_part_are_something_to_compare_with() -> None:
    def last(days: list[Day], complete: float = 1.0) -> bool:
        verdict = judge(day(START + timedelta(days=100), 500.0, complete), days, LIMITS)
        return verdict is not None and verdict.unexpected

    dates = [START + timedelta(days=each) for each in range(100)]
    assert last([day(each, 0.0) for each in dates])
    assert last([day(each, float(place % 2)) for place, each in enumerate(dates)])
    assert last([day(each, 1.0) for each in dates[:55]])
    assert last([day(each, 1.0, 0.94) for each in dates], 0.94)
    assert not last([day(each, 1.0) for each in dates], 0.94)


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
