"""What turns one version of a dashboard into the other, as values instead of words; a program can apply it. Pure.

Noise is left out: what `applied` gives means the same as the newer version, in the sense of kaizen.dashboards.editing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from kaizen.dashboards.annotations import noted
from kaizen.dashboards.model import Dashboard, Json, Panel, Row
from kaizen.dashboards.sentences import MISSING

Value = tuple[tuple[str, ...], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the newer version, which was part number `old` of the older one; None for one that is new.

    Of one that was there, `sets` are values at their paths, MISSING for one that is gone; `whole` is the part where it
    is new, or where it is put in the old one's place."""

    old: int | None
    sets: tuple[Value, ...] = ()
    whole: Any = None


@dataclass(frozen=True, slots=True)
class RowPart:
    row: Part
    panels: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Edits:
    """All parts of the newer version in its order. Panels count through all rows."""

    dashboard: tuple[Value, ...]
    rows: tuple[RowPart, ...]
    variables: tuple[Part, ...]
    annotations: tuple[Part, ...]
    links: tuple[Part, ...]


def nothing(given: Edits, before: Dashboard) -> bool:
    """Whether the edits leave everything as it is."""
    small = ((before.variables, given.variables), (before.links, given.links), (noted(before), given.annotations))
    rows = [each.row for each in given.rows]
    panels = [part for each in given.rows for part in each.panels]
    same_parts = all(len(old) == len(parts) for old, parts in (*small, (before.rows, rows), (before.panels, panels)))
    parts = [*rows, *panels, *(part for _, each in small for part in each)]
    return (
        same_parts
        and not given.dashboard
        and not any(part.sets or part.whole is not None for part in parts)
        and [part.old for part in rows] == list(range(len(rows)))
        and [part.old for part in panels] == list(range(len(panels)))
        and [len(each.panels) for each in given.rows] == [len(each.panels) for each in before.rows]
    )


def applied(before: Dashboard, given: Edits) -> Dashboard:
    """The older version with the edits made; what they leave alone is the older one's."""
    dashboard = _with({"title": before.title, "uid": before.uid, "settings": before.settings}, given.dashboard)
    old = before.panels
    rows = []
    for index, each in enumerate(given.rows):
        panels = tuple(_made(part, old, index) for part in each.panels)
        rows.append(_row_made(each.row, before.rows, panels))
    return replace(
        before,
        title=dashboard["title"],
        uid=dashboard["uid"],
        settings=dashboard["settings"],
        rows=tuple(rows),
        variables=tuple(_put(part, before.variables) for part in given.variables),
        annotations=tuple(_put(part, before.annotations) for part in given.annotations),
        links=tuple(_put(part, before.links) for part in given.links),
    )


def as_json(given: Edits) -> Json:
    """For programs: `from` counts the parts of the older version."""
    return {
        "dashboard": _sets(given.dashboard),
        "rows": [_part(each.row) | {"panels": [_part(part) for part in each.panels]} for each in given.rows],
        "variables": [_part(each) for each in given.variables],
        "annotations": [_part(each) for each in given.annotations],
        "links": [_part(each) for each in given.links],
    }


def _part(given: Part) -> Json:
    found: Json = {} if given.old is None else {"from": given.old}
    if isinstance(given.whole, Panel):
        found["new"] = given.whole.content | {"type": given.whole.kind, "title": given.whole.title}
    elif isinstance(given.whole, Row):
        found["new"] = given.whole.content | {"title": given.whole.title, "collapsed": given.whole.collapsed}
    elif given.whole is not None:
        found["new"] = given.whole
    return found | _sets(given.sets)


def _sets(values: Sequence[Value]) -> Json:
    sets = [{"path": list(path), "value": value} for path, value in values if value is not MISSING]
    gone = [list(path) for path, value in values if value is MISSING]
    return ({"set": sets} if sets else {}) | ({"unset": gone} if gone else {})


def _put(part: Part, old: Sequence[Json]) -> Json:
    if part.whole is None:
        assert part.old is not None
        return old[part.old]
    found: Json = part.whole
    return found


def _made(part: Part, old: Sequence[Panel], row: int) -> Panel:
    if part.old is None:
        whole: Panel = part.whole
        return replace(whole, row=row)
    one = old[part.old]
    given = {
        "title": one.title,
        "kind": one.kind,
        "content": one.content,
        "number": one.number,
        "place": {"x": one.place.x, "w": one.place.w, "h": one.place.h},
    }
    new = _with(given, part.sets)
    place = replace(one.place, **new["place"])
    return replace(one, **new | {"place": place, "row": row})


def _row_made(part: Part, old: Sequence[Row], panels: tuple[Panel, ...]) -> Row:
    if part.old is None:
        whole: Row = part.whole
        return replace(whole, panels=panels)
    one = old[part.old]
    given = {"title": one.title, "collapsed": one.collapsed, "marked": one.marked, "content": one.content}
    return Row(panels=panels, **_with(given, part.sets))


def _with(given: Json, values: Sequence[Value]) -> Json:
    """A copy with values set at their paths."""
    found = dict(given)
    for path, value in values:
        at = found
        for name in path[:-1]:
            inner = at.get(name)
            at[name] = at = dict(inner) if isinstance(inner, dict) else {}
        if value is MISSING:
            at.pop(path[-1], None)
        else:
            at[path[-1]] = value
    return found
