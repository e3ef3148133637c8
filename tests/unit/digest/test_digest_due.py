"""When a digest is due: hours, zones, clock changes, quiet days, outages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.digest.samples import route
from ticket_digest.due import due

SATURDAY, SUNDAY = 5, 6


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "last", "expected"),
    [
        ("2026-03-02 08:59:59", "2026-03-01", None),
        ("2026-03-02 09:00:00", "2026-03-01", "2026-03-02"),
        ("2026-03-02 09:15:00", "2026-03-02", None),
        ("2026-03-02 23:59:59", "2026-03-01", "2026-03-02"),  # late, but on the day
        ("2026-03-03 08:59:59", "2026-03-01", "2026-03-02"),  # late, on the next day
        ("2026-03-03 09:00:00", "2026-03-01", "2026-03-03"),  # one digest for two days
        ("2026-03-10 07:00:00", "2026-03-01", "2026-03-09"),  # and for nine
        ("2026-03-02 08:00:00", None, None),  # a new route has missed nothing
        ("2026-03-02 10:00:00", None, "2026-03-02"),
    ],
)
def test_hours_and_outages(now: str, last: str | None, expected: str | None) -> None:
    found = due(route(), at(now), date.fromisoformat(last) if last else None)
    assert found == (date.fromisoformat(expected) if expected else None)


@pytest.mark.parametrize(
    ("now", "last", "expected"),
    [
        ("2026-03-06 09:00", "2026-03-05", "2026-03-06"),  # Friday
        ("2026-03-07 09:00", "2026-03-06", None),
        ("2026-03-08 23:00", "2026-03-06", None),
        ("2026-03-09 08:00", "2026-03-06", None),  # Monday, before its hour
        ("2026-03-09 09:00", "2026-03-06", "2026-03-09"),
        ("2026-03-07 01:00", "2026-03-05", None),  # Friday's is missed: not on a quiet day
        ("2026-03-09 01:00", "2026-03-05", None),  # nor in the night to Monday, whose digest covers it
    ],
)
def test_quiet_days(now: str, last: str, expected: str | None) -> None:
    quiet = route(quiet_days=(SATURDAY, SUNDAY))
    assert due(quiet, at(now), date.fromisoformat(last)) == (date.fromisoformat(expected) if expected else None)


def test_the_day_is_local() -> None:
    auckland = route(zone="Pacific/Auckland")
    assert due(auckland, at("2026-03-02 09:00", "Pacific/Auckland"), None) == date(2026, 3, 2)
    assert at("2026-03-02 09:00", "Pacific/Auckland").date() == date(2026, 3, 1)


def test_an_hour_that_a_clock_change_skips_comes_right_after_it() -> None:
    berlin = route(zone="Europe/Berlin", digest_hour=2)
    yesterday = date(2026, 3, 28)
    assert due(berlin, at("2026-03-29 01:59:59", "Europe/Berlin"), yesterday) is None
    assert due(berlin, at("2026-03-29 03:00:00", "Europe/Berlin"), yesterday) == date(2026, 3, 29)


def test_an_hour_that_comes_twice_counts_once() -> None:
    berlin = route(zone="Europe/Berlin", digest_hour=2)
    today = date(2026, 10, 25)
    assert due(berlin, at("2026-10-25 02:00", "Europe/Berlin"), today - timedelta(days=1)) == today
    assert due(berlin, at("2026-10-25 02:00", "Europe/Berlin", fold=1), today) is None


@given(
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
    hour=st.integers(0, 23),
    quiet=st.sets(st.integers(0, 6), max_size=6),
    start=st.integers(0, 330 * 24 * 60),
    outage=st.tuples(st.integers(0, 400), st.integers(0, 400)),
)
def test_every_quarter_of_an_hour_for_a_week(
    zone: str, hour: int, quiet: set[int], start: int, outage: tuple[int, int]
) -> None:
    """Whatever the zone and the outage: no day twice, none on a quiet day, none early, at most one late."""
    given_route = route(zone=zone, digest_hour=hour, quiet_days=tuple(sorted(quiet)))
    begin = datetime(2026, 1, 1, tzinfo=UTC) + start * timedelta(minutes=1)
    from_quarter, quarters = outage
    last: date | None = None
    late = 0
    posted = 0
    for quarter in range(7 * 96):
        if from_quarter <= quarter < from_quarter + quarters:
            continue
        now = begin + quarter * timedelta(minutes=15)
        day = due(given_route, now, last)
        if day is None:
            continue
        local = now.astimezone(ZoneInfo(zone))
        assert last is None or day > last
        assert not {day.weekday(), local.weekday()} & quiet
        assert day == local.date() or day == local.date() - timedelta(days=1)
        assert day < local.date() or local.hour >= hour
        late += day < local.date()
        posted += 1
        last = day
    assert late <= 1
    if not quiet and not quarters:
        assert late == 0
        assert posted in (7, 8)
