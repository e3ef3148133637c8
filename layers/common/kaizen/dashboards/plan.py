"""Both layouts as boxes on Grafana's grid, each with what became of it: what pictures are drawn from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kaizen.dashboards.model import COLUMNS, Dashboard, Panel, Row

Mark = Literal["added", "removed", "moved", "resized", "changed"]
Marks = Mapping[int, Sequence[Mark]]  # by the id() of a panel or row
MARKS: tuple[Mark, ...] = ("added", "removed", "moved", "resized", "changed")

HEAD = 2  # units of height that a row's heading takes
_TALLEST = 40
_MOST = 300  # boxes of one side
_SMALL = 24  # panels: above that, rows in which nothing changed are drawn as their headings


@dataclass(frozen=True, slots=True)
class Box:
    """In units of the grid, `y` from the top of the dashboard. `row` says that it is a row's heading."""

    title: str
    x: int
    y: int
    w: int
    h: int
    marks: tuple[Mark, ...] = ()
    row: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One version. `left_out` counts panels that are not drawn."""

    boxes: tuple[Box, ...] = ()
    height: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    before: Side | None
    after: Side | None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Those that occur."""
        sides = [each for each in (self.before, self.after) if each is not None]
        found = {mark for side in sides for box in side.boxes for mark in box.marks}
        return tuple(each for each in MARKS if each in found)


def plan(before: Dashboard | None, after: Dashboard | None, marks: Marks, rows: Mapping[int, int]) -> Plan:
    """`rows` are the pairs of rows by their index."""
    many = max(len(each.panels) for each in (before, after) if each is not None) > _SMALL
    quiet = {
        (one, other)
        for one, other in rows.items()
        if before and after and many and _quiet(before.rows[one], marks) and _quiet(after.rows[other], marks)
    }
    return Plan(
        _side(before, marks, {one for one, _ in quiet}) if before is not None else None,
        _side(after, marks, {other for _, other in quiet}) if after is not None else None,
    )


def _quiet(row: Row, marks: Marks) -> bool:
    return not any(marks.get(id(each)) for each in (row, *row.panels))


def _side(dashboard: Dashboard, marks: Marks, quiet: set[int]) -> Side:
    boxes: list[Box] = []
    y = left_out = 0
    for index, row in enumerate(dashboard.rows):
        if row.marked or index in quiet:
            boxes.append(
                Box(_heading(row, index in quiet), 0, y, COLUMNS, HEAD, tuple(marks.get(id(row), ())), row=True)
            )
            y += HEAD
        if index in quiet:
            continue
        shown = row.panels[: max(_MOST - len(boxes), 0)]
        left_out += len(row.panels) - len(shown)
        placed, height = _packed(shown, marks, y)
        boxes += placed
        y += height
    return Side(tuple(boxes), y, left_out)


def _heading(row: Row, quiet: bool) -> str:
    title = f"{'▸' if row.collapsed else '▾'} {row.title}" if row.marked else "(top)"
    return f"{title} · {len(row.panels)} as before" if quiet else title


def _packed(panels: Sequence[Panel], marks: Marks, top: int) -> tuple[list[Box], int]:
    """Each as high up as Grafana lets it rise: heights in collapsed rows are stale, and gaps do not stay."""
    ends = [0] * COLUMNS
    boxes = []
    for each in panels:
        x = min(max(each.place.x, 0), COLUMNS - 1)
        w = min(max(each.place.w, 1), COLUMNS - x)
        h = min(max(each.place.h, 1), _TALLEST)
        y = max(ends[x : x + w])
        ends[x : x + w] = [y + h] * w
        boxes.append(Box(each.title or each.kind, x, top + y, w, h, tuple(marks.get(id(each), ()))))
    return boxes, max(ends)
