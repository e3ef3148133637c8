"""Which files of a repository are Grafana dashboards. Pure. Section [dashboard_diff]."""

from collections.abc import Iterator
from dataclasses import dataclass

from kaizen.policy.paths import GLOB, fits
from kaizen.policy.reader import Table, boolean, many, text


@dataclass(frozen=True, slots=True)
class DashboardDiffPolicy:
    """`paths` are patterns from the repository's root: `*` and `?` stay within a folder, `**` does not.

    `ask_forks`: queries of forks' pull requests are asked of Prometheus, too; whoever opens one then learns what they
    give. `data_sources`: the uids of Grafana's data sources that are the Prometheus which is asked.
    """

    paths: tuple[str, ...] = ("docs/dashboards/*.json", "grafana/dashboards/*.json")
    ask_forks: bool = False
    data_sources: tuple[str, ...] = ()

    def watches(self, path: str) -> bool:
        return fits(path, self.paths)


def read(file: Table) -> DashboardDiffPolicy:
    default = DashboardDiffPolicy()
    if not file.has("dashboard_diff"):
        return default
    table = file.table("dashboard_diff")
    found = DashboardDiffPolicy(
        paths=table.get("paths", many(GLOB), default.paths),
        ask_forks=table.get("ask_forks", boolean, False),
        data_sources=table.get("data_sources", many(text()), ()),
    )
    table.close()
    return found


def contradictions(found: DashboardDiffPolicy) -> Iterator[str]:
    """No path at all: then nothing would ever be compared."""
    if not found.paths:
        yield "dashboard_diff.paths: there is none, so that no file is watched"
