"""The metrics that no feature stores: made from the policy, the MTTR windows and the scrape itself. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import kaizen
from kaizen.metrics.catalogue import Metric
from kaizen.mttr import ALL, WINDOW_DAYS
from kaizen.mttr_store import Windows
from kaizen.policy import Policy, Route

_BY = ("component", "severity")
_DAY, _HOUR = 86400, 3600

OWN = (
    Metric(
        "kaizen_mttr_window_seconds", "gauge",
        f"MTTR of the last {WINDOW_DAYS} days, exactly as the digest and the feed show it: mean, median or p90. "
        "The value * stands for all components or severities; absent where no ticket was resolved.",
        (*_BY, "statistic"),
    ),
    Metric(
        "kaizen_mttr_window_tickets", "gauge",
        f"The tickets behind kaizen_mttr_window_seconds, resolved in the last {WINDOW_DAYS} days.", _BY,
    ),
    Metric("kaizen_sla_target_seconds", "gauge", "The policy's SLA targets.", ("severity", "clock")),
    Metric(
        "kaizen_digest_interval_seconds", "gauge",
        "The longest time from one digest of a route to its next, by the policy's quiet days.", ("route",),
    ),
    Metric("kaizen_policy_refused", "gauge", "1 while the policy parameter holds a policy that was refused."),
    Metric("kaizen_store_up", "gauge", "1: the store answered. When it does not, the scrape itself fails."),
    Metric("kaizen_scrape_duration_seconds", "gauge", "Time that this scrape spent on reading."),
    Metric(
        "kaizen_build_info", "gauge", "The version that answers, and its build as deployed; always 1.",
        ("version", "build"),
    ),
)  # fmt: skip

Values = dict[tuple[str, ...], float]  # label values -> sample


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one scrape knows beside the rows; `seconds` is the time it spent on reading."""

    windows: Windows
    policy: Policy
    policy_refused: bool
    seconds: float
    build: str = ""  # empty where nobody said


def own_values(scrape: Scrape) -> dict[str, Values]:
    """Metric name -> samples, for every metric of OWN."""
    return {
        "kaizen_mttr_window_seconds": _window_seconds(scrape.windows),
        "kaizen_mttr_window_tickets": _window_tickets(scrape.windows, scrape.policy),
        "kaizen_sla_target_seconds": _targets(scrape.policy),
        "kaizen_digest_interval_seconds": {(each.name,): longest_interval(each) for each in scrape.policy.routes},
        "kaizen_policy_refused": {(): scrape.policy_refused},
        "kaizen_store_up": {(): 1},
        "kaizen_scrape_duration_seconds": {(): scrape.seconds},
        "kaizen_build_info": {(kaizen.__version__, scrape.build): 1},
    }


def longest_interval(route: Route) -> int:
    """Seconds from one digest of a route to the next, over its longest run of quiet days and a clock change."""
    days = [day for day in range(14) if day % 7 not in route.quiet_days]  # two weeks: a run may cross the weekend
    return max(later - earlier for earlier, later in pairwise(days)) * _DAY + _HOUR


def _window_seconds(windows: Windows) -> Values:
    return dict(_statistics(windows))


def _statistics(windows: Windows) -> Iterator[tuple[tuple[str, ...], float]]:
    for group, window in windows.items():
        if window.n:
            for statistic in ("mean", "median", "p90"):
                yield (*group, statistic), getattr(window, statistic)


def _window_tickets(windows: Windows, policy: Policy) -> Values:
    """0 where nothing was ever resolved, so that "none" can be told from "not known"."""
    zero: Values = {
        (component, severity): 0
        for component in (*policy.component_names, ALL)
        for severity in (*policy.severity_names, ALL)
    }
    return zero | {group: window.n for group, window in windows.items()}


def _targets(policy: Policy) -> Values:
    targets = ((severity, policy.target(severity)) for severity in policy.severity_names)
    return {(severity, target.clock): target.seconds for severity, target in targets if target is not None}
