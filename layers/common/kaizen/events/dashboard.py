"""A dashboard that differs from git, for whoever wants to act on it."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.detail import Detail

SOURCE = "kaizen.dashboards"


@dataclass(frozen=True, slots=True)
class DashboardDrifted(Detail):
    """`kind` is edited, not_deployed, conflict or missing; `path` is the file in the repository; `author` saved last,
    empty where Grafana names nobody. `run` is the snapshot that holds what Grafana has."""

    DETAIL_TYPE = "DashboardDrifted"

    received_at: datetime
    run: str
    uid: str
    title: str
    kind: str
    repository: str
    path: str
    author: str
    since: str
