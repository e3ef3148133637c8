"""What a card says. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from kaizen import sla
from kaizen.digest import wording as digest
from kaizen.digest.board import Entry
from kaizen.durations import human
from kaizen.policy import Policy
from kaizen.slack.blocks import Block, Message, context, section
from kaizen.slack.buttons import Button, signed
from kaizen.slack.escape import cut, date, escape, isolated, link, plain_date
from kaizen.slack.packer import Line
from kaizen.tickets import Issue, Ticket
from kaizen.times import format_instant
from ticket_cards.attended import Attended
from ticket_cards.reminders import nearly

FEATURE = "cards"
_MAX_TITLE, _MAX_NAME, _MAX_LABELS = 300, 200, 10
RESOLUTIONS = {
    "completed": "closed as completed", "not_planned": "closed as not planned", "duplicate": "closed as a duplicate",
}  # fmt: skip
_OVER = {"transferred": "moved to another repository", "deleted": "deleted"}
_NO_TICKET = "No ticket any more"


def card(issue: Issue, policy: Policy, attended: Attended, now: datetime, secret: str, channel: str) -> Message:
    """The ticket as it is now, with buttons while it is open."""
    plain = plain_card(issue, policy, attended, now)
    if not issue.is_ticket or issue.ticket.state != "open":
        return plain
    return Message((*plain.blocks, *_buttons(issue.ticket, attended, now, secret, channel)), plain.text)


def plain_card(issue: Issue, policy: Policy, attended: Attended, now: datetime) -> Message:
    """Without buttons. The countdown is of `now`: the due instant beside it stays true."""
    ticket = issue.ticket
    if not issue.is_ticket:
        return _short(ticket, "🚫", f"*{_NO_TICKET}*: its ticket label was taken off", f"{_NO_TICKET.lower()}")
    if ticket.state != "open":
        return _over(ticket)
    entry = Entry(ticket, sla.status(ticket, policy, now), _paused(ticket, policy))
    line, used = _lit(entry)
    about = f"{escape(ticket.component)} · as of {date(now, 'UTC')}{used}"
    blocks: list[Block] = [section(line.mrkdwn), context(f"{about}{_labels(ticket)}")]
    plain = [line.plain, f"{ticket.component} · as of {plain_date(now, 'UTC')}{used}"]
    if attended.on_it is not None:
        blocks.append(context(f"🙋 <@{attended.on_it.by}> is on it since {date(attended.on_it.at, 'UTC')}"))
        plain.append("somebody is on it")
    if attended.snoozed is not None:
        quiet = f"🔕 No reminders until {date(attended.snoozed.until, 'UTC')}, says <@{attended.snoozed.by}>"
        blocks.append(context(f"{quiet}; the SLA goes on"))
        plain.append("reminders are snoozed")
    return Message(tuple(blocks), "\n".join(plain))


def _paused(ticket: Ticket, policy: Policy) -> bool:
    return not policy.pause_labels.isdisjoint(label.lower() for label in ticket.labels)


def _lit(entry: Entry) -> tuple[Line, str]:
    """The digest's line with the lamp of the reminders, and what an orange one means.

    The digest sorts a day's work by the hours that are left. A card follows one ticket: it is red once its SLA is
    breached, and orange once three quarters of it are used, however short it is.
    """
    line, standing = digest.ticket(entry, "UTC"), entry.standing
    if standing is None or entry.paused:
        return line, ""
    lamp = "🔴" if standing.breached else "🟠" if nearly(standing) else "🟢"
    lit = replace(
        line,
        mrkdwn=f"{lamp}{line.mrkdwn.removeprefix(entry.lamp)}",
        plain=f"{lamp}{line.plain.removeprefix(entry.lamp)}",
    )
    return lit, " · three quarters of the SLA are used" if lamp == "🟠" else ""


def _over(ticket: Ticket) -> Message:
    """Short: nobody has to do anything any more."""
    what = _OVER.get(ticket.state) or RESOLUTIONS.get(ticket.resolution, "closed")
    took = f" after {escape(human(ticket.mttr_seconds))}" if ticket.mttr_seconds is not None else ""
    return _short(ticket, "✅", f"*{what[0].upper()}{what[1:]}*{took}", f"{what}{took}")


def _short(ticket: Ticket, sign: str, what: str, plain: str) -> Message:
    name, title = named(ticket)
    about = context(f"{escape(ticket.component)} · {escape(ticket.severity)}")
    return Message(
        (section(f"{sign} {link(ticket.url, name)}: {title}\n{what}"), about), f"{sign} {name}: {title}\n{plain}"
    )


def named(ticket: Ticket) -> tuple[str, str]:
    """Its name and its title, cut and escaped."""
    return cut(ticket.name, _MAX_NAME), isolated(cut(ticket.title, _MAX_TITLE) or "(no title)")


def _labels(ticket: Ticket) -> str:
    shown = ", ".join(cut(label, 50) for label in ticket.labels[:_MAX_LABELS])
    more = len(ticket.labels) - _MAX_LABELS
    return f" · labels: {shown}{f' +{more}' if more > 0 else ''}" if shown else ""


def _buttons(ticket: Ticket, attended: Attended, now: datetime, secret: str, channel: str) -> list[Block]:
    """One block with those that would change something; none where nothing is left to press."""
    elements: list[dict[str, Any]] = []
    # Rounded to the day: a card that says the same must not be edited for a new value of its buttons.
    issued = now.replace(hour=0, minute=0, second=0, microsecond=0)

    def press(text: str, verb: str, bound: Mapping[str, str] | None = None, **more: str) -> dict[str, Any]:
        button = Button(FEATURE, verb, str(ticket.id), issued, {"channel": channel, **(bound or {})})
        return _button(text, button.action_id, value=signed(button, secret), **more)

    if attended.on_it is None:
        elements.append(press("I am on it", "acknowledge", style="primary"))
    else:
        held = {"by": attended.on_it.by, "at": format_instant(attended.on_it.at)}
        elements += [press("Take it over", "take_over", held), press("Give it back", "give_back", held)]
    if attended.snoozed is None:
        elements.append(press("Snooze reminders 24 h", "snooze"))
    if ticket.url.startswith("https://"):
        elements.append(_button("Open on GitHub", f"{FEATURE}.open", url=ticket.url))
    return [{"type": "actions", "elements": elements}] if elements else []


def _button(text: str, action_id: str, **more: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": action_id} | more
