"""Slack's signatures of what it sends: HMAC-SHA256 over version, timestamp and raw body.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime

from kaizen.runtime.rotation import ReadSecret, Rotation

SIGNATURE_HEADER = "x-slack-signature"
TIMESTAMP_HEADER = "x-slack-request-timestamp"
WINDOW_SECONDS = 5 * 60  # older ones may be replays
_WELL_FORMED = re.compile(r"v0=[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def signature(timestamp: str, body: bytes, secret: str) -> str:
    """The value of `X-Slack-Signature`: `v0=` and 64 hex digits."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def recent(timestamp: str, now: datetime) -> bool:
    """Whether a request's timestamp (Unix seconds) is within five minutes of `now`, before or after."""
    return bool(_TIMESTAMP.fullmatch(timestamp)) and abs(now.timestamp() - int(timestamp)) <= WINDOW_SECONDS


class RequestVerifier:
    """Through a rotation, two secrets are good. `clock` counts seconds from any start, for the pauses in between.

    `read` is kaizen.runtime.secrets.secret or a twin of it.
    """

    def __init__(self, current: str, previous: str, read: ReadSecret, clock: Callable[[], float]) -> None:
        self._secrets = Rotation(current, previous, read, clock)

    def signed(self, body: bytes, timestamp: str, given: str, now: datetime) -> bool:
        """Whether Slack signed these bytes in the last five minutes. Raises SecretError when no secret can be read."""
        if not _WELL_FORMED.fullmatch(given) or not recent(timestamp, now):
            return False  # nothing to look up
        # Bytes in constant time; an empty secret signs nothing.
        claimed = given.encode()
        return self._secrets.fits(
            lambda secret: bool(secret) and hmac.compare_digest(claimed, signature(timestamp, body, secret).encode())
        )
