"""What a metric is: its name, type and labels, and which series there are before anything happened. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kaizen.policy import Policy

Kind = Literal["counter", "gauge", "summary", "histogram"]

# Labels whose values the policy knows.
BY_POLICY: "Mapping[str, Callable[[Policy], tuple[str, ...]]]" = {
    "component": lambda policy: policy.component_names,
    "severity": lambda policy: policy.severity_names,
    "route": lambda policy: tuple(route.name for route in policy.routes),
    "stream": lambda policy: tuple(stream.id for stream in policy.streams),
    "environment": lambda policy: policy.canary.environments,
    "level": lambda policy: tuple(map(str, range(1 + max((each.levels for each in policy.streams), default=0)))),
}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family.

    `values` lists the values of each label that the policy does not know (BY_POLICY); nothing else may be booked.
    `absent`: no series is exported before it is first written; else all are there at 0 from the start, because
    `increase()` does not see a counter that is born above 0. Only a metric that is `absent` may have labels with
    values that nobody can list. `forgotten` names the labels by which rows are left out once the policy no longer
    knows their value. `buckets` are upper bounds without +Inf, `shards` spreads hot rows, `quantiles` are made from
    the windows of kaizen.mttr.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[int, ...] = ()
    shards: int = 1
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: bool = False
    forgotten: tuple[str, ...] = ()
    quantiles: bool = False

    def known(self, label: str, policy: "Policy") -> tuple[str, ...]:
        """Every value that a label may take. Raises KeyError where nobody can list them."""
        return self.values[label] if label in self.values else BY_POLICY[label](policy)

    def initial(self, policy: "Policy") -> list[tuple[str, ...]]:
        """Label values of every series that is exported at 0 before anything happened, in the labels' order."""
        return [] if self.absent else list(product(*(self.known(label, policy) for label in self.labels)))
