"""The layout as lines of text: panels side by side as wide as they are, one line for those that begin at one height.

Both versions' lines are put together as a diff. Pure.
"""

import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from kaizen.dashboards.model import COLUMNS, Dashboard, Panel, Row

_WIDTH = 3  # characters for each of Grafana's columns
_MOVED = {"-": "  ← moved from here", "+": "  ← moved to here"}
_NONE: Mapping[int, int] = {}
Line = tuple[str, tuple[int | None, ...]]
_MOST = 400  # lines that are compared: a diff's time grows with their square


def lines(before: Dashboard | None, after: Dashboard, pairs: Mapping[int, int] = _NONE) -> tuple[str, ...]:
    """Each line begins with `-`, `+` or a space; unchanged lines far from changes are left out. Those that only stand
    elsewhere say so. `pairs` are the id() of older panels and rows with those of the newer ones."""
    one = [*_lines(before)][:_MOST] if before else []
    other = [*_lines(after)][:_MOST]
    shown = [*difflib.unified_diff([each[0] for each in one], [each[0] for each in other], n=1, lineterm="")]
    moved = _once((text, tuple(pairs.get(each) for each in parts)) for text, parts in one) & _once(other)
    moved_texts = {text for text, _ in moved if f"-{text}" in shown and f"+{text}" in shown}
    found: list[str] = []
    for line in shown:
        if line.startswith(("---", "+++")):
            continue
        if line.startswith("@@"):
            found += ["  ⋮"] * bool(found)
        else:
            said = _MOVED.get(line[0], "") if line[1:] in moved_texts else ""
            found.append(f"{line[0]} {line[1:]}{said}")
    return tuple(found)


def _once(given: Iterable[Line]) -> set[Line]:
    """Lines of which the text comes only once."""
    listed = [*given]
    counts = Counter(text for text, _ in listed)
    return {each for each in listed if counts[each[0]] == 1}


def _lines(dashboard: Dashboard) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each with the id() of the row or the panels that it shows."""
    for row in dashboard.rows:
        if row.marked:
            yield f"{'▸' if row.collapsed else '▾'} {_fitted(row.title, COLUMNS * _WIDTH).rstrip()}", (id(row),)
        for band in _bands(row):
            yield _band(band), tuple(map(id, band))


def _bands(row: Row) -> list[list[Panel]]:
    """Panels that begin at one height, from the left; in old rows, those that fit beside one another."""
    bands: list[list[Panel]] = []
    for each in row.panels:
        last = bands[-1] if bands else []
        right = last[-1].place.x + last[-1].place.w if last else 0
        if last and each.place.x >= right:
            last.append(each)
        else:
            bands.append([each])
    return bands


def _band(panels: list[Panel]) -> str:
    line = ""
    for each in panels:
        x, w = min(max(each.place.x, 0), COLUMNS), min(max(each.place.w, 1), COLUMNS)
        line = line.ljust(x * _WIDTH) + f"[{_fitted(each.title or each.kind, max(w * _WIDTH - 2, 1))}]"
    return line


def _fitted(text: str, width: int) -> str:
    shown = " ".join("".join(each if unicodedata.category(each)[0] != "C" else " " for each in text).split())
    return shown.ljust(width) if len(shown) <= width else f"{shown[: width - 1]}…"
