"""Events v2 over HTTP: an answer is sorted by the one question that counts, whether to try again."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from kaizen.runtime.outbound import OutboundError, Send

_ATTEMPTS = 3
_PAUSE = 1.0  # seconds before the second attempt, twice that before the third


class PagerRefusedError(Exception):
    """PagerDuty says that the event is malformed, or knows no such integration. Permanent: somebody must mend it."""


class PagerUnavailableError(Exception):
    """PagerDuty did not take the event: no answer, too many events, or a failure of its own. Transient."""


class Pager:
    """`url` is the address that takes events; `sleep` takes seconds."""

    def __init__(self, url: str, send: Send, sleep: Callable[[float], object]) -> None:
        self._url = url
        self._send = send
        self._sleep = sleep

    def send(self, event: Mapping[str, Any]) -> None:
        """Returns once PagerDuty has taken it. An event with the same key may be sent any number of times.

        Raises PagerRefusedError or PagerUnavailableError; neither holds the routing key.
        """
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        for attempt in range(1, _ATTEMPTS + 1):
            fault = self._try(body)
            if not fault:
                return
            if attempt < _ATTEMPTS:
                self._sleep(_PAUSE * attempt)
        raise PagerUnavailableError(fault)

    def _try(self, body: bytes) -> str:
        """What was transient about it; empty when it was taken."""
        try:
            answer = self._send("POST", self._url, {"content-type": "application/json"}, body)
        except OutboundError as error:
            return str(error)
        if answer.status == 202:
            return ""
        if answer.status == 429 or answer.status >= 500:
            return f"status {answer.status}"
        raise PagerRefusedError(f"status {answer.status}: {_reason(answer.body)}")


def _reason(body: bytes) -> str:
    """PagerDuty's own words, `message` and `errors`; they name fields, never values."""
    try:
        content = json.loads(body)
        words = [str(content.get("message", "")), *(str(each) for each in content.get("errors", []))]
    except (ValueError, AttributeError, TypeError):
        return "no reason given"
    return "; ".join(each for each in words if each)[:300] or "no reason given"
