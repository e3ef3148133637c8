"""What an event, and the MTTR of a group, look like in words. Pure; nothing here depends on when it is read."""

import math
from datetime import datetime

from kaizen.durations import human
from kaizen.mttr import ALL, WINDOW_DAYS, Window
from kaizen.tickets import FeedItem
from ticket_feed.text import cut, escaped, one_line, plain

MAX_TITLE = 200  # characters of the ticket's title in an item's title
MAX_CONTENT_TITLE = 1000  # and in its content
_FEW = 5  # below this many tickets, quantiles say little
_CLOSED = {"not_planned": "Closed as not planned", "duplicate": "Closed as duplicate"}


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
        facts.append(("Time to resolution", escaped(human(item.mttr_seconds))))  # `<1m`
    ticket = f"{escaped(cut(item.title, MAX_CONTENT_TITLE))} ({escaped(item.repository)}#{item.number})"
    return f"<p>{ticket}</p><ul>{''.join(f'<li>{name}: {value}</li>' for name, value in facts)}</ul>"


def instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def mttr(window: Window | None) -> str:
    """The numbers of one group, as the metric and the digest have them; None when they are not known yet."""
    if window is None:
        return ""
    group = " ".join(value for value in (window.component, window.severity) if value != ALL) or "all tickets"
    if not window.n or math.isnan(window.mean):
        return f"MTTR of {group}: no ticket resolved in the last {WINDOW_DAYS} days."
    few = ", few samples" if window.n < _FEW else ""
    return (
        f"MTTR of {group} over the last {WINDOW_DAYS} days: mean {human(window.mean)}, "
        f"median {human(window.median)}, p90 {human(window.p90)} (n = {window.n}{few})."
    )
