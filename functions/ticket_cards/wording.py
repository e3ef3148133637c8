"""What a card says, and the lines of its thread. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kaizen import sla
from kaizen.digest import wording as digest
from kaizen.digest.board import Entry
from kaizen.durations import human
from kaizen.events.ticket import TicketChanged
from kaizen.policy import Policy
from kaizen.slack.blocks import Block, Message, context, section
from kaizen.slack.buttons import Button, signed
from kaizen.slack.escape import cut, date, escape, isolated, link, plain_date
from kaizen.tickets import Ticket
from ticket_cards.reminders import Reminder

FEATURE = "cards"
_MAX_TITLE, _MAX_NAME, _MAX_LABELS = 300, 200, 10
_RESOLUTIONS = {
    "completed": "closed as completed", "not_planned": "closed as not planned", "duplicate": "closed as a duplicate",
}  # fmt: skip
_OVER = {"transferred": "moved to another repository", "deleted": "deleted"}


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Who said that they are on it, by their Slack id, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Who wants no reminders until when."""

    by: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Attended:
    """What people have pressed of a ticket."""

    on_it: Acknowledged | None = None
    snoozed: Snoozed | None = None


def card(ticket: Ticket, policy: Policy, attended: Attended, now: datetime, secret: str, channel: str) -> Message:
    """The ticket as it is now, with buttons while it is open."""
    plain = plain_card(ticket, policy, attended, now)
    if ticket.state != "open":
        return plain
    return Message((*plain.blocks, _buttons(ticket, attended, now, secret, channel)), plain.text)


def plain_card(ticket: Ticket, policy: Policy, attended: Attended, now: datetime) -> Message:
    """Without buttons. The countdown is of `now`: the due instant beside it stays true."""
    if ticket.state != "open":
        return _over(ticket)
    paused = not policy.pause_labels.isdisjoint(label.lower() for label in ticket.labels)
    line = digest.ticket(Entry(ticket, sla.status(ticket, policy, now), paused), "UTC")
    about = f"{escape(ticket.component)} · as of {date(now, 'UTC')}"
    blocks: list[Block] = [section(line.mrkdwn), context(f"{about}{_labels(ticket)}")]
    plain = [line.plain, f"{ticket.component} · as of {plain_date(now, 'UTC')}"]
    if attended.on_it is not None:
        blocks.append(context(f"🙋 <@{attended.on_it.by}> is on it since {date(attended.on_it.at, 'UTC')}"))
        plain.append("somebody is on it")
    if attended.snoozed is not None:
        quiet = f"🔕 No reminders until {date(attended.snoozed.until, 'UTC')}, says <@{attended.snoozed.by}>"
        blocks.append(context(f"{quiet}; the SLA goes on"))
        plain.append("reminders are snoozed")
    return Message(tuple(blocks), "\n".join(plain))


def _over(ticket: Ticket) -> Message:
    """Short: nobody has to do anything any more."""
    what = _OVER.get(ticket.state) or _RESOLUTIONS.get(ticket.resolution, "closed")
    took = f" after {escape(human(ticket.mttr_seconds))}" if ticket.mttr_seconds is not None else ""
    name, title = cut(ticket.name, _MAX_NAME), isolated(cut(ticket.title, _MAX_TITLE) or "(no title)")
    text = f"✅ {link(ticket.url, name)}: {title}\n*{what[0].upper()}{what[1:]}*{took}"
    about = context(f"{escape(ticket.component)} · {escape(ticket.severity)}")
    return Message((section(text), about), f"✅ {name}: {title}\n{what}{took}")


def change(event: TicketChanged, ticket: Ticket) -> Message | None:
    """A line of the thread for what has happened; None for what the card itself says well enough."""
    match event.kind:
        case "closed":
            text = f"✅ {(_RESOLUTIONS.get(ticket.resolution) or 'closed').capitalize()}"
        case "reopened":
            text = "🔁 Opened again"
        case "labeled":
            on = event.label.lower() in {label.lower() for label in ticket.labels}
            text = f"🏷️ The label {escape(event.label)} was {'put on' if on else 'taken off'}: now {_sorted(ticket)}"
        case _:
            return None
    return _line(f"{text}, {date(event.at, 'UTC')}", f"{text}, {plain_date(event.at, 'UTC')}")


def on_it(acknowledged: Acknowledged) -> Message:
    text = f"🙋 <@{acknowledged.by}> is on it"
    return _line(f"{text}, {date(acknowledged.at, 'UTC')}", text)


def snoozed(snooze: Snoozed) -> Message:
    text = f"🔕 <@{snooze.by}> wants no reminders"
    return _line(f"{text} until {date(snooze.until, 'UTC')}; the SLA goes on", text)


def reminder(due: Reminder) -> Message:
    """A line of the thread; it says the same however late it is told."""
    target, at = escape(human(due.standing.target_seconds)), due.standing.due_at or due.ticket.opened_at
    if due.stage == "breached":
        text = f"🔴 *The SLA of {target} is breached*: it ended {{}}. Close it, or say who is on it."
    else:
        text = f"🟠 *Three quarters of the SLA of {target} are used*: it is due {{}}."
    return _line(text.format(date(at, "UTC")), text.format(plain_date(at, "UTC")))


def alone(line: Message, ticket: Ticket) -> Message:
    """A line of the thread where there is no thread: it names its ticket."""
    name, title = cut(ticket.name, _MAX_NAME), isolated(cut(ticket.title, _MAX_TITLE) or "(no title)")
    return Message((section(f"{link(ticket.url, name)}: {title}"), *line.blocks), f"{name}: {title}\n{line.text}")


def _line(mrkdwn: str, plain: str) -> Message:
    return Message((context(mrkdwn),), plain)


def _sorted(ticket: Ticket) -> str:
    return f"{escape(ticket.component)}, {escape(ticket.severity)}"


def _labels(ticket: Ticket) -> str:
    shown = ", ".join(cut(label, 50) for label in ticket.labels[:_MAX_LABELS])
    more = len(ticket.labels) - _MAX_LABELS
    return f" · labels: {shown}{f' +{more}' if more > 0 else ''}" if shown else ""


def _buttons(ticket: Ticket, attended: Attended, now: datetime, secret: str, channel: str) -> dict[str, Any]:
    elements: list[dict[str, Any]] = []
    # Rounded to the day: a card that says the same must not be edited for a new value of its buttons.
    issued = now.replace(hour=0, minute=0, second=0, microsecond=0)

    def press(text: str, verb: str, **more: str) -> dict[str, Any]:
        button = Button(FEATURE, verb, str(ticket.id), issued, {"channel": channel})
        return _button(text, button.action_id, value=signed(button, secret), **more)

    if attended.on_it is None:
        elements.append(press("I am on it", "acknowledge", style="primary"))
    if attended.snoozed is None:
        elements.append(press("Snooze reminders 24 h", "snooze"))
    if ticket.url.startswith("https://"):
        elements.append(_button("Open on GitHub", f"{FEATURE}.open", url=ticket.url))
    return {"type": "actions", "elements": elements}


def _button(text: str, action_id: str, **more: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": action_id} | more
