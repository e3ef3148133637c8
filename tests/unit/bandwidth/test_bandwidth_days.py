"""Bins and days: resets, gaps, units, and what people read."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandwidth_snapshot.day import Bin, Reading, bins_of, closed, together
from bandwidth_snapshot.request import RequestError, read_request
from bandwidth_snapshot.words import name, plain, rate, volume

DAY = date(2026, 3, 2)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def readings(counts: dict[int, int], stream: str = "a") -> list[Reading]:
    """Bytes sent since ever, by minutes after midnight."""
    return [Reading(MIDNIGHT + timedelta(minutes=at), {stream: (count, count // 4)}) for at, count in counts.items()]


def test_a_whole_day_is_what_the_counter_gained() -> None:
    steady = readings({minutes: minutes * 60_000_000 for minutes in range(0, 1441, 5)})
    found = closed("a", DAY, bins_of(DAY, steady)["a"])
    assert (found.bytes, found.saved, found.resets) == (86_400_000_000, 21_600_000_000, 0)
    assert (found.average, found.p95, found.maximum, found.complete) == (1.0, 1.0, 1.0, 1.0)
    assert found.whole


def test_a_counter_that_begins_anew_is_marked_and_loses_only_what_nobody_saw() -> None:
    found = closed("a", DAY, bins_of(DAY, readings({0: 900, 5: 1000, 10: 50, 15: 150}))["a"])
    assert (found.bytes, found.resets) == (100 + 50 + 100, 1)


def test_a_gap_is_missing_and_no_low_traffic() -> None:
    found = closed("a", DAY, bins_of(DAY, readings({0: 0, 5: 300, 60: 900, 65: 1200}))["a"])
    assert found.bytes == 300 + 300
    assert found.complete == pytest.approx(2 / 288)
    assert not found.whole
    assert closed("a", DAY, []).complete == 0


def test_what_a_counter_gained_between_late_readings_is_spread_over_the_bins_between() -> None:
    """Every thirteenth reading is lost, two in a row once: nothing of it is."""
    counts = {minutes: minutes * 60_000_000 for minutes in range(0, 1441, 5) if minutes % 65 and minutes != 130 + 5}
    found = closed("a", DAY, bins_of(DAY, readings({0: 0} | counts))["a"])
    assert (found.bytes, found.complete, found.p95, found.maximum) == (86_400_000_000, 1.0, 1.0, 1.0)


def test_a_bin_is_five_minutes_however_close_readings_are() -> None:
    """A reading one second before the regular one: nobody sent 300 times as much in that second."""
    counts = {minutes: minutes * 60_000_000 for minutes in range(0, 1441, 5)}
    given = readings(counts)
    given += [Reading(each.at - timedelta(seconds=1), earlier.streams) for earlier, each in pairwise(given)]
    found = closed("a", DAY, bins_of(DAY, given)["a"])
    assert (found.bytes, found.p95, found.maximum) == (86_400_000_000, 1.0, 1.0)


def test_a_saved_counter_that_falls_alone_takes_nothing_with_it() -> None:
    given = [
        Reading(MIDNIGHT + timedelta(minutes=5 * each), {"a": (10**12 + 100 * each, 0 if each > 1 else 500)})
        for each in range(4)
    ]
    found = closed("a", DAY, bins_of(DAY, given)["a"])
    assert (found.bytes, found.saved, found.resets) == (300, 0, 1)


def test_a_stream_that_is_missing_from_a_reading_goes_on_from_the_one_before() -> None:
    given = readings({0: 10**12, 5: 10**12 + 100, 15: 10**12 + 300})
    given.append(Reading(MIDNIGHT + timedelta(minutes=10), {}))
    found = closed("a", DAY, bins_of(DAY, given)["a"])
    assert (found.bytes, found.resets) == (300, 0)
    assert found.complete == pytest.approx(3 / 288)


def test_an_interval_over_midnight_counts_to_both_days() -> None:
    across = readings({-2: 0, 3: 500, 8: 1000})
    assert closed("a", DAY, bins_of(DAY, across)["a"]).bytes == 800


def test_a_stream_that_is_new_came_all_since_then() -> None:
    before, after = Reading(MIDNIGHT, {}), Reading(MIDNIGHT + timedelta(minutes=5), {"b": (70, 0)})
    assert bins_of(DAY, [after, before])["b"][0].sent == 70


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=40), st.randoms(use_true_random=False))
def test_no_order_of_readings_matters_and_nothing_is_negative(counts: list[int], random: object) -> None:
    made = readings({5 * index: count for index, count in enumerate(counts)})
    shuffled = list(made)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert bins_of(DAY, shuffled) == bins_of(DAY, made)
    found = closed("a", DAY, bins_of(DAY, made).get("a", []))
    assert found.bytes >= 0
    assert 0 <= found.p95 <= found.maximum
    assert found.average <= found.maximum * (1 + 1e-9)


def test_all_streams_together_are_added_instant_by_instant() -> None:
    at = MIDNIGHT + timedelta(minutes=5)
    total = together({"a": [Bin(at, 300, 100, 1)], "b": [Bin(at, 300, 50, 2, reset=True)]})
    assert total == [Bin(at, 300, 150, 3, True)]


def test_figures_as_people_read_them() -> None:
    assert [rate(each) for each in (0.123, 2.4, 12.34, 123.4)] == ["0.12", "2.40", "12.3", "123"]
    assert [volume(each) for each in (12, 1500, 2.5e6, 3e9, 4.2e15)] == [
        "12 B",
        "1.5 kB",
        "2.5 MB",
        "3.0 GB",
        "4200.0 TB",
    ]


def test_stars_of_names_stay_in_the_fallback() -> None:
    assert plain(f"*The stream {name('a*b')} sent 1 MB/s*; as {name('*x')}").replace("\u200b", "") == (
        "The stream a*b sent 1 MB/s; as *x"
    )


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"do": "dance"},
        {"backfill": "all"},
        {"backfill": {"from": "2026-01-01"}},
        {"backfill": {"from": "2026-02-01", "to": "2026-01-01"}},
        {"backfill": {"from": "2026-01-01", "to": "2026-03-02"}},
        {"backfill": {"from": "2020-01-01", "to": "2026-03-01"}},
        {"backfill": {"from": "1970-01-01", "to": "1970-01-02"}},
        {"backfill": {"from": "0001-01-01", "to": "0001-01-02"}},
        {"backfill": {"from": "20260101", "to": "2026-W05-1"}},
    ],
)
def test_what_nobody_can_do_is_refused(event: dict[str, object]) -> None:
    with pytest.raises(RequestError):
        read_request(event, MIDNIGHT)
