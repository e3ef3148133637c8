"""MTTR windows: the same numbers as numpy's, by group, and only of their 30 days."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.mttr import ALL, window, window_attributes, window_from
from tests.factories import NOW
from ticket_statistics.windows import Observation, days_to_read, empty, windows

OBSERVATIONS = st.lists(
    st.builds(
        Observation,
        st.sampled_from(["api", "web"]),
        st.sampled_from(["sev1", "sev2"]),
        st.integers(0, 70 * 86400).map(lambda seconds: NOW - timedelta(seconds=seconds)),
        st.integers(0, 10**7),
    ),
    max_size=40,
)


@given(OBSERVATIONS)
def test_equal_to_numpy(observations: list[Observation]) -> None:
    found = windows(observations, NOW)
    for (component, severity), each in found.items():
        group = [o for o in observations if component in (o.component, ALL) and severity in (o.severity, ALL)]
        now = [o.seconds for o in group if NOW - o.at < timedelta(days=30)]
        before = [o.seconds for o in group if timedelta(days=30) <= NOW - o.at < timedelta(days=60)]
        assert (each.n, each.previous_n) == (len(now), len(before))
        if now:
            assert each.mean == pytest.approx(np.mean(now))
            assert each.median == pytest.approx(np.quantile(now, 0.5))
            assert each.p90 == pytest.approx(np.quantile(now, 0.9))
        else:
            assert math.isnan(each.mean)
        if before:
            assert each.previous_mean == pytest.approx(np.mean(before))


@given(OBSERVATIONS)
def test_groups_sum_up(observations: list[Observation]) -> None:
    found = windows(observations, NOW)
    for index in (0, 1):
        parts = sum(each.n for group, each in found.items() if group[index] != ALL and group[1 - index] == ALL)
        assert parts == (found[ALL, ALL].n if found else 0)


def test_the_days_read_cover_both_windows() -> None:
    days = days_to_read(NOW)
    assert days[0] == "2026-03-20"
    assert len(days) == 61
    assert (NOW - timedelta(days=60) + timedelta(seconds=1)).date().isoformat() in days


def test_trend() -> None:
    assert window("api", ALL, [300], [200]).trend == pytest.approx(0.5)
    assert math.isnan(window("api", ALL, [300], []).trend)
    assert math.isnan(window("api", ALL, [300], [0]).trend)


@pytest.mark.parametrize("value", [window("api", "sev1", [1, 2, 4], [3]), empty("web", ALL)])
def test_stored_and_read_again(value: object) -> None:
    assert repr(window_from(window_attributes(value))) == repr(value)  # type: ignore[arg-type]
