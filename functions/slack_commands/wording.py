"""What `/kaizen` answers. Pure.

https://docs.slack.dev/interactivity/implementing-slash-commands#responding_to_commands
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kaizen.digest import wording as digest
from kaizen.digest.board import Entry
from kaizen.policy import Route
from kaizen.policy.sections.tickets import WEEKDAYS
from kaizen.slack.blocks import Message, context, section
from kaizen.slack.escape import cut, date, escape
from kaizen.subscriptions.expression import ExpressionError
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Ticket

Answer = dict[str, Any]
_MOST_LISTED, _MOST_LABELS = 40, 10
EXAMPLE = "severity:sev1 and component:api"
HELP = (
    "*What `/kaizen` can do*\n"
    f"• `/kaizen subscribe {EXAMPLE}`: this channel gets a card for each such ticket, also when the label comes later\n"
    f"• `/kaizen subscribe {EXAMPLE} digest 09:00 Europe/Berlin weekdays`: and a digest of them\n"
    "• `/kaizen list`: what this channel has subscribed to\n"
    "• `/kaizen unsubscribe 1a2b3c`: the id is in the list\n"
    "• `/kaizen summary`: the digest of all open tickets, now, for you alone\n"
    "• `/kaizen ticket acme/shop#12`: how one open ticket stands; `12` alone will do\n"
    "\n"
    '*Conditions*: `severity:sev1`, `component:api`, `label:"needs help"`, `repo:acme/*`, '
    "`event:opened` (or `closed`, `reopened`, `labeled`, `breached`); put together with `and`, `or`, `not` and "
    "parentheses."
)


def ephemeral(text: str, *more: str) -> Answer:
    """Only who typed the command sees it."""
    return _answer("ephemeral", text, *more)


def in_channel(text: str, *more: str) -> Answer:
    """Everybody in the channel sees it: what changes for all should be known to all."""
    return _answer("in_channel", text, *more)


def _answer(kind: str, text: str, *more: str) -> Answer:
    blocks = [section(text), *(context(each) for each in more)]
    return {"response_type": kind, "text": text, "blocks": blocks}


def help_text(given: str) -> Answer:
    if given and given.lower() != "help":
        return ephemeral(f"There is no command `{_code(given)}`.\n\n{HELP}")
    return ephemeral(HELP)


def subscribed(subscription: Subscription, known: bool) -> Answer:
    text = f"`{_code(str(subscription.expression))}`"
    daily = f" A digest of them goes out at {escape(str(subscription.daily))}." if subscription.daily else ""
    if known:
        return ephemeral(f"This channel has subscribed to {text} already.{daily}", _how_to_end(subscription))
    return in_channel(
        f"🔔 <@{subscription.by}> subscribed this channel to {text}.\n"
        f"Each such ticket gets one card here, which is kept up to date; changes stand in its thread.{daily}",
        _how_to_end(subscription),
    )


def _how_to_end(subscription: Subscription) -> str:
    return f"To end it: `/kaizen unsubscribe {subscription.id}`"


def mistake(text: str, error: ExpressionError) -> Answer:
    """The expression with a mark under the character that is wrong."""
    shown = text.replace("`", "'").replace("\n", " ")
    mark = " " * min(error.position, len(shown)) + "^"
    return ephemeral(
        f"That expression cannot be read: {escape(str(error))}.\n```{_entities(shown)}\n{mark}```",
        f"For example: `/kaizen subscribe {EXAMPLE}`. All of it: `/kaizen help`",
    )


def nothing_given() -> Answer:
    return ephemeral(f"Say which tickets, for example: `/kaizen subscribe {EXAMPLE}`.\n\n{HELP}")


def unsubscribed(identity: str, found: bool, user: str) -> Answer:
    if not found:
        return ephemeral(f"This channel has no subscription `{_code(identity)}`. `/kaizen list` shows those it has.")
    left = "Cards that are here stay, and change no more."
    return in_channel(f"🔕 <@{user}> ended the subscription `{_code(identity)}`. {left}")


def full(most: int) -> Answer:
    return ephemeral(f"This channel has {most} subscriptions, and may have no more: end one first.")


def listed(subscriptions: Sequence[Subscription], digests: Sequence[Route]) -> Answer:
    """Subscriptions, and below them the digests of the policy, which no command changes."""
    told = [_digest(each) for each in digests[:_MOST_LISTED]]
    below = ["\n".join(["*Digests*, from the policy", *told])] if told else []
    if not subscriptions:
        return ephemeral(f"This channel has no subscriptions. Make one: `/kaizen subscribe {EXAMPLE}`", *below)
    lines = [
        f"• `{each.id}`  `{_code(each.text)}`{_at(each)}  by <@{each.by}>" for each in subscriptions[:_MOST_LISTED]
    ]
    left = len(subscriptions) - len(lines)
    return ephemeral("\n".join(["*This channel hears of*", *lines, *[f"and {left} more"] * (left > 0)]), *below)


def _at(subscription: Subscription) -> str:
    return f"  digest {escape(str(subscription.daily))}" if subscription.daily else ""


def _digest(route: Route) -> str:
    only = [f"{name}: {', '.join(map(_code, wanted))}" for name, wanted in
            (("component", route.components), ("severity", route.severities)) if wanted]  # fmt: skip
    quiet = f"not on {', '.join(WEEKDAYS[day] for day in route.quiet_days)}" if route.quiet_days else ""
    where = "" if route.channel else "to the channel of an Incoming Webhook"
    parts = [f"daily at {route.digest_hour:02}:00 {escape(route.zone)}", quiet, *only, where]
    return f"• `{_code(route.name)}` {', '.join(filter(None, parts))}"


def summary(messages: Sequence[Message]) -> Answer:
    """The digest's first message; what does not fit is said."""
    first, more = messages[0], len(messages) - 1
    blocks = [*first.blocks[:48]]
    if more:
        blocks.append(context(f"There is more: the daily digest has it in {more} further message(s)."))
    return {"response_type": "ephemeral", "text": first.text, "blocks": blocks}


def one_ticket(entry: Entry, now: datetime) -> Answer:
    """How it stands: the digest's lines, and since when it is open."""
    about = entry.ticket
    labels = ", ".join(cut(each, 50) for each in about.labels[:_MOST_LABELS])
    facts = [f"{escape(about.component)}, opened {date(about.opened_at, 'UTC')}", f"labels: {labels}" if labels else ""]
    return ephemeral(digest.ticket(entry, "UTC").mrkdwn, " · ".join(filter(None, facts)))


def which_ticket() -> Answer:
    return ephemeral("Say which ticket: its number, `acme/shop#12`, or its address. For example: `/kaizen ticket 12`")


def no_ticket(given: str) -> Answer:
    return ephemeral(f"There is no open ticket `{_code(given)}`. `/kaizen summary` shows all that are open.")


def several_tickets(tickets: Sequence[Ticket]) -> Answer:
    named = "\n".join(f"• `{_code(each.name)}`: {escape(cut(each.title, 100))}" for each in tickets[:_MOST_LISTED])
    return ephemeral(f"Several open tickets have that number. Say which:\n{named}")


def _code(text: str) -> str:
    """Text within backticks, which Slack formats no further."""
    return _entities(cut(text.replace("`", "'"), 300).replace("\u200b", ""))


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
