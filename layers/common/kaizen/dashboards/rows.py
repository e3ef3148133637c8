"""Rows in one form. Three are written: lists of panels in rows (schemas before 16), a row's panel followed by the
panels that belong to it, and a collapsed row with its panels inside. Pure."""

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from kaizen.dashboards.model import COLUMNS, Json, Panel, Place, Row

_APART = ("id", "gridPos", "pluginVersion", "type", "title")
# What Grafana keeps of repetitions while it shows them.
_VIEWED = ("repeatIteration", "repeatRowId", "repeatPanelId", "repeatedByRow", "scopedVars")
_SPAN, _SPANS = 4, 12  # of old rows
_GRID = 16  # the schema since which panels lie on a grid, in one list
_CELL = 38  # pixels that one unit of height takes, with its gap


def in_rows(spec: Json) -> bool:
    """Whether Grafana takes the panels from lists of rows: beside a list of panels it does so before schema 16 alone,
    and takes both."""
    version = spec.get("schemaVersion")
    old = not isinstance(version, (int, float)) or version < _GRID
    return bool(spec.get("rows")) and (old or not spec.get("panels"))


def rows_of(spec: Json) -> tuple[Row, ...]:
    """Raises ValueError for panels or rows that are none."""
    rows = tuple(_new(_objects(spec.get("panels"), "panels")))
    old = _objects(spec.get("rows"), "rows")
    return (*rows, *_old(old, len(rows))) if in_rows(spec) else rows


def _old(given: list[Json], first: int) -> Iterable[Row]:
    for index, each in enumerate(given, first):
        title = _text(each.get("title")) if each.get("showTitle", True) else ""
        content = _rest(each, ("panels", "title", "showTitle", "titleSize", "collapse", "collapsed", "height", "id"))
        panels: list[Panel] = []
        x = 0
        for panel in _objects(each.get("panels"), "panels"):
            if panel.get("repeatPanelId"):
                continue
            w = _whole(panel.get("span"), _SPAN) * COLUMNS // _SPANS
            x = 0 if x + w > COLUMNS else x
            place = Place(x, len(panels), w, _height(panel.get("height", each.get("height"))))
            panels.append(_panel(panel, index, place, ("span", "height")))
            x += w
        collapsed = bool(each.get("collapse", each.get("collapsed", False)))
        yield Row(title, collapsed, True, content, tuple(panels))


def _height(value: Any) -> int:
    found = re.match(r"\d{1,5}", str(value))
    return max(math.ceil(int(found.group()) / _CELL), 1) if found else 7


def _new(given: list[Json]) -> Iterable[Row]:
    """As Grafana does it: sorted by place, then each panel belongs to the last row's panel above it."""
    ordered = _unfolded(given)
    above: list[Json] = []
    head: Json | None = None
    index = 0
    for each in [*ordered, None]:
        if each is not None and each.get("type") != "row":
            above.append(each)
            continue
        if head is not None or above:
            yield _row(head, above, index)
            index += 1
        head, above = each, []


def _unfolded(given: list[Json]) -> Iterator[Json]:
    """By place, what lies within a row behind it: another row, too."""
    for each in sorted(given, key=_corner):
        yield each
        if each.get("type") == "row":
            yield from _unfolded(_objects(each.get("panels"), "panels"))


def _row(head: Json | None, following: list[Json], index: int) -> Row:
    panels = _seen([_panel(each, index, _place(each), ()) for each in following if not each.get("repeatPanelId")])
    if head is None:
        return Row("", False, False, {}, panels)
    content = _rest(head, (*_APART, "panels", "collapsed", "collapse", "showTitle", "titleSize"))
    return Row(_text(head.get("title")), bool(head.get("collapsed", False)), True, content, panels)


def _seen(panels: list[Panel]) -> tuple[Panel, ...]:
    """In the order in which Grafana shows them: each rises as far as the ones above let it."""
    ends, tops = [0] * COLUMNS, {}
    for each in panels:
        x = min(each.place.x, COLUMNS - 1)
        end = min(x + max(each.place.w, 1), COLUMNS)
        tops[id(each)] = max(ends[x:end])
        ends[x:end] = [tops[id(each)] + max(each.place.h, 1)] * (end - x)
    return tuple(sorted(panels, key=lambda each: (tops[id(each)], each.place.x)))


def _panel(given: Json, row: int, place: Place, more: tuple[str, ...]) -> Panel:
    number = given.get("id")
    return Panel(
        content=_rest(given, (*_APART, *more)),
        number=number if type(number) is int else None,
        kind=_text(given.get("type")),
        title=_text(given.get("title")),
        row=row,
        place=place,
        plugin_version=_text(given.get("pluginVersion")),
    )


def _rest(given: Json, without: tuple[str, ...]) -> Json:
    return {name: value for name, value in given.items() if name not in without and name not in _VIEWED}


def _place(given: Json) -> Place:
    grid = given.get("gridPos")
    grid = grid if isinstance(grid, dict) else {}
    w = _whole(grid.get("w"), 6)
    x = max(min(_whole(grid.get("x"), 0), COLUMNS - w), 0)  # none stands out, as Grafana has it
    return Place(x, _whole(grid.get("y"), 0), w, _whole(grid.get("h"), 3))


def _corner(given: Json) -> tuple[int, int]:
    place = _place(given)
    return place.y, place.x


def _whole(value: Any, default: int) -> int:
    return int(value) if isinstance(value, (int, float)) and math.isfinite(value) else default


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: Any, name: str) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"its {name} are no list of objects")
    return value
