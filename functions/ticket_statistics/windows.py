"""MTTR windows from observations. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from kaizen.mttr import ALL, WINDOW_DAYS, Window, window
from kaizen.mttr_store import Windows

_WINDOW = timedelta(days=WINDOW_DAYS)


class Observation(NamedTuple):
    """One ticket's MTTR: seconds from opening to its last completed close, which happened `at`."""

    component: str
    severity: str
    at: datetime
    seconds: int


def days_to_read(now: datetime) -> list[str]:
    """The UTC days in which a window or the one before it has a part, newest first."""
    last = now.date()
    return [(last - timedelta(days=days)).isoformat() for days in range(2 * WINDOW_DAYS + 1)]


def windows(observations: Iterable[Observation], now: datetime) -> Windows:
    """One window per component, severity, both and all, for every group with an observation in 60 days.

    A group's mean is the mean over its tickets, never a mean of means.
    """
    current: dict[tuple[str, str], list[int]] = defaultdict(list)
    previous: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in observations:
        age = now - each.at
        if age >= 2 * _WINDOW:
            continue
        side = current if age < _WINDOW else previous
        for component in (each.component, ALL):
            for severity in (each.severity, ALL):
                side[component, severity].append(each.seconds)
    groups = {*current, *previous}
    return {group: window(*group, current.get(group, []), previous.get(group, [])) for group in groups}


def empty(component: str, severity: str) -> Window:
    """The window of a group whose last observation has grown too old."""
    return window(component, severity, [], [])
