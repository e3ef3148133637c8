"""The lines of a card's thread. Pure."""

from datetime import datetime

from kaizen.durations import human
from kaizen.slack.blocks import Message, context, section
from kaizen.slack.escape import date, escape, link, plain_date
from kaizen.tickets import Ticket
from ticket_cards.attended import Acknowledged, Snoozed
from ticket_cards.reminders import Reminder
from ticket_cards.wording import RESOLUTIONS, named


def closed(ticket: Ticket, at: datetime) -> Message:
    return _at(f"✅ {RESOLUTIONS.get(ticket.resolution, 'closed').capitalize()}", at)


def reopened(at: datetime) -> Message:
    return _at("🔁 Opened again", at)


def labeled(ticket: Ticket, label: str, taken_off: bool, at: datetime) -> Message:
    now = f"now {escape(ticket.component)}, {escape(ticket.severity)}"
    return _at(f"🏷️ The label {escape(label)} was {'taken off' if taken_off else 'put on'}: {now}", at)


def no_ticket() -> Message:
    return _line("🚫 It carries no ticket label any more: it is no ticket, and nothing more is said of it", "no ticket")


def on_it(acknowledged: Acknowledged) -> Message:
    text = f"🙋 <@{acknowledged.by}> is on it"
    return _line(f"{text}, {date(acknowledged.at, 'UTC')}", text)


def taken_over(acknowledged: Acknowledged, before: Acknowledged) -> Message:
    text = f"🙋 <@{acknowledged.by}> is on it now, instead of <@{before.by}>"
    return _line(f"{text}, {date(acknowledged.at, 'UTC')}", text)


def given_back(before: Acknowledged) -> Message:
    text = f"✋ <@{before.by}> is not on it any more: nobody is"
    return _line(text, text)


def snoozed(snooze: Snoozed) -> Message:
    text = f"🔕 <@{snooze.by}> wants no reminders"
    return _line(f"{text} until {date(snooze.until, 'UTC')}; the SLA goes on", text)


def reminder(due: Reminder) -> Message:
    """It says the same however late it is told."""
    target, at = escape(human(due.standing.target_seconds)), due.standing.due_at or due.ticket.opened_at
    if due.stage == "breached":
        text = f"🔴 *The SLA of {target} is breached*: it ended {{}}. Close it, or say who is on it."
    else:
        text = f"🟠 *Three quarters of the SLA of {target} are used*: it is due {{}}."
    return _line(text.format(date(at, "UTC")), text.format(plain_date(at, "UTC")))


def refused(user: str, why: str) -> Message:
    """For the person whose press did nothing."""
    text = f"<@{user}>, your press did nothing: {why}."
    return _line(text, text)


def alone(line: Message, ticket: Ticket) -> Message:
    """A line where there is no thread: it names its ticket."""
    name, title = named(ticket)
    return Message((section(f"{link(ticket.url, name)}: {title}"), *line.blocks), f"{name}: {title}\n{line.text}")


def _at(text: str, at: datetime) -> Message:
    return _line(f"{text}, {date(at, 'UTC')}", f"{text}, {plain_date(at, 'UTC')}")


def _line(mrkdwn: str, plain: str) -> Message:
    return Message((context(mrkdwn),), plain)
