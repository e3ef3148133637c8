"""Grafana dashboards read, matched part by part and compared: what their diff and their snapshots share. Pure.

- `read(content)` gives a Dashboard, or raises NoDashboardError or NotComparedError, which say why not.
- `compare(before, after)` gives a Diff: what breaks, what changes, and how much of the difference means nothing.
"""

from kaizen.dashboards.compare import compare
from kaizen.dashboards.diff import Change, Diff, Metrics, QueryChange
from kaizen.dashboards.model import Dashboard, Panel, Row
from kaizen.dashboards.reading import NoDashboardError, NotComparedError, read

__all__ = [
    "Change",
    "Dashboard",
    "Diff",
    "Metrics",
    "NoDashboardError",
    "NotComparedError",
    "Panel",
    "QueryChange",
    "Row",
    "compare",
    "read",
]
