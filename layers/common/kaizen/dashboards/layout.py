"""The layout as lines of text: panels side by side as wide as they are, one line for those that begin at one height.

Both versions' lines are put together as a diff. Pure.
"""

import difflib
import unicodedata
from collections.abc import Iterator

from kaizen.dashboards.model import COLUMNS, Dashboard, Panel, Row

_WIDTH = 3  # characters for each of Grafana's columns
_MOST = 400  # lines that are compared: a diff's time grows with their square


def lines(before: Dashboard | None, after: Dashboard) -> tuple[str, ...]:
    """Each line begins with `-`, `+` or a space; unchanged lines far from changes are left out."""
    one = [*_lines(before)][:_MOST] if before else []
    other = [*_lines(after)][:_MOST]
    found: list[str] = []
    for line in difflib.unified_diff(one, other, n=1, lineterm=""):
        if line.startswith(("---", "+++")):
            continue
        if line.startswith("@@"):
            found += ["  ⋮"] * bool(found)
        else:
            found.append(f"{line[0]} {line[1:]}")
    return tuple(found)


def _lines(dashboard: Dashboard) -> Iterator[str]:
    for row in dashboard.rows:
        if row.marked:
            yield f"{'▸' if row.collapsed else '▾'} {_fitted(row.title, COLUMNS * _WIDTH).rstrip()}"
        for band in _bands(row):
            yield _band(band)


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
