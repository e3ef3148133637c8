"""Streams that appear, fall silent, or go on under another name."""

from datetime import date, timedelta

import pytest

from bandwidth_snapshot import wording
from bandwidth_snapshot.turnover import NOTHING, Gone, New, Turnover, turnover

LAST = date(2026, 3, 15)  # a Sunday
GB = 10**9


def days_ago(back: int) -> date:
    return LAST - timedelta(days=back)


def rosters(**streams: dict[int, int] | int) -> dict[date, dict[str, int]]:
    """Forty days; a stream's bytes of every day, or by days ago, with the value of the key -1 for the others."""
    made: dict[date, dict[str, int]] = {}
    for back in range(40):
        day = made.setdefault(days_ago(back), {})
        for name, given in streams.items():
            sent = given if isinstance(given, int) else given.get(back, given.get(-1, 0))
            if sent:
                day[name] = sent
    return made


def until(back: int, sent: int = GB) -> dict[int, int]:
    """Sent on all days until so many days ago, that one included."""
    return {-1: sent} | dict.fromkeys(range(back), 0)


def since(back: int, sent: int = GB) -> dict[int, int]:
    return dict.fromkeys(range(back + 1), sent)


def test_streams_that_stay_are_nothing_new() -> None:
    assert turnover(rosters(a=GB, b=2 * GB), LAST) == NOTHING
    assert turnover({}, LAST) == NOTHING


@pytest.mark.parametrize("meets", [2, 3], ids=["on the day after", "within the day"])
def test_a_stream_that_goes_on_under_another_name(meets: int) -> None:
    found = turnover(rosters(steady=GB, old=until(3), new=since(meets, GB * 11 // 10)), LAST)
    assert found == Turnover((New("new", days_ago(meets), "old"),), ())
    assert found.names == {"new": "old"}


def test_a_stream_of_another_size_or_time_is_another_stream() -> None:
    other_size = turnover(rosters(steady=GB, old=until(3), new=since(2, 3 * GB)), LAST)
    assert other_size == Turnover((New("new", days_ago(2)),), (Gone("old", days_ago(3)),))
    other_time = turnover(rosters(steady=GB, old=until(5), new=since(2)), LAST)
    assert other_time == Turnover((New("new", days_ago(2)),), (Gone("old", days_ago(5)),))


def test_each_name_stands_for_one_other() -> None:
    found = turnover(rosters(x=until(2), y=until(2, 2 * GB), x2=since(1), y2=since(1, 2 * GB), z=since(1)), LAST)
    assert found.names == {"x2": "x", "y2": "y"}
    assert [each.stream for each in found.new] == ["x2", "y2", "z"]


def test_a_stream_that_pauses_on_weekends_is_not_gone() -> None:
    office = {back: 0 if days_ago(back).weekday() >= 5 else GB for back in range(40)}
    assert turnover(rosters(steady=GB, office=office), LAST) == NOTHING
    silent = office | {2: 0}  # and on Friday, too
    assert turnover(rosters(steady=GB, office=silent), LAST).gone == (Gone("office", days_ago(3)),)


def test_what_is_long_past_is_told_no_more() -> None:
    assert turnover(rosters(steady=GB, old=until(9), new=since(8)), LAST) == NOTHING


def test_a_counter_that_stands_still_is_a_silent_stream() -> None:
    given = rosters(steady=GB, old=until(1))
    given[LAST]["old"] = 0
    assert turnover(given, LAST).gone == (Gone("old", days_ago(1)),)


def test_a_day_that_nobody_closed_is_no_silence() -> None:
    given = rosters(a=GB)
    del given[LAST], given[days_ago(1)]
    assert turnover(given, LAST) == NOTHING


def test_what_people_read() -> None:
    lines = wording.turned(
        Turnover((New("b", days_ago(1), "a"), New("c", days_ago(0))), (Gone("d<script>", days_ago(2)),))
    )
    assert lines == [
        "New: b since Saturday 2026-03-14, as a fell silent, which sent about as much: renamed?",
        "New: c since Sunday 2026-03-15.",
        "Silent: d&lt;script&gt;, which sent last on Friday 2026-03-13.",
    ]
