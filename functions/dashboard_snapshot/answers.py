"""Grafana's answers sorted: content, or which error. Pure."""

import json
from typing import Any

from dashboard_snapshot.errors import ElsewhereError, ForbiddenError, GrafanaError, NotFoundError, UnauthorizedError
from dashboard_snapshot.resource import address_in
from kaizen.runtime.outbound import Answer

_MESSAGE = 200  # characters that are kept of Grafana's words
_SHORTEST, _LONGEST, _USUAL = 1, 60, 5  # seconds of a pause


def content(answer: Answer) -> Any:
    """The JSON of a good answer. Raises a GrafanaError for every other one, an empty one and a page of HTML too."""
    if answer.status != 200:
        raise _error(answer)
    if not answer.body.strip():
        raise GrafanaError("unreadable", "the answer is empty")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        looks = "a web page, as of a proxy or a sign-in" if answer.body.lstrip()[:1] == b"<" else "no JSON"
        raise GrafanaError("unreadable", f"the answer is {looks}") from error


def pause(answer: Answer) -> float | None:
    """Seconds to wait before the same is asked again; None where that would not help."""
    if answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers):
        given = answer.headers.get("retry-after", "")
        seconds = int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else _USUAL
        return None if seconds > _LONGEST else max(seconds, _SHORTEST)
    return _SHORTEST if answer.status >= 500 else None


def _error(answer: Answer) -> GrafanaError:
    words = f"Grafana answered {answer.status}{_words(answer.body)}"
    match answer.status:
        case 401:
            return UnauthorizedError("unauthorized", f"{words}: the token is wrong, expired or revoked")
        case 403:
            return ForbiddenError("forbidden", words)
        case 404:
            return NotFoundError("not_found", words)
        case 406 if path := address_in(_message(answer.body)):
            return ElsewhereError(words, path)
        case 429:
            return GrafanaError("rate_limited", words)
    if 300 <= answer.status < 400:
        return GrafanaError("unreadable", f"{words}: a redirect, as to a sign-in, is not followed")
    return GrafanaError("unavailable" if answer.status >= 500 else "refused", words)


def _words(body: bytes) -> str:
    message = _message(body)
    return f" ({message[:_MESSAGE]})" if message else ""


def _message(body: bytes) -> str:
    """Empty where Grafana gives none."""
    try:
        return " ".join(str(json.loads(body)["message"]).split())
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
