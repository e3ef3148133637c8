"""What an answer of the API server means. Pure; messages hold no token and no address.

https://kubernetes.io/docs/reference/using-api/api-concepts/ and .../kubernetes-api/common-definitions/status/
"""

import json
from collections.abc import Mapping
from typing import Any

from kaizen.runtime.outbound import Answer
from sandbox_reaper.backend import BackendDeniedError, BackendError, BackendUnavailableError
from sandbox_reaper.kubernetes.errors import ConflictError, ExpiredError, MissingError

type Json = Mapping[str, Any]
_SHOWN = 300  # characters of what the server says


def content(answer: Answer) -> Json:
    """The JSON object of a good answer. Raises BackendError for any other."""
    if 200 <= answer.status < 300:
        given = _parsed(answer.body)
        if given is None:
            raise BackendError(f"the API server answered {answer.status}, and no JSON object with it")
        return given
    status = _parsed(answer.body) or {}
    if status.get("kind") != "Status":
        status = {}  # a proxy's, not the API server's
    said = str(status.get("message") or "").strip()[:_SHOWN]
    message = f"the API server answered {answer.status}" + (f": {said}" if said else "")
    raise _error(answer.status, message, status)


def retry_after(answer: Answer) -> float | None:
    """How many seconds the server wants callers to wait; None where it does not say, or gives a date."""
    text = answer.headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None


def _error(status: int, message: str, said: Json) -> BackendError:
    reason = said.get("reason")
    match status:
        case 401 | 403:
            return BackendDeniedError(message)
        case 404:
            details = said.get("details")
            details = details if isinstance(details, Mapping) and reason == "NotFound" else {}
            return MissingError(message, str(details.get("kind") or ""), str(details.get("name") or ""))
        case 409 if reason == "Conflict":
            return ConflictError(message)
        case 410:
            return ExpiredError(message)
        case 408 | 429:
            return BackendUnavailableError(message)
        case _ if status >= 500:
            return BackendUnavailableError(message)
    return BackendError(message)


def _parsed(body: bytes) -> Json | None:
    try:
        given = json.loads(body)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None
