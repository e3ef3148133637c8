"""A changed query's lines, those of before and after over one pair of axes, as SVG for a page. Pure.

Lines of before are dashed, those of after solid, and several of them have numbers: one needs no colours to tell.
"""

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from kaizen.dashboards.line_names import Names, line_names
from kaizen.dashboards.picture import fitted
from kaizen.dashboards.sentences import many
from kaizen.prometheus.results import Labels, Series

_WIDTH, _HEIGHT = 380, 150  # narrow: on a phone its letters stay readable
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 10, 22
_ROW = 18  # a line of words
_LETTERS = 44  # of a line's name
MOST_LINES = 20  # of each side
_LARGEST, _SMALLEST = 1e100, 1e-100  # beyond them, sums and powers of floats fail
_STEPS = (1.0, 2.0, 5.0, 10.0)


def chart(before: Sequence[Series] | None, after: Sequence[Series]) -> str:
    """Empty where neither side has a value that can be drawn. Each side shows at most MOST_LINES lines. `before` is
    None for a query that is new, or whose older form was not answered."""
    sides = [_finite((each or ())[:MOST_LINES]) for each in (before, after)]
    points = [point for side in sides for _, line in side for point in line]
    if not points:
        return ""
    start, end = min(at for at, _ in points), max(at for at, _ in points)
    ticks = _ticks(min(value for _, value in points), max(value for _, value in points))
    counts = f"{_lines(len(after))} after"
    counts = counts if before is None else f"{_lines(len(before))} before, {counts}"
    says = f"{counts}, from {_clock(start)} to {_clock(end)} UTC"
    names = line_names([labels for labels, _ in sides[1]], [labels for labels, _ in sides[0]])
    key = "" if before is None else _key(bool(sides[0]), bool(sides[1]), "whole" if names.shown else "new")
    top = _ROW if key else 0
    parts = [*_axes(ticks, start, end)]
    ends: dict[int, float] = {}  # where the line of a name ends, that of after before that of before
    for look, side in (("old", sides[0]), ("new", sides[1])):
        for labels, line in side:
            number = names.number(labels)
            parts.append(_path(line, start, end, ticks, f"{look} s{number}" if number else look))
            if number:
                ends[number] = _y(line[-1][1], ticks)
    parts += _tags(ends)
    rows = [*_rows(names)]
    height = _HEIGHT + top + _ROW * len(rows)
    return (
        f'<svg class="query" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{html.escape(says)}">'
        f'<title>{html.escape(says)}</title>{key}<g transform="translate(0 {top})">{"".join(parts + rows)}</g></svg>'
    )


def _tags(ends: Mapping[int, float]) -> Iterator[str]:
    """A line's number beside its end, none upon another one."""
    lowest = -math.inf
    for number, y in sorted(ends.items(), key=lambda each: each[1]):
        lowest = max(y + 4, lowest + 11)
        yield f'<text class="t{number}" x="{_WIDTH - _RIGHT + 4}" y="{lowest:.1f}">{number}</text>'


def _rows(names: Names) -> Iterator[str]:
    """Below the lines: what each number stands for."""
    for place, name in enumerate(names.shown, 1):
        y = _HEIGHT + _ROW * place - 5
        text = html.escape(fitted(name, _LETTERS))
        yield f'<path class="s{place}" d="M{_LEFT} {y - 4}h14"/><text x="{_LEFT + 20}" y="{y}">{place} {text}</text>'
    if names.more:
        y = _HEIGHT + _ROW * (len(names.shown) + 1) - 5
        yield f'<text x="{_LEFT + 20}" y="{y}">and {many(names.more, "more line")}</text>'


def _key(before: bool, after: bool, newer: str) -> str:
    """Above the lines: which are which, and a side that has none. `newer` is the look of a line of after: without a
    colour where colours tell something else."""
    found, x = "", _LEFT
    for name, look, drawn in (("before", "old", before), ("after", newer, after)):
        said, words = ("", name) if drawn else (' class="none"', f"{name}: no data")
        found += f'<path class="{look}" d="M{x} 9H{x + 28}"/><text x="{x + 34}" y="13"{said}>{words}</text>'
        x += 140
    return found


def _lines(count: int) -> str:
    return many(count, "line")


def _finite(given: Sequence[Series]) -> list[tuple[Labels, list[tuple[float, float]]]]:
    lines = [
        (each.labels, [point for point in each.points if abs(point[1]) < _LARGEST]) for each in given
    ]  # NaN is not
    return [each for each in lines if each[1]]


def _ticks(low: float, high: float) -> list[float]:
    """Round values around all that is drawn, three to seven of them."""
    size = max(abs(low), abs(high))
    flat = high - low <= max(size * 1e-9, _SMALLEST)
    span = high - low if not flat else size if size > _SMALLEST else 1.0
    power = 10.0 ** math.floor(math.log10(span))
    step = next(each * power for each in (0.2, 0.5, *_STEPS) if span / (each * power) <= 4)
    first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
    return [each * step for each in range(first, max(last, first + 1) + 1)]


def _x(at: float, start: float, end: float) -> float:
    share = (at - start) / (end - start) if end > start else 0.5
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, ticks: Sequence[float]) -> float:
    share = (value - ticks[0]) / (ticks[-1] - ticks[0])
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _axes(ticks: Sequence[float], start: float, end: float) -> Iterator[str]:
    for each in ticks:
        y = _y(each, ticks)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{each:.6g}</text>'
    for at, anchor in ((start, "start"), ((start + end) / 2, "middle"), (end, "end")):
        yield f'<text x="{_x(at, start, end):.1f}" y="{_HEIGHT - 6}" text-anchor="{anchor}">{_clock(at)}</text>'


def _path(line: Sequence[tuple[float, float]], start: float, end: float, ticks: Sequence[float], look: str) -> str:
    places = [f"{_x(at, start, end):.1f} {_y(value, ticks):.1f}" for at, value in line]
    if len(places) == 1:
        x, y = places[0].split()
        return f'<circle class="{look}" cx="{x}" cy="{y}" r="2"/>'
    return f'<path class="{look}" d="M{"L".join(places)}"/>'


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}"
