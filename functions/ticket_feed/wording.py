"""What an event, and the MTTR of a group, look like in words. Pure; nothing here depends on when it is read."""

import math
from datetime import datetime

from kaizen.mttr import ALL, WINDOW_DAYS, Window
from kaizen.tickets import FeedItem
from ticket_feed.text import cut, escaped, one_line, plain

MAX_TITLE = 200  # characters of the ticket's title in an item's
_FEW = 5  # below this many tickets, quantiles say little
_CLOSED = {"not_planned": "Closed as not planned", "duplicate": "Closed as duplicate"}
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def happened(item: FeedItem) -> str:
    """Such as `Closed as duplicate`."""
    return _CLOSED.get(item.resolution, "Closed") if item.kind == "closed" else item.kind.capitalize()


def title(item: FeedItem) -> str:
    """Such as `Opened: Checkout answers 502 (example-org/shop#12)`."""
    named = plain(cut(one_line(item.title), MAX_TITLE)) or "untitled"
    return f"{happened(item)}: {named} ({plain(one_line(item.repository))}#{item.number})"


def content(item: FeedItem) -> str:
    """The item's facts as HTML. A due instant instead of `due in 3 h`, which would be stale when it is read."""
    facts = [
        ("Component", escaped(item.component)),
        ("Severity", escaped(item.severity)),
        (happened(item), instant(item.at)),
    ]
    if item.due_at is not None:
        facts.append(("SLA due", instant(item.due_at)))
    if item.kind == "closed" and item.mttr_seconds is not None:
        facts.append(("Time to resolution", duration(item.mttr_seconds)))
    lines = "".join(f"<li>{name}: {value}</li>" for name, value in facts)
    return f"<p>{escaped(item.title)} ({escaped(item.repository)}#{item.number})</p><ul>{lines}</ul>"


def instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def duration(seconds: float) -> str:
    """The two largest units, rounded down: `1 d 4 h`, `12 min 30 s`."""
    left = int(seconds)
    for index, (unit, size) in enumerate(_UNITS[:-1]):
        if left >= size:
            smaller, small = _UNITS[index + 1]
            rest = left % size // small
            return f"{left // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{left} s"


def mttr(window: Window | None) -> str:
    """The numbers of one group, as the metric and the digest have them; None when they are not known yet."""
    if window is None:
        return ""
    group = " ".join(value for value in (window.component, window.severity) if value != ALL) or "all tickets"
    if not window.n or math.isnan(window.mean):
        return f"MTTR of {group}: no ticket resolved in the last {WINDOW_DAYS} days."
    few = ", few samples" if window.n < _FEW else ""
    return (
        f"MTTR of {group} over the last {WINDOW_DAYS} days: mean {duration(window.mean)}, "
        f"median {duration(window.median)}, p90 {duration(window.p90)} (n = {window.n}{few})."
    )
