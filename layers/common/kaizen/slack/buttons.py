"""Values of our buttons, signed by us: what a press may do, on what, for whom, and until when. Pure.

Slack hands a button's value back as it got it. The signature says that the value is ours and unchanged; what is bound
into it says whom and what it is for. Values are readable by who sees the message: they hold no secrets.

`secret` is what the parameter holds: one secret, or through a rotation two with a space between them. The first one
signs, and each of them is good for a press.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

LIFE = timedelta(days=7)
LONGEST = 2000  # characters of a value that Slack takes
_SKEW = timedelta(minutes=5)  # between our own clocks
_PREFIX = "k1"
# Keeps the signature from being one of anything else that the secret may sign.
_PURPOSE = b"kaizen.slack.button.v1:"

Reason = Literal["malformed", "forged", "expired", "not yet", "other action"]


class TooLongError(ValueError):
    """The value would be longer than Slack takes: bind less into it."""


@dataclass(frozen=True, slots=True)
class Button:
    """`feature.verb` is the button's action id; `subject` is what it acts on, `bound` what must still hold."""

    feature: str
    verb: str
    subject: str
    issued_at: datetime
    bound: Mapping[str, str] = field(default_factory=dict)

    @property
    def action_id(self) -> str:
        return f"{self.feature}.{self.verb}"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a value is not taken: `forged` is wrongly signed, `other action` belongs to another button of ours.

    `button` is what it was, where it is genuine and only too old.
    """

    reason: Reason
    button: Button | None = None


def signed(button: Button, secret: str) -> str:
    """The value for Slack. Raises TooLongError; ValueError for an empty secret."""
    if not secret.split():
        raise ValueError("the secret is empty")
    issued = int(button.issued_at.timestamp())
    facts = [button.feature, button.verb, button.subject, issued, dict(sorted(button.bound.items()))]
    content = _url_safe(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode())
    value = f"{_PREFIX}.{content}.{_url_safe(_mac(content, secret.split()[0]))}"
    if len(value) > LONGEST:
        raise TooLongError(f"the button's value has {len(value)} characters, and Slack takes {LONGEST}")
    return value


def verified(value: str, action_id: str, secret: str, now: datetime) -> Button | Refused:
    """What a press means, or why it means nothing.

    The caller still compares what is bound: the owner with who pressed, the subject's state with what it was.
    """
    parts = value.split(".") if value.isascii() and len(value) <= LONGEST else []
    if len(parts) != 3 or parts[0] != _PREFIX:
        return Refused("malformed")
    _, content, given = parts
    matches = [hmac.compare_digest(given.encode(), _url_safe(_mac(content, each)).encode()) for each in secret.split()]
    if not any(matches):
        return Refused("forged")
    try:
        button = _button(content)
    except (ValueError, TypeError, OverflowError, OSError, binascii.Error):
        return Refused("malformed")
    if button.action_id != action_id:
        return Refused("other action")
    if now - button.issued_at > LIFE:
        return Refused("expired", button)
    if button.issued_at - now > _SKEW:
        return Refused("not yet")
    return button


def _button(content: str) -> Button:
    """Read what `signed` wrote; raises ValueError, TypeError or their kin for anything else."""
    facts = json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
    feature, verb, subject, issued, bound = facts
    if type(issued) is not int or not isinstance(bound, dict):
        raise TypeError
    if not all(isinstance(each, str) for each in (feature, verb, subject, *bound.values())):
        raise TypeError
    return Button(feature, verb, subject, datetime.fromtimestamp(issued, UTC), bound)


def _mac(content: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), _PURPOSE + content.encode(), hashlib.sha256).digest()


def _url_safe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
