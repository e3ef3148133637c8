"""The layout before and after as SVG, which works as an image and within a page: no script, no font, no address. Pure.

What became of a panel shows three times, as a colour, a pattern and a sign: nobody needs to tell colours apart.
"""

import html
import unicodedata
from collections.abc import Iterator, Sequence

from kaizen.dashboards.model import COLUMNS
from kaizen.dashboards.plan import Box, Mark, Plan, Side

_COLUMN, _UNIT, _TEXT = 20, 8, 6.4  # pixels: of a column, of a unit of height, and of a letter
_GAP, _HEAD, _FOOT, _EDGE = 32, 28, 34, 12
_WIDTH = COLUMNS * _COLUMN
_EMPTY = 12  # units of height of a side that is not there

SIGNS: dict[Mark, str] = {"added": "+", "removed": "−", "moved": "→", "resized": "⇔", "changed": "≠"}
# The lines of each pattern, in a square of eight pixels.
_PATTERNS: dict[Mark, str] = {
    "added": '<path d="M-2 2 2-2M0 8 8 0M6 10 10 6"/>',
    "removed": '<path d="M0 0 8 8M0 8 8 0"/>',
    "moved": '<circle cx="4" cy="4" r="1.3" class="f"/>',
    "resized": '<path d="M0 4H8"/>',
    "changed": '<path d="M4 0V8"/>',
}
_STYLE = (
    ".kl{--ground:#f6f7f9;--sheet:#fff;--ink:#1a2130;--soft:#5b6577;--line:#c9d0da;--wash:#f0f3f7;--added:#1a7a49;"
    "--removed:#c0292b;--moved:#2f5bd3;--resized:#7a3fb8;--changed:#a85b00;"
    'font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}'
    "@media(prefers-color-scheme:dark){.kl{--ground:#11151c;--sheet:#191f29;--ink:#e8ecf3;--soft:#9aa5b8;--line:#3a4456;"
    "--wash:#202735;--added:#55c98c;--removed:#ff7b7b;--moved:#86a5ff;--resized:#c79bff;--changed:#f0a94a}}"
    ".kl rect{stroke:var(--line);fill:var(--sheet)}.kl .row{fill:var(--wash)}"
    ".kl .ground{fill:var(--ground);stroke:none}"
    ".kl text{fill:var(--ink);stroke:var(--sheet);stroke-width:3px;stroke-linejoin:round;paint-order:stroke}"
    ".kl .soft{fill:var(--soft)}.kl .big{font-weight:600;font-size:13px}"
    ".kl pattern *{stroke:currentColor;stroke-width:1.2;fill:none;opacity:.55}.kl pattern .f{fill:currentColor}"
    + "".join(
        f".kl .{each}{{color:var(--{each})}}.kl rect.{each}{{stroke:var(--{each});stroke-width:2;fill:url(#k-{each})}}"
        f".kl .s-{each}{{fill:var(--{each});font-weight:700}}"
        for each in SIGNS
    )
)


def both(plan: Plan, title: str) -> str:
    """Before and after beside each other, with a legend: for a comment, where it is an image."""
    width = 2 * _WIDTH + _GAP + 2 * _EDGE
    tall = max(_tall(plan.before), _tall(plan.after))
    right = _EDGE + _WIDTH + _GAP
    parts = [
        f'<text x="{_EDGE}" y="20" class="big">Before</text><text x="{right}" y="20" class="big">After</text>',
        _moved(_EDGE, _HEAD, _side(plan.before)),
        _moved(right, _HEAD, _side(plan.after)),
        _moved(_EDGE, _HEAD + tall + 12, _legend(plan.marks)),
    ]
    return _svg(width, _HEAD + tall + _FOOT, "".join(parts), f"{title}: {words(plan)}", plan.marks)


def one(side: Side | None, marks: Sequence[Mark], title: str) -> str:
    """One version alone, for a page that puts them beside or below each other."""
    return _svg(_WIDTH + 4, _tall(side) + 4, _moved(2, 2, _side(side)), title, marks)


def swatch(mark: Mark) -> str:
    """A piece of a mark's colour and pattern, for a legend that is no picture."""
    inner = f'<rect x="1" y="1" width="26" height="16" rx="3" class="{mark}"/>'
    return _svg(28, 18, inner, mark, (mark,), ground=False)


def words(plan: Plan) -> str:
    """`1 added, 2 moved`, for who does not see the picture."""
    found = []
    for mark in plan.marks:
        side = plan.before if mark == "removed" else plan.after
        count = sum(mark in box.marks for box in side.boxes) if side is not None else 0
        found.append(f"{count} {mark}")
    return "layout before and after" + (f", {', '.join(found)}" if found else "")


def _svg(width: int, height: int, content: str, title: str, marks: Sequence[Mark], *, ground: bool = True) -> str:
    patterns = "".join(
        f'<pattern id="k-{each}" class="{each}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" style="stroke:none;opacity:1;fill:var(--sheet)"/>{_PATTERNS[each]}</pattern>'
        for each in marks
    )
    named = html.escape(_clean(title)[:300])
    below = f'<rect class="ground" width="{width}" height="{height}" rx="8"/>' if ground else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="kl" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{named}"><title>{named}</title><style>{_STYLE}</style>'
        f"<defs>{patterns}</defs>{below}{content}</svg>"
    )


def _moved(x: int, y: int, content: str) -> str:
    return f'<g transform="translate({x} {y})">{content}</g>'


def _tall(side: Side | None) -> int:
    if side is None or not side.boxes:
        return _EMPTY * _UNIT
    return side.height * _UNIT + (20 if side.left_out else 0)


def _side(side: Side | None) -> str:
    if side is None or not side.boxes:
        says = "no dashboard" if side is None else "no panel"
        return f'<text x="{_WIDTH // 2}" y="{_EMPTY * _UNIT // 2}" text-anchor="middle" class="soft">{says}</text>'
    parts = [part for box in side.boxes for part in _box(box)]
    if side.left_out:
        parts.append(f'<text y="{side.height * _UNIT + 14}" class="soft">and {side.left_out} more panels</text>')
    return "".join(parts)


def _box(box: Box) -> Iterator[str]:
    x, y, w, h = box.x * _COLUMN, box.y * _UNIT, box.w * _COLUMN, box.h * _UNIT
    main = box.marks[0] if box.marks else ""
    kind = main or ("row" if box.row else "")
    cls = f' class="{kind}"' if kind else ""
    yield f'<rect x="{x + 1}" y="{y + 1}" width="{w - 2}" height="{h - 2}" rx="3"{cls}/>'
    signs = "".join(f'<tspan class="s-{each}">{SIGNS[each]}</tspan> ' for each in box.marks)
    room = int((w - 12) / _TEXT) - 2 * len(box.marks)
    text = html.escape(fitted(box.title, room)) if room > 0 else ""
    if not signs and not text:
        return
    faint = ' class="soft"' if not box.marks and not box.row else ""
    small = ' font-size="9"' if h < 14 else ""
    yield f'<text x="{x + 6}" y="{y + min(h - 4, 16)}"{small}{faint}>{signs}{text}</text>'


def _legend(marks: Sequence[Mark]) -> str:
    x, parts = 0, []
    for each in marks:
        parts.append(
            f'<rect x="{x + 1}" y="1" width="26" height="18" rx="3" class="{each}"/>'
            f'<text x="{x + 34}" y="15"><tspan class="s-{each}">{SIGNS[each]}</tspan> {each}</text>'
        )
        x += 34 + int((len(each) + 2) * 7) + 12
    return "".join(parts)


def _clean(text: str) -> str:
    """On one line, and nothing that XML forbids or that turns the reading direction."""
    return " ".join("".join(each if unicodedata.category(each)[0] != "C" else " " for each in text).split())


def fitted(text: str, room: int) -> str:
    """Cut to so many letters; a wide one counts twice."""
    shown, used = "", 0
    for each in _clean(text[:500]):
        used += 2 if unicodedata.east_asian_width(each) in ("W", "F") else 1
        if used > room:
            return f"{shown[:-1]}…" if len(shown) > 1 else ""
        shown += each
    return shown
