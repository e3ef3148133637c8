"""Where a ticket stands: boundaries, pauses, closing, severities; and what holds for every history."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.policy.calendars import Calendar
from kaizen.sla import SlaStatus, elapsed_seconds, running_intervals, status
from kaizen.tickets import Interval, LogEntry, Ticket
from tests.unit.sla.samples import SECOND, at, calendar, pauses, policy, target, ticket, wall

BERLIN = "Europe/Berlin"
OFFICE = calendar("09:00-12:30", "13:30-18:00", zone=BERLIN)
OPENED = at("2026-03-24 09:00", BERLIN)  # a Tuesday
HOUR = timedelta(hours=1)


def standing(
    of: Ticket, now: datetime, hours: float = 4, on: Calendar | None = None, pause_labels: Iterable[str] = ("blocked",)
) -> SlaStatus:
    found = status(of, policy(target(hours, on), pause_labels), now)
    assert found is not None
    return found


def paused(*intervals: Interval, label: str = "blocked", opened_at: datetime = OPENED) -> Ticket:
    """A ticket that carries the label now when the last interval has no end."""
    lasting = [label] if intervals and intervals[-1][1] is None else []
    return ticket(opened_at, pauses(intervals, label), labels=lasting)


@pytest.mark.parametrize(
    ("after", "remaining", "breached"),
    [
        (timedelta(), 4 * 3600, False),
        (4 * HOUR - SECOND, 1, False),
        (3 * HOUR + timedelta(milliseconds=500), 3600, False),
        (4 * HOUR, 0, False),  # exactly due
        (4 * HOUR + timedelta(milliseconds=999), 0, False),
        (4 * HOUR + SECOND, -1, True),
        (30 * HOUR, -26 * 3600, True),
    ],
)
def test_the_boundary(after: timedelta, remaining: int, breached: bool) -> None:
    found = standing(ticket(OPENED), OPENED + after)
    assert (found.remaining_seconds, found.breached) == (remaining, breached)
    assert found.due_at == OPENED + 4 * HOUR
    assert found.breached_at == (found.due_at if breached else None)


def test_a_severity_without_a_target_has_no_clock() -> None:
    assert status(ticket(OPENED), policy(None), OPENED) is None
    assert status(ticket(OPENED, severity="unknown"), policy(wall(4)), OPENED) is None


def test_a_ticket_from_a_clock_that_is_ahead_is_due_from_its_opening() -> None:
    found = standing(ticket(OPENED), OPENED - HOUR)
    assert (found.elapsed_seconds, found.due_at) == (0, OPENED + 4 * HOUR)


def test_the_due_instant_stays_put_once_the_target_is_used_up() -> None:
    """Nothing remains all weekend, and no working second exceeds the target before Monday."""
    opened = at("2026-03-27 16:00", BERLIN)
    for day, breached in (("2026-03-28 11:00", False), ("2026-03-30 09:00", False), ("2026-03-30 09:01", True)):
        found = standing(ticket(opened), at(day, BERLIN), 2, OFFICE)
        assert (found.due_at, found.breached) == (at("2026-03-27 18:00", BERLIN), breached)


def test_business_time_over_lunch() -> None:
    found = standing(ticket(OPENED), at("2026-03-24 13:00", BERLIN), 4, OFFICE)
    assert found.remaining_seconds == 1800
    assert found.due_at == at("2026-03-24 14:00", BERLIN)
    assert (found.clock, found.target_seconds) == ("business", 4 * 3600)


class TestPause:
    def test_the_clock_stands_still(self) -> None:
        held = paused((OPENED + HOUR, None))
        for hours in (1, 5, 500):
            found = standing(held, OPENED + hours * HOUR)
            assert (found.paused, found.due_at, found.remaining_seconds) == (True, None, 3 * 3600)

    def test_it_goes_on_from_what_it_had(self) -> None:
        found = standing(paused((OPENED + HOUR, OPENED + 10 * HOUR)), OPENED + 11 * HOUR)
        assert (found.paused, found.remaining_seconds) == (False, 2 * 3600)
        assert found.due_at == OPENED + 13 * HOUR

    def test_a_breach_stays_a_breach(self) -> None:
        found = standing(paused((OPENED + 5 * HOUR, None)), OPENED + 9 * HOUR)
        assert (found.breached, found.remaining_seconds, found.due_at) == (True, -3600, None)
        assert found.breached_at == OPENED + 4 * HOUR

    def test_a_pause_before_the_breach_moves_it(self) -> None:
        found = standing(paused((OPENED + HOUR, OPENED + 3 * HOUR)), OPENED + 9 * HOUR)
        assert found.breached_at == OPENED + 6 * HOUR

    def test_overlapping_labels_count_once(self) -> None:
        log = pauses([(OPENED + HOUR, OPENED + 4 * HOUR)]) + pauses([(OPENED + 2 * HOUR, OPENED + 6 * HOUR)], "waiting")
        held = ticket(OPENED, log)
        found = standing(held, OPENED + 7 * HOUR, pause_labels=("blocked", "waiting"))
        assert found.elapsed_seconds == 2 * 3600

    def test_a_label_that_pauses_no_more_stops_nothing(self) -> None:
        found = standing(paused((OPENED + HOUR, None)), OPENED + 6 * HOUR, pause_labels=("waiting",))
        assert (found.paused, found.breached) == (False, True)

    @pytest.mark.parametrize("on", [None, OFFICE])
    def test_flapping_buys_no_time(self, on: Calendar | None) -> None:
        """On and off within the same second, 1,000 times, and at odd seconds within a pause of another label."""
        log: list[LogEntry] = []
        for each in range(1000):
            log += pauses([(OPENED + each * 7 * SECOND, OPENED + each * 7 * SECOND)])
        now = OPENED + 3 * HOUR
        assert standing(ticket(OPENED, log), now, on=on).elapsed_seconds == 3 * 3600
        whole = [(OPENED, OPENED + 2 * HOUR)]
        inside = [(OPENED + (7 * each) * SECOND, OPENED + (7 * each + 3) * SECOND) for each in range(1000)]
        found = elapsed_seconds(target(4, on), OPENED, now, [*whole, *inside])
        assert found == elapsed_seconds(target(4, on), OPENED, now, whole) == 3600


class TestClosed:
    def test_closed_time_does_not_count(self) -> None:
        log = [LogEntry(OPENED + HOUR, "closed", "completed"), LogEntry(OPENED + 50 * HOUR, "reopened")]
        found = standing(ticket(OPENED, log), OPENED + 51 * HOUR)
        assert (found.remaining_seconds, found.due_at) == (2 * 3600, OPENED + 53 * HOUR)

    def test_a_closed_ticket_is_never_due_nor_paused(self) -> None:
        log = [LogEntry(OPENED + HOUR, "closed", "completed")]
        found = standing(ticket(OPENED, log, state="closed"), OPENED + 51 * HOUR)
        assert (found.due_at, found.paused, found.remaining_seconds) == (None, False, 3 * 3600)

    @pytest.mark.parametrize("state", ["transferred", "deleted"])
    def test_an_ended_ticket_stands_still_from_its_end(self, state: str) -> None:
        gone = ticket(OPENED, state=state, updated_at=OPENED + HOUR)  # type: ignore[arg-type]
        found = standing(gone, OPENED + 51 * HOUR)
        assert (found.due_at, found.breached, found.elapsed_seconds) == (None, False, 3600)

    def test_a_pause_that_lasts_over_a_close_counts_once(self) -> None:
        log = [
            *pauses([(OPENED + HOUR, OPENED + 5 * HOUR)]),
            LogEntry(OPENED + 3 * HOUR, "closed", "completed"),
            LogEntry(OPENED + 4 * HOUR, "reopened"),
        ]
        assert standing(ticket(OPENED, log), OPENED + 6 * HOUR).elapsed_seconds == 2 * 3600


def test_a_pause_from_before_the_opening_counts_from_the_opening() -> None:
    """A transferred issue may bring its label along."""
    assert running_intervals(OPENED, OPENED + 3 * HOUR, [(OPENED - HOUR, OPENED + HOUR)]) == [
        (OPENED + HOUR, OPENED + 3 * HOUR)
    ]


offsets = st.integers(0, 60 * 24 * 20)  # minutes: twenty days, with both a weekend and a clock change in them
stretches = (
    st.tuples(offsets, offsets)
    .map(sorted)
    .map(lambda both: (OPENED + both[0] * 60 * SECOND, OPENED + both[1] * 60 * SECOND))
)


@given(st.lists(stretches, max_size=8), st.lists(offsets, min_size=2, max_size=8), st.sampled_from([None, OFFICE]))
def test_used_time_never_falls_and_stops_where_it_should(
    stopped: list[Interval], when: list[int], on: Calendar | None
) -> None:
    aim = target(4, on)
    instants = [OPENED + each * 60 * SECOND for each in sorted(when)]
    used = [elapsed_seconds(aim, OPENED, instant, stopped) for instant in instants]
    assert all(earlier <= later for earlier, later in pairwise(used))
    without = [elapsed_seconds(aim, OPENED, instant, []) for instant in instants]
    assert all(less <= more for less, more in zip(used, without, strict=True))
    backwards = [elapsed_seconds(aim, OPENED, instant, reversed([*stopped, *stopped])) for instant in instants]
    assert backwards == used  # neither order nor repetition matters


@given(st.lists(stretches, max_size=6), offsets, st.integers(1, 200), st.sampled_from([None, OFFICE]))
def test_due_is_when_nothing_remains(stopped: list[Interval], when: int, hours: int, on: Calendar | None) -> None:
    now = OPENED + when * 60 * SECOND
    # What is still to come is unknown now.
    known = [(start, end) for start, end in stopped if end is not None and end <= now]
    log = [entry for each, interval in enumerate(known) for entry in pauses([interval], f"p{each}")]
    rules = policy(target(hours, on), [f"p{each}" for each in range(len(known))])
    found = status(ticket(OPENED, log), rules, now)
    assert found is not None
    assert found.due_at is not None
    assert found.elapsed_seconds + found.remaining_seconds == hours * 3600
    if not found.breached:
        then = status(ticket(OPENED, log), rules, found.due_at)
        before = status(ticket(OPENED, log), rules, found.due_at - SECOND)
        assert then is not None
        assert before is not None
        assert (then.remaining_seconds, then.breached, then.due_at) == (0, False, found.due_at)
        assert before.remaining_seconds == 1 or found.due_at <= now
    later = status(ticket(OPENED, log), rules, now + 1000 * HOUR)
    assert later is not None
    if later.breached:
        assert later.breached_at == found.due_at
