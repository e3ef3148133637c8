"""The clock, the epoch, the counts: on both sides of each limit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.wire import LIMITS
from phase_ingest.checks import check_count, check_size, check_stream, check_time, microseconds
from phase_ingest.faults import RefusedError, shown
from tests.factories import NOW
from tests.unit.ingest.posts import DT_US, stream_in

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


@pytest.mark.parametrize(
    ("epoch", "dt_us", "last_seq", "last_us"),
    [
        (7, DT_US, 10, 10 * DT_US),
        (7, DT_US, 500, 9 * DT_US + 1),  # after a pause, or with a clock that was set
        (7, DT_US, 9, 9 * DT_US),  # the same again
        (7, DT_US, 4, 0),
        (8, 1, 3, 0),
    ],
)
def test_frames_that_go_on_with_their_stream(epoch: int, dt_us: int, last_seq: int, last_us: int) -> None:
    check_stream(epoch, dt_us, last_seq, last_us, stream_in(7))
    check_stream(epoch, dt_us, last_seq, last_us, None)


@pytest.mark.parametrize(
    ("epoch", "dt_us", "last_us", "status", "reason", "sentence"),
    [
        (6, DT_US, 10 * DT_US, 409, "stale", "epoch 6 is over, the stream is in epoch 7: start a higher one"),
        (7, DT_US // 2, 10 * DT_US, 409, "step", "dt_us is 50000, and 100000 in epoch 7: start a new epoch"),
        (7, DT_US, 9 * DT_US, 400, "time", "frame 10 is of 900000 us, which is not after frame 9 of 900000 us: "),
        (7, DT_US, 0, 400, "time", "frame 10 is of 0 us, which is not after frame 9 of 900000 us: "),
    ],
)
def test_frames_that_do_not(epoch: int, dt_us: int, last_us: int, status: int, reason: str, sentence: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_stream(epoch, dt_us, 10, last_us, stream_in(7))
    assert (caught.value.status, caught.value.reason) == (status, reason)
    assert str(caught.value).startswith(sentence)
    assert caught.value.more == ({"epoch": 7} if status == 409 else {})


def test_a_body_is_no_more_than_can_be_downsampled_at_once() -> None:
    check_size(LIMITS.frames, 100)
    check_size(2048, 4096)
    check_size(1024, 1_000_000)
    for frames, rows, most in ((LIMITS.frames + 1, 1, LIMITS.frames), (2049, 4096, 2048), (1025, 1_000_000, 1024)):
        with pytest.raises(RefusedError, match=f"more than {most}") as caught:
            check_size(frames, rows)
        assert (caught.value.status, caught.value.reason) == (413, "too-large")


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
