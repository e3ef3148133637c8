"""Panels that others point to by their numbers: a link leads to them, or their data is shown. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kaizen.dashboards import sources
from kaizen.dashboards.matching import Pairs, targets
from kaizen.dashboards.model import Dashboard, Json, Panel
from kaizen.dashboards.queries import rest_of

_PANEL = re.compile(r"[?&]viewPanel=(?:panel-)?(\d{1,9})\b")
_SHARED = "-- Dashboard --"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the numbers of one version stand for: Grafana gives panels new ones. Both versions have one name for a panel
    that is in both; without names, numbers stand for themselves."""

    uid: str = ""
    names: Mapping[int, str] | None = None

    def name(self, number: int) -> str:
        return (self.names or {}).get(number, str(number))


def numbers(before: Dashboard, after: Dashboard, pairs: Pairs) -> tuple[Numbers, Numbers]:
    new = {id(other): f"{other.title or other.kind} ({other.number})" for other in after.panels}
    old = {id(one): new[id(other)] for one, other in pairs}
    return _named(before, old), _named(after, new)


def in_order(dashboard: Dashboard) -> Numbers:
    """Numbers as places: versions whose panels have other numbers mean the same."""
    return _named(dashboard, {id(panel): f"at {place}" for place, panel in enumerate(dashboard.panels)})


def _named(dashboard: Dashboard, names: Mapping[int, str]) -> Numbers:
    known = [each for each in reversed(dashboard.panels) if id(each) in names]  # of several the first one
    return Numbers(dashboard.uid, {each.number: names[id(each)] for each in known if each.number is not None})


def rest(target: Json, panel: Panel, given: Numbers) -> Json:
    """A target without what it asks for, and with the name of the panel whose data it shows."""
    found = rest_of(target)
    if given.names is not None and _is_shared(target, panel):
        found["data of panel"] = given.name(found.pop("panelId"))
    return found


def shared(panel: Panel) -> Iterator[int]:
    """Numbers of panels whose data it shows."""
    for each in targets(panel):
        if _is_shared(each, panel):
            yield each["panelId"]


def _is_shared(target: Json, panel: Panel) -> bool:
    if type(target.get("panelId")) is not int:
        return False
    return _SHARED in (sources.of_target(target, panel), sources.source(panel.content.get("datasource")))


def linked(panel: Panel, uid: str) -> Iterator[int]:
    """Numbers of panels of its own dashboard to which its links lead."""
    given: Any = panel.content.get("links")
    for each in given if isinstance(given, list) else []:
        address = each.get("url") if isinstance(each, dict) else None
        if isinstance(address, str) and uid and f"/d/{uid}" in address:
            yield from (int(found) for found in _PANEL.findall(address))


def led(panel: Panel, given: Numbers) -> list[str]:
    """Names of the panels to which its links lead."""
    return [given.name(each) for each in linked(panel, given.uid)]


def points(panel: Panel, given: Numbers) -> list[str]:
    return [*map(given.name, shared(panel)), *led(panel, given)]


def matter(after: Dashboard, pairs: Pairs, both: Sequence[Numbers]) -> bool:
    """Whether the numbers that panels have now are more than another count of them: something points to another panel,
    or to one among panels that are new."""
    one, other = both
    if not any(points(panel, other) for panel in after.panels):
        return False
    return len(pairs) < len(after.panels) or any(
        points(old, one) != points(new, other) or [*linked(old, one.uid)] != [*linked(new, other.uid)]
        for old, new in pairs
    )
