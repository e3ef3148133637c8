"""Lines over a common axis, with a band of what was to be expected and marks for what was not. Pure.

Colours are those of the visual language, by its CSS variables; an SVG that stands alone falls back to the light theme.
"""

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal

from kaizen.charts.scale import Scale, number, round_steps

_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 10.0, 20.0, 24.0  # room for the axes
_LETTERS = 12  # px: nothing smaller is readable
_COLOURS = {
    "accent": "var(--accent, #2f5bd3)", "soft": "var(--soft, #5b6577)", "line": "var(--line, #e2e6ec)",
    "bad": "var(--bad, #c0292b)", "warn": "var(--warn, #a85b00)", "sheet": "var(--sheet, #ffffff)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """Points in order of x; y is None in a gap. `look` tells lines apart: by colour, and by dashes."""

    name: str
    points: Sequence[tuple[float, float | None]]
    look: Literal["main", "dashed", "faint"] = "main"


@dataclass(frozen=True, slots=True)
class Mark:
    """A diamond (bad) or an empty circle (warn) at a point."""

    x: float
    y: float
    look: Literal["bad", "warn"] = "bad"


@dataclass(frozen=True, slots=True)
class Chart:
    """`says` is the chart in a sentence, for who does not see it. `ticks` name places of x, `hints` tell of a place to
    a pointer. The y axis begins at 0; `unit` stands above it. `band` is (x, low, high)."""

    says: str
    unit: str
    lines: Sequence[Line]
    ticks: Sequence[tuple[float, str]] = ()
    band: Sequence[tuple[float, float, float]] = ()
    marks: Sequence[Mark] = ()
    hints: Sequence[tuple[float, str]] = ()


def svg(chart: Chart, width: int, height: int) -> str:
    """The chart as one SVG element of that many px. Raises ValueError where no line has a point."""
    xs = [x for line in chart.lines for x, _ in line.points]
    values = [y for line in chart.lines for _, y in line.points if y is not None]
    if not xs or not all(map(math.isfinite, [*xs, *values])):
        raise ValueError("a chart needs points, and values that are numbers")
    steps = round_steps(max(values + [high for _, _, high in chart.band] + [each.y for each in chart.marks] + [0]), 5)
    x = Scale(min(xs), max(xs), _LEFT, width - _RIGHT)
    y = Scale(0, steps[-1], height - _BOTTOM, _TOP)
    parts = [
        *_grid(chart, steps, x, y, width, height), *_band(chart, x, y),
        *(part for line in chart.lines for part in _line(line, x, y)),
        *(_mark(each, x, y) for each in chart.marks), *_hints(chart, x, height),
    ]  # fmt: skip
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{html.escape(chart.says)}" font-size="{_LETTERS}" font-family="inherit">{"".join(parts)}</svg>'
    )


def _grid(chart: Chart, steps: Sequence[float], x: Scale, y: Scale, width: int, height: int) -> Iterator[str]:
    for step in steps:
        at = _n(y(step))
        yield f'<path d="M{_n(_LEFT)} {at}H{_n(width - _RIGHT)}" stroke="{_COLOURS["line"]}"/>'
        yield _text(_LEFT - 6, y(step) + 4, number(step), "end")
    yield _text(2, 11, chart.unit, "start")
    for place, label in chart.ticks:
        middle = x(place)
        yield f'<path d="M{_n(middle)} {_n(height - _BOTTOM)}v4" stroke="{_COLOURS["soft"]}"/>'
        # A label at an edge stays within the picture.
        anchor = "start" if middle < _LEFT + 16 else "end" if middle > width - _RIGHT - 16 else "middle"
        yield _text(middle, height - 7, label, anchor)


def _band(chart: Chart, x: Scale, y: Scale) -> Iterator[str]:
    if not chart.band:
        return
    upper = [f"{_n(x(place))} {_n(y(high))}" for place, _, high in chart.band]
    lower = [f"{_n(x(place))} {_n(y(low))}" for place, low, _ in reversed(chart.band)]
    yield f'<path d="M{"L".join(upper + lower)}Z" fill="{_COLOURS["accent"]}" opacity="0.14"/>'


def _line(line: Line, x: Scale, y: Scale) -> Iterator[str]:
    colour = _COLOURS["soft" if line.look == "faint" else "accent"]
    dashes = ' stroke-dasharray="4 4"' if line.look == "dashed" else ""
    thick = "2" if line.look == "main" else "1.25"
    for known, group in groupby(line.points, key=lambda point: point[1] is not None):
        places = [(x(place), y(value)) for place, value in group if value is not None]
        if known and len(places) == 1:
            yield f'<circle cx="{_n(places[0][0])}" cy="{_n(places[0][1])}" r="2" fill="{colour}"/>'
        elif known:
            path = "L".join(f"{_n(place)} {_n(value)}" for place, value in places)
            yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{thick}"{dashes}/>'


def _mark(mark: Mark, x: Scale, y: Scale) -> str:
    at, level = x(mark.x), y(mark.y)
    if mark.look == "warn":
        return (
            f'<circle cx="{_n(at)}" cy="{_n(level)}" r="4" fill="{_COLOURS["sheet"]}" '
            f'stroke="{_COLOURS["warn"]}" stroke-width="1.5"/>'
        )
    return f'<path d="M{_n(at)} {_n(level - 7)}l7 7l-7 7l-7 -7Z" fill="{_COLOURS["bad"]}"/>'


def _hints(chart: Chart, x: Scale, height: int) -> Iterator[str]:
    """Stretches that cover the picture side by side, each with its words."""
    places = [x(place) for place, _ in chart.hints]
    edges = [(left + right) / 2 for left, right in pairwise(places)]
    for index, (_, label) in enumerate(chart.hints):
        start = edges[index - 1] if index else places[0] - 4
        end = edges[index] if index < len(edges) else places[-1] + 4
        yield (
            f'<rect x="{_n(start)}" y="0" width="{_n(end - start)}" height="{height}" fill="transparent">'
            f"<title>{html.escape(label)}</title></rect>"
        )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}" fill="{_COLOURS["soft"]}">{html.escape(text)}</text>'


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
