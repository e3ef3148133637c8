"""Data sources: a name in old dashboards, `{type, uid}` in newer ones, a variable in either. Pure."""

from typing import Any

from kaizen.dashboards.matching import targets
from kaizen.dashboards.model import Dashboard, Json, Panel
from kaizen.dashboards.variables import USE

MIXED = "-- Mixed --"
DEFAULT = "default"


def source(given: Any) -> str:
    """One word for a data source; `default` where none is named, variables as `$name`."""
    if isinstance(given, dict):
        given = given.get("uid")
    if not isinstance(given, str) or not given:
        return DEFAULT
    if "$" not in given and "[" not in given:
        return given
    found = USE.fullmatch(given)
    return f"${found['braced'] or found['old'] or found['bare']}" if found else given


def of_target(target: Json, panel: Panel) -> str:
    """Where a query goes: its own data source, or else the panel's."""
    own = source(target.get("datasource"))
    if own != DEFAULT:
        return own
    whole = source(panel.content.get("datasource"))
    return own if whole == MIXED else whole


def of_panel(panel: Panel) -> frozenset[str]:
    """All that a panel asks."""
    found = frozenset(of_target(each, panel) for each in targets(panel))
    return found or frozenset({source(panel.content.get("datasource"))})


def kinds_changed(before: Any, after: Any) -> tuple[str, str] | None:
    """The kinds that two versions of one data source name, where they name different ones."""
    one, other = (given.get("type") if isinstance(given, dict) else None for given in (before, after))
    if not isinstance(one, str) or not isinstance(other, str) or not one or not other or one == other:
        return None
    inner = any(source(given).startswith("-- ") for given in (before, after))  # Grafana's own
    return None if inner else (one, other)


def kinds(dashboard: Dashboard) -> dict[str, str]:
    """Which kind of data source each variable for one stands for, also those that are asked for at an import."""
    given = dashboard.notes.get("__inputs")
    return {
        str(each.get("name")): str(each["pluginId"]).lower()
        for each in (given if isinstance(given, list) else [])
        if isinstance(each, dict) and each.get("type") == "datasource" and each.get("pluginId")
    } | {
        str(each.get("name")): str(each.get("query")).lower()
        for each in dashboard.variables
        if each.get("type") == "datasource"
    }
