"""The end of a month foretold, and the day on which it crosses its cap."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandwidth_snapshot import wording
from bandwidth_snapshot.day import Day
from bandwidth_snapshot.forecast import forecast
from bandwidth_snapshot.trend import Trend

GB = 10**9
LAST = date(2026, 3, 15)  # a Sunday


def days(last: date, count: int, weekday: int = 10 * GB, weekend: int = 4 * GB, complete: float = 1.0) -> list[Day]:
    made = []
    for back in reversed(range(count)):
        at = last - timedelta(days=back)
        sent = weekend if at.weekday() > 4 else weekday
        made.append(Day("*", at, sent, sent / 86400e6, 0, 0, complete, 0, 0))
    return made


def test_weekdays_and_weekends_are_counted_as_they_are() -> None:
    """March 2026 has 22 weekdays and 9 days of weekends; ten and five of them lie before the 16th."""
    found = forecast(days(LAST, 40), None, 250 * GB)
    assert found is not None
    assert (found.sent, found.end) == ((10 * 10 + 5 * 4) * GB, (22 * 10 + 9 * 4) * GB)
    assert found.crosses == date(2026, 3, 31), "246 GB until the 30th"
    assert not found.over


@pytest.mark.parametrize(("cap", "crosses"), [(256, None), (255, 31), (119, 15), (3, 1)])
def test_the_day_that_crosses_the_cap(cap: int, crosses: int | None) -> None:
    found = forecast(days(LAST, 40), None, cap * GB)
    assert found is not None
    assert (found.crosses and found.crosses.day) == crosses
    assert found.over == (cap < 120)


def test_growth_brings_the_day_forward() -> None:
    flat = forecast(days(LAST, 40), None, 250 * GB)
    grown = forecast(days(LAST, 40), Trend(0.10, 0.05, 0.15, 40), 250 * GB)
    assert flat is not None
    assert grown is not None
    assert grown.end > flat.end
    assert grown.crosses is not None
    assert flat.crosses is not None
    assert grown.crosses < flat.crosses


def test_a_day_that_was_not_measured_whole_counts_as_usual_and_at_least_as_measured() -> None:
    known = days(LAST, 40)
    half = Day("*", LAST, 1 * GB, 0, 0, 0, 0.5, 0, 0)
    much = Day("*", LAST, 50 * GB, 0, 0, 0, 0.5, 0, 0)
    usual = forecast(known, None, 10**15)
    assert usual is not None
    found = forecast([*known[:-1], half], None, 10**15)
    assert found is not None
    assert (found.end, found.measured, found.estimated, found.unmeasured) == (usual.end, 117 * GB, 3 * GB, 1)
    more = forecast([*known[:-1], much], None, 10**15)
    assert more is not None
    assert more.sent == usual.sent + 46 * GB


def test_too_few_days_foretell_nothing() -> None:
    assert forecast([], None, GB) is None
    assert forecast(days(LAST, 13), None, GB) is None
    assert forecast(days(LAST, 40, complete=0.5), None, GB) is None


@given(
    last=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    count=st.integers(14, 90),
    cap=st.integers(1, 10**13),
    weekly=st.floats(-0.5, 1.0),
)
def test_what_holds_of_every_forecast(last: date, count: int, cap: int, weekly: float) -> None:
    found = forecast(days(last, count), Trend(weekly, weekly, weekly, count), cap)
    assert found is not None
    assert 0 < found.sent <= found.end
    assert (found.crosses is not None) == (found.end > cap) or abs(found.end - cap) <= 1
    if last.day == monthrange(last.year, last.month)[1]:
        assert found.sent == found.end
    if found.crosses is not None:
        assert (found.crosses.year, found.crosses.month) == (last.year, last.month)
        assert found.over == (found.crosses <= last) or abs(found.sent - cap) <= 1
        assert wording.cap(found).text


def test_what_people_read() -> None:
    found = forecast(days(LAST, 40), None, 250 * GB)
    assert found is not None
    assert "March will cross its cap of 250.0 GB on about the 31st" in wording.cap(found).text
    over = forecast(days(LAST, 40), None, 100 * GB)
    assert over is not None
    assert "March is over its cap of 100.0 GB since the 12th" in wording.cap(over).text
    within = forecast(days(LAST, 40), None, 999 * GB)
    assert within is not None
    assert "March stays within its cap of 999.0 GB" in wording.cap(within).text


def test_what_was_not_measured_is_said_apart_and_never_as_a_fact() -> None:
    """More than the cap is measured and estimated together; measured alone it is less."""
    known = [each for each in days(LAST, 60) if not date(2026, 3, 2) <= each.date < date(2026, 3, 10)]
    found = forecast(known, None, 100 * GB)
    assert found is not None
    line = wording.month_line(found)
    assert "is probably over its cap of 100.0 GB since about the" in line
    assert "52.0 GB measured in March until the 15th, about 68.0 GB more in 8 days not measured whole" in line


def test_days_to_come_are_at_the_level_of_a_rise_that_goes_on() -> None:
    """Three times as much since Saturday: the day of the crossing is right at once, and does not wander."""
    told = []
    for ahead in range(8):
        last = LAST + timedelta(days=ahead)
        risen = [
            replace(each, bytes=each.bytes * 3) if each.date >= LAST - timedelta(days=1) else each
            for each in days(last, 60)
        ]
        found = forecast(risen, None, 300 * GB, (LAST - timedelta(days=1), 3.0))
        assert found is not None
        assert found.low < found.end < found.high
        told.append(found.crosses)
    assert set(told) == {date(2026, 3, 22)}
