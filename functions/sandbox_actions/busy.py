"""`POST /sandboxes/{uid}/busy`: whoever works in a sandbox says until when. Who may, and what the body says. Pure.

A token is made from the secret for one sandbox, and opens that one alone. Nothing of it is stored: another secret makes
every token void. The secret may hold two values with a space between them through a rotation; the first one signs.
"""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kaizen.runtime.bearer import allowed
from kaizen.times import format_instant, parse_instant

MOST_AHEAD = timedelta(hours=4)
LONGEST = 1024  # bytes of a body
_UID = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,127}")
# Keeps a token from being one of anything else that the secret may sign.
_PURPOSE = b"kaizen.sandbox.busy.v1:"


class BeatError(Exception):
    """The request is wrong, and a repeat is, too; the message names every fault. `status` is the answer's."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Beat:
    """Somebody works in that sandbox until then, as was said at `at`."""

    uid: str
    at: datetime
    until: datetime


def token(uid: str, secret: str) -> str:
    """What opens the door for that one sandbox. Raises ValueError for an empty secret, or for what is no uid."""
    if not secret.split():
        raise ValueError("the secret is empty")
    if not _UID.fullmatch(uid):
        raise ValueError(f"{uid!r} is no uid of a sandbox")
    return _made(uid, secret.split()[0])


def may(uid: str, authorization: str, secret: str) -> bool:
    """Whether the header carries the token of that sandbox, by any of the secrets; in constant time."""
    return allowed(authorization, " ".join(_made(uid, each) for each in secret.split()))


def _made(uid: str, secret: str) -> str:
    mac = hmac.new(secret.encode(), _PURPOSE + uid.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def read(uid: str, body: bytes, now: datetime) -> Beat:
    """Raises BeatError."""
    if not _UID.fullmatch(uid):
        raise BeatError("the path names no uid of a sandbox")
    if len(body) > LONGEST:
        raise BeatError(f"the body has {len(body)} bytes, and at most {LONGEST} are read", 413)
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BeatError('the body is not JSON: send {"until": "<instant>"}') from error
    if not isinstance(content, dict):
        raise BeatError('the body is no object: send {"until": "<instant>"}')
    faults = [f"unknown: {name[:40]!r}" for name in sorted(content.keys() - {"until"})]
    until = _until(content.get("until"), now, faults)
    if faults or until is None:
        raise BeatError("; ".join(faults))
    return Beat(uid, now, until)


def _until(given: Any, now: datetime, faults: list[str]) -> datetime | None:
    """The instant, up to the second; None where it is none, or not ahead, or too far; `faults` then says so."""
    try:
        until = parse_instant(given) if isinstance(given, str) else None
    except (ValueError, OverflowError):
        until = None
    if given is None:
        faults.append("`until` is missing")
    elif until is None:
        faults.append("`until` is no instant with a time zone, such as 2026-03-02T13:00:00Z")
    elif until <= now:
        faults.append(f"`until` is over: it is {format_instant(now)} here")
    elif until > now + MOST_AHEAD:
        faults.append(f"`until` is more than 4 hours ahead: at most {format_instant(now + MOST_AHEAD)}")
    return until
