"""A chart block as a person sees it, much as Slack draws it: lines for every chart with axes. Pure; all is escaped."""

import html
import math
from collections.abc import Iterator, Mapping
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _FOOT = 340, 190, 46, 24  # px
_MOST_LABELS = 3
_DASHES = ("", "6 4", "2 3", "10 4", "10 4 2 4", "1 5")


def drawn(block: Mapping[str, Any]) -> str:
    """A pie as its words."""
    chart, title = block["chart"], html.escape(block["title"])
    if chart["type"] == "pie":
        parts = " · ".join(f"{html.escape(each['label'])} {each['value']:g}" for each in chart["segments"])
        return f'<div class="section"><b>{title}</b><br>{parts}</div>'
    names = " · ".join(html.escape(each["name"]) for each in chart["series"])
    axis = html.escape(chart["axis_config"].get("x_label", ""))
    return (
        f'<div class="section"><b>{title}</b><br><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{title}" font-size="12" style="width:100%;max-width:{1.5 * _WIDTH}px;height:auto">'
        f'{"".join(_parts(chart))}</svg><br><span class="soft">{names}{" · " if axis else ""}{axis}</span></div>'
    )


def _parts(chart: Mapping[str, Any]) -> Iterator[str]:
    categories = chart["axis_config"]["categories"]
    values = [point["value"] for each in chart["series"] for point in each["data"]]
    low, high = min([0, *values]), max([0, *values])
    step = (_WIDTH - _LEFT - 40) / max(len(categories) - 1, 1)

    def place(label: str, value: float) -> tuple[float, float]:
        share = (value - low) / (high - low) if high > low else 0.5
        return _LEFT + step * categories.index(label), 26 + (1 - share) * (_HEIGHT - _FOOT - 30)

    for value in (low, high):
        y = place(categories[0], value)[1]
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH}" stroke="var(--line)"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="var(--soft)">{value:.4g}</text>'
    yield f'<text x="0" y="11" fill="var(--soft)">{html.escape(chart["axis_config"].get("y_label", ""))}</text>'
    for name in categories[:: math.ceil(len(categories) / _MOST_LABELS)]:
        x = place(name, low)[0]
        yield f'<text x="{x:.1f}" y="{_HEIGHT - 6}" text-anchor="middle" fill="var(--soft)">{html.escape(name)}</text>'
    for number, each in enumerate(chart["series"]):
        values_at = {point["label"]: point["value"] for point in each["data"]}
        points = " ".join("{:.1f},{:.1f}".format(*place(name, values_at[name])) for name in categories)
        dashes = f' stroke-dasharray="{_DASHES[number]}"' if _DASHES[number] else ""
        yield f'<polyline points="{points}" fill="none" stroke="var(--accent)" stroke-width="2"{dashes}/>'
