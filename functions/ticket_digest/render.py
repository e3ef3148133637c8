"""A digest as Slack messages. Pure."""

import math
from collections.abc import Iterator

from kaizen.durations import human
from kaizen.mttr import ALL, Window
from kaizen.slack.messages import Block, Message, context, divider, header, pack, section, sections
from kaizen.slack.mrkdwn import cut, instant, link
from ticket_digest.content import Digest, Entry, Group

TITLE = "Daily Kaizen Ticket Digest"
MAX_TICKETS, MAX_TICKETS_PER_COMPONENT = 150, 30  # beyond these a list is not read; the totals stay true
_TITLE_CHARACTERS, _NAME_CHARACTERS = 160, 60
_FEW = 5


def render(digest: Digest) -> list[Message]:
    """The messages in order; all but the first continue it."""
    return pack(_blocks(digest))


def _blocks(digest: Digest) -> Iterator[Block]:
    yield header(TITLE)
    yield section(_lead(digest))
    room = MAX_TICKETS
    for group in digest.groups:
        shown = group.entries[: min(room, MAX_TICKETS_PER_COMPONENT)]
        room -= len(shown)
        yield from sections(_group_lines(group, shown))
    yield divider()
    yield from sections(["*MTTR, last 30 days*", *_mttr_lines(digest)])
    yield context(
        "🟢 more than 24 h left · 🟠 more than 8 h · 🔴 8 h or less, or breached · ⏸ paused by a label. "
        "MTTR is wall time from opening to the last close as completed."
    )


def _lead(digest: Digest) -> str:
    as_of = f"As of {instant(digest.now)}."
    entries = digest.entries
    if not entries:
        return f"No ticket is open. 🎉 {as_of}"
    parts = [f"*{len(entries)} open*"]
    breached, paused = sum(e.breached for e in entries), sum(e.paused for e in entries)
    parts += [f"*{breached} breached*"] if breached else ["none breached"]
    parts += [f"{paused} paused"] if paused else []
    return f"{' · '.join(parts)}. {as_of}"


def _group_lines(group: Group, shown: tuple[Entry, ...]) -> Iterator[str]:
    breached = sum(entry.breached for entry in group.entries)
    counts = f"{len(group.entries)} open" + (f", {breached} breached" if breached else "")
    yield f"*Component: {cut(group.component, _NAME_CHARACTERS)}* ({counts})"
    for entry in shown:
        yield _line(entry)
    hidden = group.entries[len(shown) :]
    if hidden:
        late = sum(entry.breached for entry in hidden)
        yield f"+{len(hidden)} more" + (f", {late} of them breached" if late else "")


def _line(entry: Entry) -> str:
    ticket = entry.ticket
    people = ", ".join(ticket.assignees[:3]) + (f" +{len(ticket.assignees) - 3}" if len(ticket.assignees) > 3 else "")
    facts = (cut(ticket.severity, _NAME_CHARACTERS), cut(people, 120) if people else "unassigned", _countdown(entry))
    pause = "⏸ " if entry.paused else ""
    name = link(ticket.url, ticket.name)
    return f"{entry.circle} {pause}{name} {cut(ticket.title, _TITLE_CHARACTERS)}\n        {' · '.join(facts)}"


def _countdown(entry: Entry) -> str:
    standing = entry.standing
    if standing is None:
        return "no SLA target"
    hours = math.floor(standing.remaining_seconds / 3600)
    text = f"SLA: {hours}h remaining"
    if standing.breached_at is not None:
        text += f", *breached since* {instant(standing.breached_at)}"
    elif entry.paused:
        text += ", paused"
    elif standing.due_at is not None:
        text += f", due {instant(standing.due_at)}"
    return text if standing.clock == "wall" else f"{text} (working hours)"


def _mttr_lines(digest: Digest) -> Iterator[str]:
    if not digest.windows:
        yield "No ticket was completed."
    for window in digest.windows:
        yield f"• {_mttr_line(window)}"


def _mttr_line(window: Window) -> str:
    name = "all components" if window.component == ALL else cut(window.component, _NAME_CHARACTERS)
    if not window.n:
        return f"{name}: none completed (n=0; {window.previous_n} in the 30 days before)"
    text = f"{name}: mean {human(window.mean)} · median {human(window.median)} · p90 {human(window.p90)} · n={window.n}"
    if not math.isnan(window.trend):
        change = round(window.trend * 100)
        direction = "slower" if change > 0 else "faster"
        text += f" · {abs(change)} % {direction} than the 30 days before" if change else " · as in the 30 days before"
    return f"{text} _(few samples)_" if window.n < _FEW else text
