"""Figures, days and names as people read them. Pure."""

import re
from datetime import date

from kaizen.slack.escape import cut, link

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BOLD = re.compile("(?<!\u200b)\\*(?!\u200b)")  # a star of a name stands between spaces of no width


def rate(value: float) -> str:
    """MB/s with three digits that say something."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def volume(count: float) -> str:
    """Bytes in the unit that fits, by powers of a thousand."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def day_name(day: date) -> str:
    return f"{DAYS[day.weekday()]} {day.isoformat()}"


def many(count: int, one: str = "day") -> str:
    return f"1 {one}" if count == 1 else f"{count} {one}s"


def ordinal(day: date) -> str:
    ending = "th" if 10 < day.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day.day}{ending}"


def name(stream: str, limit: int = 60) -> str:
    return _BOLD.sub("\u200b*\u200b", cut(stream, limit))


def more(page: str) -> str:
    return f" {link(page, 'Days, chart and CSV')}" if page else ""


def plain(mrkdwn: str) -> str:
    """Without the stars of bold text; those of names stay."""
    return _BOLD.sub("", mrkdwn)
