"""One subscription: a channel, and the tickets that it hears of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kaizen.subscriptions.daily import Daily, read
from kaizen.subscriptions.expression import Expression, ExpressionError, Subject, parse
from kaizen.times import format_instant, parse_instant

PARTITION = "subscription#all"  # one query reads them all: there are hundreds at most


@dataclass(frozen=True, slots=True)
class Subscription:
    """`text` is the expression as its author wrote it; `by` is the author's Slack id.

    `daily` is when its digest goes out; None for one without.
    """

    channel: str
    text: str
    by: str
    created_at: datetime
    daily: Daily | None = None

    @property
    def id(self) -> str:
        """Short enough to type; the same expression in a channel is the same subscription."""
        return hashlib.sha256(f"{self.channel}\n{self.expression!s}".encode()).hexdigest()[:6]

    @property
    def expression(self) -> Expression:
        """Raises ExpressionError for a text that an older version took and this one does not."""
        return parse(self.text)

    def matches(self, subject: Subject) -> bool:
        """False as well for an expression that can no longer be read."""
        try:
            return self.expression.matches(subject)
        except ExpressionError:
            return False


def attributes(subscription: Subscription) -> dict[str, Any]:
    """With its keys in the Slack table."""
    return {
        "pk": PARTITION,
        "sk": f"{subscription.channel}#{subscription.id}",
        "channel": subscription.channel,
        "text": subscription.text,
        "by": subscription.by,
        "created_at": format_instant(subscription.created_at),
        "daily": str(subscription.daily) if subscription.daily else None,
    }


def subscription_from(item: Mapping[str, Any]) -> Subscription:
    created_at = parse_instant(item["created_at"])
    return Subscription(item["channel"], item["text"], item["by"], created_at, _daily(item.get("daily")))


def _daily(text: str | None) -> Daily | None:
    """None as well for one that can no longer be read, such as in a zone that is gone: the other channels go on."""
    try:
        return read(text, 0) if text else None
    except ExpressionError:
        return None
