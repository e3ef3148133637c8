"""GitHub's answers sorted: content, or which error. Pure.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kaizen.github.errors import (
    ForbiddenError,
    GithubError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
)
from kaizen.runtime.outbound import Answer

_MINUTE = 60  # what GitHub asks for when a limit names no time
_LONGEST_WAIT = 24 * 3600
_MESSAGE = 300  # characters that are kept of GitHub's words
_KINDS: Mapping[int, type[GithubError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    410: NotFoundError,
    422: UnprocessableError,
}


def content(answer: Answer, now: datetime) -> Any:
    """The JSON of a good answer, None where it has no body. Raises a GithubError for every other one."""
    if not 200 <= answer.status < 300:
        raise error_of(answer, now)
    if not answer.body:
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise UnavailableError(answer.status, "the answer is not JSON") from error


def error_of(answer: Answer, now: datetime) -> GithubError:
    """The error that an answer which is not 2xx stands for."""
    message = _message(answer.body)
    if answer.status == 429 or (answer.status == 403 and _limited(answer.headers, message)):
        return RateLimitedError(answer.status, message, _wait(answer.headers, now))
    if answer.status >= 500:
        return UnavailableError(answer.status, message)
    return _KINDS.get(answer.status, RefusedError)(answer.status, message)


def _limited(headers: Mapping[str, str], message: str) -> bool:
    return (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in message.lower()  # some secondary limits say it in words alone
    )


def _wait(headers: Mapping[str, str], now: datetime) -> int:
    """Seconds until the limit is over; the header that is surest comes first."""
    seconds = _MINUTE
    if (after := _whole(headers.get("retry-after", ""))) is not None:
        seconds = after
    elif headers.get("x-ratelimit-remaining") == "0" and (
        (reset := _whole(headers.get("x-ratelimit-reset", ""))) is not None
    ):
        seconds = reset - int(now.timestamp()) + 1
    return min(max(seconds, 1), _LONGEST_WAIT)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None


def _message(body: bytes) -> str:
    """GitHub's own words with the fields at fault, on one line; empty when there are none."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return "no reason given"
    if not isinstance(given, dict):
        return "no reason given"
    words = [str(given.get("message", "no reason given"))]
    errors = given.get("errors")
    for each in errors if isinstance(errors, list) else []:
        if isinstance(each, dict):
            words.append(" ".join(str(each[name]) for name in ("field", "code", "message") if each.get(name)))
        else:
            words.append(str(each))
    return " ".join("; ".join(words).split())[:_MESSAGE]
