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
from kaizen.slack.blocks import MAX_SECTION, Message, context, section
from kaizen.slack.escape import ZERO_WIDTH, cut, date, escape, units
from kaizen.subscriptions.expression import ExpressionError
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Ticket

Answer = dict[str, Any]
_MOST_LISTED, _MOST_LABELS = 40, 10
_LINE, _BEFORE, _AFTER = 28, 14, 10  # characters of a line on a phone, and round a fault
_ALL, _BESIDE, _LEAST = 10_000, 60, 24  # units of a list, of a line of it beside the expression, of an expression
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


def subscribed(subscription: Subscription, known: Subscription | None, doubts: Sequence[str]) -> Answer:
    """`known` is the one with the same expression that was there before; `doubts` are conditions that nothing meets."""
    text = f"`{_code(str(subscription.expression))}`"
    daily = f" A digest of them goes out at {escape(str(subscription.daily))}." if subscription.daily else ""
    warned = (
        [f"⚠️ The policy knows {cut('; '.join(doubts), 600)}. Until it does, nothing matches that."] if doubts else []
    )
    if known is not None and known.daily == subscription.daily:
        told = f"This channel has subscribed to {text} already.{daily}"
        return ephemeral(told, *warned, _how_to_end(subscription))
    if known is not None:
        ended = f" The digest at {escape(str(known.daily))} ends." if known.daily else ""
        return in_channel(
            f"🔔 <@{subscription.by}> changed this channel's subscription to {text}.{daily}{ended}",
            *warned,
            _how_to_end(subscription),
        )
    return in_channel(
        f"🔔 <@{subscription.by}> subscribed this channel to {text}.\n"
        f"Each such ticket gets one card here, which is kept up to date; changes stand in its thread.{daily}",
        *warned,
        f"{_how_to_end(subscription)}. If this app is not in the channel yet, `/invite` it: it cannot post before.",
    )


def _how_to_end(subscription: Subscription) -> str:
    return f"To end it: `/kaizen unsubscribe {subscription.id}`"


def mistake(text: str, error: ExpressionError) -> Answer:
    """The words round the fault with a mark under its character; few enough that no phone breaks the line."""
    shown = " ".join(text.replace("`", "'").split("\n"))
    place = min(error.position, len(shown))
    begin, end = (0, len(shown)) if len(shown) <= _LINE else (max(0, place - _BEFORE), place + _AFTER)
    part = f"{'…' if begin else ''}{shown[begin:end]}{'…' if len(shown) > end else ''}"
    mark = " " * (place - begin + bool(begin)) + "^"
    return ephemeral(
        f"That expression cannot be read: {cut(str(error), 400)}.\n```{_entities(part)}\n{mark}```",
        f"For example: `/kaizen subscribe {EXAMPLE}`. All of it: `/kaizen help`",
    )


def nothing_given() -> Answer:
    return ephemeral(f"Say which tickets, for example: `/kaizen subscribe {EXAMPLE}`.\n\n{HELP}")


def unsubscribed(identity: str, found: bool, user: str, others: int) -> Answer:
    """`others` are the subscriptions that the channel still has."""
    if not found:
        return ephemeral(f"This channel has no subscription `{_code(identity)}`. `/kaizen list` shows those it has.")
    left = "Cards that are here follow their tickets to the close."
    if others:
        left += f" {others} other subscription{'s go' if others > 1 else ' goes'} on: `/kaizen list`."
    return in_channel(f"🔕 <@{user}> ended the subscription `{_code(identity)}`. {left}")


def full(most: int) -> Answer:
    return ephemeral(f"This channel has {most} subscriptions, and may have no more: end one first.")


def listed(subscriptions: Sequence[Subscription], digests: Sequence[Route]) -> Answer:
    """Subscriptions, and below them the digests of the policy, which no command changes."""
    told = [_digest(each) for each in digests[:_MOST_LISTED]]
    below = ["\n".join(["*Digests*, from the policy", *told])] if told else []
    if not subscriptions:
        return ephemeral(f"This channel has no subscriptions. Make one: `/kaizen subscribe {EXAMPLE}`", *below)
    # Every id is there, however many there are: it is what ends a subscription.
    room = max(_LEAST, min(300, _ALL // len(subscriptions) - _BESIDE))
    lines = [f"• `{each.id}`  `{_code(each.text, room)}`{_at(each)}  by <@{each.by}>" for each in subscriptions]
    parts = _in_parts(["*This channel hears of*", *lines])
    blocks = [*map(section, parts), *map(context, below)]
    return {"response_type": "ephemeral", "text": parts[0], "blocks": blocks}


def _in_parts(lines: Sequence[str]) -> list[str]:
    """Lines in as few texts as a block may hold."""
    parts = [""]
    for line in lines:
        if units(parts[-1]) + units(line) + 1 > MAX_SECTION:
            parts.append("")
        parts[-1] += f"\n{line}" if parts[-1] else line
    return parts


def _at(subscription: Subscription) -> str:
    return f"  digest {escape(str(subscription.daily))}" if subscription.daily else ""


def _digest(route: Route) -> str:
    only = [f"{name}: {', '.join(map(_code, wanted))}" for name, wanted in
            (("component", route.components), ("severity", route.severities)) if wanted]  # fmt: skip
    quiet = f"not on {', '.join(WEEKDAYS[day] for day in route.quiet_days)}" if route.quiet_days else ""
    where = "" if route.channel else "to the channel of an Incoming Webhook"
    parts = [f"daily at {route.digest_hour:02}:00 {escape(route.zone)}", quiet, *only, where]
    return f"• `{_code(route.name)}` {', '.join(filter(None, parts))}"


def summary(message: Message) -> Answer:
    """One message of the digest."""
    return {"response_type": "ephemeral", "text": message.text, "blocks": list(message.blocks)}


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


def _code(text: str, room: int = 300) -> str:
    """Text within backticks, which Slack formats no further; at most so many units."""
    return cut(text.replace("`", "'"), room).replace(ZERO_WIDTH, "")


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
