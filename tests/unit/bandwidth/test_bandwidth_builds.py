"""What was sent before and after a build changed within a day."""

from datetime import date, timedelta

from bandwidth_snapshot import alert
from bandwidth_snapshot.builds import Stretch, by_hour, stretches
from bandwidth_snapshot.day import Bin, Reading, start_of

DAY = date(2026, 3, 2)
START = start_of(DAY)


def at(minutes: int) -> Reading:
    build = "" if minutes < 0 else "old" if minutes < 845 else "new"
    return Reading(START + timedelta(minutes=minutes), {}, build)


def bins(rate: float = 1.0, risen: float = 3.0) -> list[Bin]:
    return [
        Bin(START + timedelta(minutes=5 * each), 300, (risen if 5 * each >= 845 else rate) * 300e6)
        for each in range(1, 289)
    ]


def test_each_build_has_what_was_sent_under_it() -> None:
    found = stretches(DAY, [at(5 * each) for each in reversed(range(-12, 300))], bins())
    assert found == [Stretch("old", START, 1.0), Stretch("new", START + timedelta(minutes=845), 3.0)]


def test_a_build_that_comes_back_is_named_again() -> None:
    readings = [Reading(START + timedelta(hours=each), {}, build) for each, build in enumerate("aabba")]
    assert [each.build for each in stretches(DAY, readings, bins())] == ["a", "b", "a"]


def test_nobody_knows_the_build() -> None:
    assert stretches(DAY, [], bins()) == []
    assert stretches(DAY, [Reading(START, {}, "")], bins()) == []
    assert stretches(DAY, [Reading(START, {}, "a")], []) == [Stretch("a", START, 0.0)]


def test_which_build_began_on_a_day() -> None:
    before = Stretch("1c73f2a", START - timedelta(hours=9), 1.0)
    same, new = Stretch("1c73f2a", START, 1.04), Stretch("b", START + timedelta(minutes=845), 3.0)
    assert list(alert.changes([before, same, new], DAY)) == [(same, new)]
    assert [list(alert.changes(each, DAY)) for each in ([before, same], [same], [])] == [[], [], []]


def test_hours_of_a_day() -> None:
    found = by_hour(DAY, [each for each in bins() if each.at.hour != 5])
    assert (found[0], found[4], found[5], found[15], len(found)) == (1.0, 1.0, None, 3.0, 24)
