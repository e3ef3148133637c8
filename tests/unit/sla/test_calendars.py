"""Working time between two instants, and the instant by which so much has passed."""

from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kaizen.policy.calendars import Calendar
from tests.unit.sla.samples import MINUTE, SECOND, at, calendar, minutes_worked, works

BERLIN = "Europe/Berlin"
HOUR = 3600
# One with half an hour's change, one with its change at midnight, one with the seasons turned round, one without any.
ZONES = [BERLIN, "America/New_York", "Australia/Lord_Howe", "America/Havana", "Pacific/Auckland", "Asia/Kolkata", "UTC"]


@pytest.mark.parametrize(
    ("windows", "start", "end", "hours"),
    [
        (["09:00-17:00"], "2026-03-24 00:00", "2026-03-25 00:00", 8),
        (["09:00-12:30", "13:30-18:00"], "2026-03-24 00:00", "2026-03-25 00:00", 8),
        (
            ["09:00-12:30", "13:30-18:00"],
            "2026-03-24 12:00",
            "2026-03-24 14:00",
            1,
        ),  # half an hour on each side of noon
        (["09:00-12:30", "13:30-18:00"], "2026-03-24 12:30", "2026-03-24 13:30", 0),
        (["09:00-17:00"], "2026-03-27 16:00", "2026-03-30 10:00", 2),  # Friday's last hour and Monday's first
        (["09:00-17:00"], "2026-03-28 00:00", "2026-03-29 23:00", 0),  # a weekend
        (["09:00-17:00"], "2026-03-24 12:00", "2026-03-24 11:00", 0),  # backwards
        (["00:00-24:00"], "2026-03-26 00:00", "2026-03-27 00:00", 24),
    ],
)
def test_working_hours(windows: list[str], start: str, end: str, hours: float) -> None:
    on = calendar(*windows, zone=BERLIN)
    assert on.seconds(at(start, BERLIN), at(end, BERLIN)) == hours * HOUR


# Berlin: 02:00 becomes 03:00 on 29 March 2026, 03:00 becomes 02:00 on 25 October 2026; both are Sundays.
@pytest.mark.parametrize(
    ("windows", "day", "minutes"),
    [
        (["09:00-17:00"], "2026-03-29", 480),  # the change is over by then
        (["00:00-06:00"], "2026-03-29", 300),
        (["00:00-06:00"], "2026-10-25", 420),
        (["02:15-02:45"], "2026-03-29", 0),  # does not exist
        (["02:30-03:10"], "2026-03-29", 10),  # begins when the gap ends
        (["01:30-02:15"], "2026-03-29", 30),  # ends where the gap begins
        (["02:15-02:45", "03:00-04:00"], "2026-03-29", 60),  # no minute counts twice
        (["01:00-02:30"], "2026-10-25", 90),  # until the first 02:30
        (["02:30-04:00"], "2026-10-25", 150),  # from the first 02:30
        (["01:00-02:30", "02:30-04:00"], "2026-10-25", 240),
    ],
)
def test_a_clock_change_within_a_window(windows: list[str], day: str, minutes: int) -> None:
    on = calendar(*windows, zone=BERLIN, days=[6])
    start = at(f"{day} 00:00", BERLIN)
    assert on.seconds(start, start + timedelta(hours=26)) == minutes * 60


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-24 09:00", 8, "2026-03-24 18:00"),  # the day's last instant, not the next day's first
        ("2026-03-24 09:00", 3.5, "2026-03-24 12:30"),
        ("2026-03-24 09:00", 4, "2026-03-24 14:00"),  # over lunch
        ("2026-03-27 17:00", 2, "2026-03-30 10:00"),  # over a weekend in which the clocks change
        ("2026-03-28 11:00", 1, "2026-03-30 10:00"),  # from a Saturday
        ("2026-12-24 17:00", 2, "2026-12-28 10:00"),  # over a holiday and a weekend
        ("2026-12-31 17:00", 2, "2027-01-04 10:00"),  # over New Year, a holiday
        ("2026-03-24 20:00", 0, "2026-03-24 20:00"),
    ],
)
def test_due(start: str, hours: float, due: str) -> None:
    on = calendar("09:00-12:30", "13:30-18:00", zone=BERLIN, holidays=[date(2026, 12, 25), date(2027, 1, 1)])
    assert on.advance(at(start, BERLIN), int(hours * HOUR)) == at(due, BERLIN)


def test_a_year_and_more() -> None:
    on = calendar("09:00-17:00", zone=BERLIN)
    assert on.seconds(at("2024-01-01 00:00", BERLIN), at("2026-01-01 00:00", BERLIN)) == (262 + 261) * 8 * HOUR
    assert on.advance(at("2024-01-01 00:00", BERLIN), 523 * 8 * HOUR) == at("2025-12-31 17:00", BERLIN)


def test_a_year_without_working_time() -> None:
    """Every Monday of 2026 is a holiday: what began in 2025 is due in 2027. Nobody noticed when this raised."""
    mondays = [date(2026, 1, 5) + timedelta(weeks=week) for week in range(52)]
    on = calendar("09:00-17:00", days=[0], holidays=mondays)
    assert on.seconds(at("2025-12-29 00:00"), at("2027-01-05 00:00")) == 2 * 8 * HOUR
    assert on.advance(at("2025-12-29 12:00"), 6 * HOUR) == at("2027-01-04 10:00")


def test_a_zone_that_skips_a_day() -> None:
    """Apia went over the date line: there was no 30 December 2011."""
    on = calendar("09:00-17:00", zone="Pacific/Apia")
    assert on.seconds(at("2011-12-29 00:00", "Pacific/Apia"), at("2011-12-31 12:00", "Pacific/Apia")) == 8 * HOUR


def test_no_window_no_calendar() -> None:
    with pytest.raises(ValueError, match="office has no window"):
        calendar()


def test_a_week() -> None:
    assert calendar("09:00-12:30", "13:30-18:00").week_seconds() == 40 * HOUR


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Windows anywhere in the day, so also on and around every clock change."""
    week = []
    for _ in range(7):
        bounds = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
        week.append(tuple(zip(bounds[::2], bounds[1::2], strict=False)))
    if not any(week):
        week[draw(st.integers(0, 6))] = ((540, 1020),)
    holidays = draw(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5))
    return Calendar("drawn", draw(st.sampled_from(ZONES)), tuple(week), holidays)


instants = st.integers(0, 2 * 366 * 86400).map(lambda seconds: at("2025-09-01 00:00") + seconds * SECOND)


@given(calendars(), instants, instants, instants)
def test_working_time_adds_up(on: Calendar, one: datetime, other: datetime, another: datetime) -> None:
    first, second, third = sorted([one, other, another])
    assert on.seconds(first, second) + on.seconds(second, third) == on.seconds(first, third)
    assert 0 <= on.seconds(first, third) <= (third - first).total_seconds()


@given(calendars(), instants, st.integers(1, 2000 * HOUR))
def test_due_is_the_first_instant_at_which_the_time_is_up(on: Calendar, start: datetime, seconds: int) -> None:
    due = on.advance(start, seconds)
    assert on.seconds(start, due) == seconds
    assert on.seconds(start, due - SECOND) == seconds - 1


@given(calendars(), st.integers(0, 3), st.integers(0, 40), st.integers(1, 40))
def test_around_a_clock_change_it_agrees_with_a_count_minute_by_minute(
    on: Calendar, which: int, before: int, hours: int
) -> None:
    changes = clock_changes(on.zone)
    start = changes[which % len(changes)] - before * timedelta(hours=1)
    # Of a bound that comes twice the first counts; a count of local times cannot tell which it is.
    days = [(start + each * timedelta(hours=12)).astimezone(ZoneInfo(on.zone)).date() for each in range(9)]
    assume(not any(twice(on, day, minute) for day in days for window in on.windows[day.weekday()] for minute in window))
    assert on.seconds(start, start + hours * 60 * MINUTE) == minutes_worked(on, start, hours * 60, [])[-1]


@cache
def clock_changes(zone: str) -> list[datetime]:
    """Of 2026; the year's first instant in a zone without any."""
    offsets = ZoneInfo(zone)
    hours = [at("2026-01-01 00:00") + each * timedelta(hours=1) for each in range(365 * 24)]
    pairs = pairwise(hours)
    return [b for a, b in pairs if a.astimezone(offsets).utcoffset() != b.astimezone(offsets).utcoffset()] or hours[:1]


def twice(on: Calendar, day: date, minute: int) -> bool:
    local = datetime.combine(day, time(), ZoneInfo(on.zone)) + minute * MINUTE
    return local.utcoffset() > local.replace(fold=1).utcoffset()  # type: ignore[operator]  # PEP 495


@pytest.mark.parametrize("zone", ZONES)
def test_the_clock_changes_are_there(zone: str) -> None:
    assert len(clock_changes(zone)) == (1 if zone in ("UTC", "Asia/Kolkata") else 2)


def test_the_count_minute_by_minute_knows_lunch_and_holidays() -> None:
    on = calendar("09:00-12:30", "13:30-18:00", zone=BERLIN, holidays=[date(2026, 3, 25)])
    assert works(on, at("2026-03-24 12:29", BERLIN))
    assert not works(on, at("2026-03-24 12:30", BERLIN))
    assert not works(on, at("2026-03-25 10:00", BERLIN))
