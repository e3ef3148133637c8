"""The metrics that nobody stores."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest

from kaizen.mttr import window
from metrics_exporter.own import OWN, longest_interval, own_values
from tests.unit.exporter.samples import POLICY, reading

(ROUTE,) = POLICY.routes
DAY, HOUR = 86400, 3600


@pytest.mark.parametrize(
    ("quiet", "days"),
    [((), 1), ((5, 6), 3), ((6,), 2), ((0, 6), 3), ((0, 2, 4), 2), ((1, 2, 3, 4, 5, 6), 7), ((0, 5, 6), 4)],
)
def test_longest_interval(quiet: tuple[int, ...], days: int) -> None:
    assert longest_interval(replace(ROUTE, quiet_days=quiet)) == days * DAY + HOUR


def test_no_two_digests_lie_further_apart() -> None:
    """Every choice of quiet days that leaves one, over a year of dates: the bound holds, and is met."""
    year = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]
    for count in range(7):
        for quiet in combinations(range(7), count):
            digests = [day for day in year if day.weekday() not in quiet]
            longest = max((later - earlier).days for earlier, later in pairwise(digests))
            assert longest_interval(replace(ROUTE, quiet_days=quiet)) == longest * DAY + HOUR


def test_every_own_metric_has_values() -> None:
    assert set(own_values(reading().scrape)) == {metric.name for metric in OWN}


def test_windows_are_exposed_exactly_and_without_the_empty_ones() -> None:
    full = window("api", "sev1", [600, 1200, 4000], [])
    values = own_values(reading(windows=[full, window("web", "*", [], [60])]).scrape)
    assert values["kaizen_mttr_window_seconds"] == {
        ("api", "sev1", "mean"): full.mean,
        ("api", "sev1", "median"): 1200,
        ("api", "sev1", "p90"): full.p90,
    }
    tickets = values["kaizen_mttr_window_tickets"]
    assert tickets["api", "sev1"] == 3
    assert sum(tickets.values()) == 3  # 0 everywhere else: that nothing was resolved there is known
    assert tickets["*", "*"] == 0
    assert len(tickets) == (len(POLICY.component_names) + 1) * (len(POLICY.severity_names) + 1)


def test_a_refused_policy_shows() -> None:
    scrape = replace(reading().scrape, policy_refused=True)
    assert own_values(scrape)["kaizen_policy_refused"] == {(): 1}
