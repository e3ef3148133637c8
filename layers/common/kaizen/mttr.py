"""MTTR over a window of days: the same numbers for the metric's quantiles, the digest and the feed.

One row per group of component and severity, `*` standing for all; ticket_statistics writes them,
others read them. Only first-hand observations count: seconds from opening to the last completed close.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WINDOW_METRIC = "window:kaizen_mttr_seconds"  # partition in the metrics table; a colon keeps it out of the catalogue
WINDOW_DAYS = 30
ALL = "*"


@dataclass(frozen=True, slots=True)
class Window:
    """MTTR of one group: `n` tickets whose last completed close lies in the last 30 days; seconds, NaN if n = 0.

    `previous_n` and `previous_mean` are of the 30 days before: the trend.
    """

    component: str
    severity: str
    n: int
    mean: float
    median: float
    p90: float
    previous_n: int
    previous_mean: float

    @property
    def trend(self) -> float:
        """Change of the mean against the 30 days before, as a ratio (0.1 = 10 % slower); NaN if either is empty."""
        return self.mean / self.previous_mean - 1 if self.previous_mean > 0 else math.nan


def quantile(ordered: Sequence[float], q: float) -> float:
    """Linear interpolation between closest ranks, numpy's default; NaN of nothing."""
    if not ordered:
        return math.nan
    position = q * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def window(component: str, severity: str, seconds: Sequence[int], previous: Sequence[int]) -> Window:
    """The window of one group from its observations, in any order."""
    ordered = sorted(seconds)
    return Window(
        component, severity, len(ordered), mean(ordered), quantile(ordered, 0.5), quantile(ordered, 0.9),
        len(previous), mean(previous),
    )  # fmt: skip


def window_attributes(value: Window) -> dict[str, Any]:
    """A window as attributes with its keys; NaN is stored as NULL, which DynamoDB's numbers lack."""
    attributes: dict[str, Any] = {name: getattr(value, name) for name in Window.__dataclass_fields__}
    plain = {name: None if isinstance(each, float) and math.isnan(each) else each for name, each in attributes.items()}
    return plain | {"metric": WINDOW_METRIC, "series": f"{value.component}/{value.severity}"}


def window_from(attributes: Mapping[str, Any]) -> Window:
    fields = {name: attributes[name] for name in Window.__dataclass_fields__}
    given: dict[str, Any] = {name: math.nan if value is None else value for name, value in fields.items()}
    return Window(**given)
