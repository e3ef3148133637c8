"""Every minute of the two weeks of 2026 in which Berlin's clocks change, against a count minute by minute."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from kaizen.policy import SlaTarget
from kaizen.policy.calendars import Calendar
from kaizen.sla import elapsed_seconds, status
from kaizen.tickets import Interval, LogEntry
from tests.unit.sla.samples import MINUTE, at, calendar, minutes_worked, pauses, policy, ticket

ZONE = "Europe/Berlin"
WEEKS = {"spring": ("2026-03-23 00:00", 10_020), "autumn": ("2026-10-19 00:00", 10_140)}
CALENDARS: dict[str, Calendar | None] = {
    "wall": None,
    "always": calendar("00:00-24:00", zone=ZONE, days=range(7)),
    "office": calendar("09:00-12:30", "13:30-18:00", zone=ZONE, holidays=[date(2026, 3, 25), date(2026, 10, 21)]),
    "nights": calendar("00:00-06:00", "22:00-24:00", zone=ZONE, days=range(7)),
    "sundays": calendar("00:30-02:00", "03:00-04:30", "23:59-24:00", zone=ZONE, days=[6]),
}


def pause_sets(start: datetime) -> dict[str, dict[str, list[Interval]]]:
    """Pause intervals by label."""

    def stretch(first: float, last: float) -> Interval:
        return start + timedelta(hours=first), start + timedelta(hours=last)

    return {
        "none": {},
        "one": {"blocked": [stretch(30, 60)]},
        "overlapping": {"blocked": [stretch(30, 60), stretch(100, 147)], "waiting": [stretch(50, 110)]},
        "over the change": {"blocked": [stretch(145, 148)]},
        "flapping": {"blocked": [stretch(145 + each / 30, 145 + each / 30 + 1 / 60) for each in range(120)]},
        "for good": {"blocked": [(start + timedelta(hours=80), None)]},
    }


def cases() -> list[tuple[str, str, str]]:
    return [(week, on, paused) for week in WEEKS for on in CALENDARS for paused in pause_sets(at("2026-01-01 00:00"))]


@pytest.mark.parametrize("week", WEEKS)
def test_the_week_has_the_minutes_it_should(week: str) -> None:
    first, minutes = WEEKS[week]
    start = at(first, ZONE)
    assert start + minutes * MINUTE == at(str(datetime.fromisoformat(first) + timedelta(days=7)), ZONE)


@pytest.mark.parametrize(("week", "on", "paused"), cases())
def test_each_minute_is_counted_as_it_should_be(week: str, on: str, paused: str) -> None:
    first, minutes = WEEKS[week]
    start, chosen = at(first, ZONE), CALENDARS[on]
    labels = pause_sets(start)[paused]
    stopped = [interval for intervals in labels.values() for interval in intervals]
    expected = minutes_worked(chosen, start, minutes, stopped)
    aim = SlaTarget(20 * 3600, "wall" if chosen is None else "business", chosen)
    found = [elapsed_seconds(aim, start, start + each * MINUTE, stopped) for each in range(minutes + 1)]
    assert found == expected
    assert all(later >= earlier for earlier, later in pairwise(found))


@pytest.mark.parametrize("week", WEEKS)
@pytest.mark.parametrize("on", CALENDARS)
@pytest.mark.parametrize("paused", ["none", "overlapping"])
def test_what_is_left_until_due_and_what_is_used_make_the_target(week: str, on: str, paused: str) -> None:
    first, minutes = WEEKS[week]
    start, chosen = at(first, ZONE), CALENDARS[on]
    aim = SlaTarget(40 * 3600, "wall" if chosen is None else "business", chosen)
    log = [entry for label, intervals in pause_sets(start)[paused].items() for entry in pauses(intervals, label)]
    rules, due_while_breached = policy(aim), set()
    for each in range(minutes + 1):
        now = start + each * MINUTE
        known = [entry for entry in log if entry.at <= now]
        standing = status(ticket(start, known, labels=carried(known)), rules, now)
        assert standing is not None
        assert standing.elapsed_seconds + standing.remaining_seconds == aim.seconds
        assert standing.breached == (standing.elapsed_seconds > aim.seconds)
        if standing.breached:
            due_while_breached.add(standing.breached_at)
        if standing.due_at is None:
            assert standing.paused
        elif not standing.breached:
            ahead = elapsed_seconds(aim, now, standing.due_at, [])
            assert standing.elapsed_seconds + ahead == aim.seconds
    assert len(due_while_breached) <= 1  # once breached, it stays so, and since the same instant


def carried(log: list[LogEntry]) -> list[str]:
    on: set[str] = set()
    for entry in sorted(log):
        (on.add if entry.kind == "labeled" else on.discard)(entry.detail)
    return sorted(on)
