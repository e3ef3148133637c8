"""Finds the edits between two versions, and says what a version means. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kaizen.dashboards import noise, others, pointing, thresholds
from kaizen.dashboards.annotations import annotation_form, annotation_kind, annotation_pairs, noted
from kaizen.dashboards.edits import Edits, Part, RowPart, Value
from kaizen.dashboards.leaves import alike, same
from kaizen.dashboards.matching import Pairs, targets
from kaizen.dashboards.model import Dashboard, Json, Panel, Row
from kaizen.dashboards.noise import SCALARS, Path, large
from kaizen.dashboards.pairing import Pair
from kaizen.dashboards.panels import STEPS, Sides, coloured, dig, pointed_at
from kaizen.dashboards.placing import Rows
from kaizen.dashboards.pointing import Numbers
from kaizen.dashboards.sentences import MISSING
from kaizen.dashboards.sources import kinds_changed, of_panel, of_target

_ROW = ("repeat", "repeatDirection", "description")


def edits(before: Dashboard, after: Dashboard, pairs: Pairs, known: Rows, sides: Sides) -> Edits:
    places = {id(panel): index for index, panel in enumerate(before.panels)}
    renumbered = pointing.matter(after, pairs, sides.numbers)
    if renumbered:  # then they are edited, and stand for themselves
        sides = replace(sides, numbers=(Numbers(), Numbers()))
    old = {id(new): one for one, new in pairs}
    sized = before.old_rows == after.old_rows
    rows_before = {new: one for one, new in known.items()}
    rows = []
    for index, row in enumerate(after.rows):
        both = [(old.get(id(each)), each) for each in row.panels]
        parts = [_panel(one, new, places, sides, sized=sized, renumbered=renumbered) for one, new in both]
        one = rows_before.get(index)
        part = Part(None, whole=row) if one is None else Part(one, tuple(_row(before.rows[one], row)))
        rows.append(RowPart(part, tuple(parts)))
    return Edits(
        tuple(_dashboard(before, after)),
        tuple(rows),
        _small(before.variables, others.variable_pairs(before, after), "variable"),
        _small(before.annotations, annotation_pairs(before, after), "annotation"),
        _small(before.links, others.link_pairs(before, after), "link"),
    )


def state(dashboard: Dashboard, sides: Sides, *, newer: bool) -> Json:
    """All that a dashboard means, in one form: versions that differ in noise alone have equal states."""
    sides = replace(sides, numbers=(pointing.in_order(dashboard),) * 2)
    return {
        "title": dashboard.title,
        "settings": noise.pruned(dashboard.settings, "dashboard") or {},
        "rows": [
            {
                "row": [row.title, row.collapsed, *([row.content.get(name) for name in _ROW])] if row.marked else None,
                "panels": [_panel_state(panel, sides, newer=newer) for panel in row.panels],
            }
            for row in dashboard.rows
        ],
        "variables": [noise.pruned(others.variable_form(each), "variable") for each in dashboard.variables],
        "annotations": [noise.pruned(annotation_form(each), annotation_kind(each)) for each in noted(dashboard)],
        "links": [noise.pruned(each, "link") for each in dashboard.links],
    }


_ROW = ("repeat", "repeatDirection", "description")


def _dashboard(before: Dashboard, after: Dashboard) -> Iterator[Value]:
    if before.title != after.title:
        yield ("title",), after.title
    if before.uid != after.uid:
        yield ("uid",), after.uid
    for path, value in _values(before.settings, after.settings, "dashboard"):
        yield ("settings", *path), value


def _row(before: Row, after: Row) -> Iterator[Value]:
    for name, one, other in (
        ("title", before.title, after.title),
        ("collapsed", before.collapsed, after.collapsed),
        ("marked", before.marked, after.marked),
    ):
        if one != other:
            yield (name,), other
    for name in _ROW:
        for path, value in _values(before.content.get(name, MISSING), after.content.get(name, MISSING), "row", (name,)):
            yield ("content", *path), value


def _panel(
    before: Panel | None, after: Panel, places: Mapping[int, int], sides: Sides, *, sized: bool, renumbered: bool
) -> Part:
    if before is None:
        return Part(None, whole=after)
    found: list[Value] = []
    if before.title != after.title:
        found.append((("title",), after.title))
    if before.kind != after.kind:
        found.append((("kind",), after.kind))
    if renumbered and before.number != after.number:
        found.append((("number",), after.number))
    if sized:
        for name in ("x", "w", "h"):
            value = getattr(after.place, name)
            if getattr(before.place, name) != value:
                found.append((("place", name), value))
    apart = ("targets", "datasource")
    one, other = ({name: each for name, each in side.content.items() if name not in apart} for side in (before, after))
    for path, value in _values(one, other, after.kind):
        if path[: len(STEPS)] != STEPS:
            found.append((("content", *path), value if path else after.content))
    given = [each.content.get("datasource") for each in (before, after)]
    if of_panel(before) != of_panel(after) or kinds_changed(*given):
        found.append((("content", "datasource"), after.content.get("datasource", MISSING)))
    names = [[each.get("refId") for each in targets(panel)] for panel in (before, after)]
    pointed = frozenset() if names[0] == names[1] else pointed_at(before) | pointed_at(after)
    asked = [_asked(before, sides, pointed, newer=False), _asked(after, sides, pointed, newer=True)]
    if not same(*asked) or _other_kinds(before, after):
        found.append((("content", "targets"), after.content.get("targets", MISSING)))
    steps = [dig(each.content, STEPS) for each in (before, after)]
    if thresholds.words(steps[0], steps[1]):
        found.append((("content", *STEPS), MISSING if steps[1] is None else steps[1]))
    return Part(places[id(before)], tuple(found))


def _values(before: Any, after: Any, kind: str, path: Path = ()) -> Iterator[Value]:
    """Values that differ and are no noise; lists count as one value, and large objects."""
    if isinstance(before, dict) and isinstance(after, dict) and not (large(before) or large(after)):
        for name in before | after:
            old, new = before.get(name, MISSING), after.get(name, MISSING)
            if type(old) in SCALARS and type(new) in SCALARS:
                if not same(old, new) and noise.noise((*path, name), old, new, kind) == "":
                    yield (*path, name), new
            elif not alike(old, new):
                yield from _values(old, new, kind, (*path, name))
    elif same(before, after):
        return
    else:
        one, other = (noise.pruned(each, kind, path) for each in (before, after))
        if one is not other and not same(one, other):
            yield path, after


def _other_kinds(before: Panel, after: Panel) -> bool:
    pairs = zip(targets(before), targets(after), strict=False)
    return any(kinds_changed(one.get("datasource"), other.get("datasource")) for one, other in pairs)


def _asked(panel: Panel, sides: Sides, pointed: frozenset[str], *, newer: bool) -> list[Any]:
    """A panel's queries in one form: what each asks, of whom, how it is shown, and its name where others use it."""
    found = []
    for each in targets(panel):
        query = sides.query(each, panel, newer=newer)
        meant = noise.pruned({"targets": {"*": pointing.rest(each, panel, sides.numbers[newer])}}, panel.kind)
        name = each.get("refId")
        known = name if isinstance(name, str) and name in pointed else None
        found.append([query.canonical, of_target(each, panel), None if meant is MISSING else meant, known])
    return found


def _panel_state(panel: Panel, sides: Sides, *, newer: bool) -> Json:
    rest = {name: value for name, value in panel.content.items() if name not in ("targets", "datasource")}
    meant: Any = noise.pruned(rest, panel.kind)
    steps = dig(panel.content, STEPS)
    shown = thresholds.steps(steps) if coloured(panel) else None
    return {
        "kind": panel.kind,
        "title": panel.title,
        "place": (panel.place.x, panel.place.w, panel.place.h),
        "content": {} if meant is MISSING else _without(meant, STEPS),
        "steps": shown,
        "queries": _asked(panel, sides, pointed_at(panel), newer=newer),
        "sources": sorted(of_panel(panel)),
        "points": pointing.points(panel, sides.numbers[newer]),
    }


def _small(before: Sequence[Json], pairs: Sequence[Pair[Json]], kind: str) -> tuple[Part, ...]:
    """Parts that are put in place as a whole. Those of `before` that are in no pair stay as they are."""
    numbers = {id(each): index for index, each in enumerate(before)}
    form = {"variable": others.variable_form, "annotation": annotation_form}.get(kind, dict)
    found = []
    for one, other in pairs:
        if other is None:
            continue
        if one is None:
            found.append(Part(None, whole=other))
        else:
            by = annotation_kind(other) if kind == "annotation" else kind
            differs = not same(noise.pruned(form(one), by), noise.pruned(form(other), by))
            found.append(Part(numbers[id(one)], whole=other if differs else None))
    return tuple(found)


def _without(given: Any, path: Path) -> Any:
    """Without the value at a path, and without what it leaves empty."""
    if not isinstance(given, dict) or path[0] not in given:
        return given
    rest = {name: value for name, value in given.items() if name != path[0]}
    inner = _without(given[path[0]], path[1:]) if len(path) > 1 else None
    return rest | ({path[0]: inner} if inner else {})
