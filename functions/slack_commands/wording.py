"""What `/kaizen` answers. Pure.

https://docs.slack.dev/interactivity/implementing-slash-commands#responding_to_commands
"""

from collections.abc import Sequence
from typing import Any

from kaizen.slack.blocks import Message, context, section
from kaizen.slack.escape import cut, escape
from kaizen.subscriptions.expression import ExpressionError
from kaizen.subscriptions.model import Subscription

Answer = dict[str, Any]
_MOST_LISTED = 40
EXAMPLE = "severity:sev1 and component:api"
HELP = (
    "*What `/kaizen` can do*\n"
    f"• `/kaizen subscribe {EXAMPLE}`: this channel gets a card for each such ticket, also when the label comes later\n"
    "• `/kaizen list`: what this channel has subscribed to\n"
    "• `/kaizen unsubscribe 1a2b3c`: the id is in the list\n"
    "• `/kaizen summary`: the digest of all open tickets, now, for you alone\n"
    "\n"
    '*Conditions*: `severity:sev1`, `component:api`, `label:"needs help"`, `repo:acme/*`, '
    "`event:opened` (or `closed`, `reopened`, `labeled`); put together with `and`, `or`, `not` and parentheses."
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
    if known:
        return ephemeral(f"This channel has subscribed to {text} already.", _how_to_end(subscription))
    return in_channel(
        f"🔔 <@{subscription.by}> subscribed this channel to {text}.\n"
        "Each such ticket gets one card here, which is kept up to date; changes stand in its thread.",
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


def listed(subscriptions: Sequence[Subscription]) -> Answer:
    if not subscriptions:
        return ephemeral(f"This channel has no subscriptions. Make one: `/kaizen subscribe {EXAMPLE}`")
    lines = [f"• `{each.id}`  `{_code(each.text)}`  by <@{each.by}>" for each in subscriptions[:_MOST_LISTED]]
    left = len(subscriptions) - len(lines)
    return ephemeral("\n".join(["*This channel hears of*", *lines, *[f"and {left} more"] * (left > 0)]))


def summary(messages: Sequence[Message]) -> Answer:
    """The digest's first message; what does not fit is said."""
    first, more = messages[0], len(messages) - 1
    blocks = [*first.blocks[:48]]
    if more:
        blocks.append(context(f"There is more: the daily digest has it in {more} further message(s)."))
    return {"response_type": "ephemeral", "text": first.text, "blocks": blocks}


def _code(text: str) -> str:
    """Text within backticks, which Slack formats no further."""
    return _entities(cut(text.replace("`", "'"), 300).replace("\u200b", ""))


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
