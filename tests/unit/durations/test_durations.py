"""Lengths of time as people read them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.durations import human, human_hours

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "shown", "hours"),
    [
        (0, "<1m", "<1m"),
        (59, "<1m", "<1m"),
        (MINUTE, "1m", "1m"),
        (HOUR - 1, "59m", "59m"),
        (HOUR, "1h", "1h"),
        (HOUR + 5 * MINUTE, "1h 5m", "1h 5m"),
        (DAY, "1d", "24h"),
        (DAY + 5 * MINUTE, "1d", "24h 5m"),  # the two largest units
        (2 * DAY + 4 * HOUR + 59 * MINUTE, "2d 4h", "52h 59m"),
        (-3 * HOUR, "3h", "3h"),  # the sign is the caller's to say
    ],
)
def test_lengths(seconds: int, shown: str, hours: str) -> None:
    assert (human(seconds), human_hours(seconds)) == (shown, hours)


@given(st.integers(MINUTE, 400 * DAY))
def test_hours_and_minutes_are_the_whole_length(seconds: int) -> None:
    found = re.fullmatch(r"(?:(\d+)h)? ?(?:(\d+)m)?", human_hours(seconds))
    assert found is not None
    hours, minutes = (int(each or 0) for each in found.groups())
    assert minutes < 60
    assert hours * HOUR + minutes * MINUTE <= seconds < hours * HOUR + (minutes + 1) * MINUTE
