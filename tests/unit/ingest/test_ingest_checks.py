"""The clock, the epoch, the counts: on both sides of each limit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_ingest.checks import check_count, check_epoch, check_time, microseconds
from phase_ingest.faults import RefusedError, shown
from tests.factories import NOW

NOW_US = 1_774_008_000_000_000  # NOW, by another clock


def test_five_minutes_ahead_are_allowed() -> None:
    assert microseconds(NOW) == NOW_US
    check_time(0, NOW)
    check_time(NOW_US + 300_000_000, NOW)
    with pytest.raises(RefusedError) as caught:
        check_time(NOW_US + 300_000_001, NOW)
    assert (caught.value.status, caught.value.reason) == (400, "future")
    assert str(caught.value).startswith("the last frame is 300 s ahead of the server's clock, more than 300 s")


@given(st.integers(0, (1 << 53) - 1))
def test_microseconds_are_exact(us: int) -> None:
    assert microseconds(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)) == us


def test_an_epoch_never_goes_back() -> None:
    check_epoch(0, None)
    check_epoch(7, 7)
    check_epoch(8, 7)
    with pytest.raises(RefusedError) as caught:
        check_epoch(6, 7)
    assert (caught.value.status, caught.value.more) == (409, {"epoch": 7})
    assert str(caught.value) == "epoch 6 is over, the stream is in epoch 7: start a higher one"


def test_counts_are_both_named() -> None:
    check_count(5, 5, 1)
    with pytest.raises(RefusedError) as caught:
        check_count(4, 5, 1)
    assert (caught.value.status, str(caught.value)) == (400, "the frames have 4 rows, epoch 1 has 5")


def test_values_are_shown_short_and_plain() -> None:
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    for value in ("é" * 1000, 10**5000, [1] * 1000, {"\ud800": None}, deep):
        text = shown(value)
        assert text.isascii()
        assert len(text) <= 60
    while deep:
        deep = deep[0]  # type: ignore[assignment]
