"""Two ways to post: a bot token and an Incoming Webhook. Each call is made once and counted; nothing retries behind.

A bot can thread, and can look whether a message whose outcome is unknown has arrived. A webhook can do neither: its
answer is a bare `ok`. slack_sdk costs some 95 ms of CPU to import, so that it is imported where something is sent.
"""

import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPException
from socket import gaierror
from ssl import SSLCertVerificationError
from typing import TYPE_CHECKING, Any, Protocol
from urllib.error import URLError

from kaizen.slack.address import is_loopback, is_public
from kaizen.slack.blocks import Block, Message
from kaizen.slack.errors import (
    UNCLEAR_CODES,
    BlindError,
    RateLimitedError,
    RefusedError,
    UnclearError,
    UnreachableError,
    refused,
)

if TYPE_CHECKING:
    from slack_sdk.web.client import WebClient

TIMEOUT_SECONDS = 10
EVENT_TYPE = "kaizen_message"
_CODE = re.compile(r"[a-z_]{1,60}")
_DEFAULT_PAUSE = 30  # seconds, when a 429 names none
_HISTORY_PAGES, _HISTORY_PAGE_SIZE = 10, 100

# The SDK's own log lines may hold the address of a webhook, which is a secret; what matters is raised.
_silent = logging.getLogger("kaizen.slack.sdk")
_silent.propagate = False
_silent.addHandler(logging.NullHandler())
_silent.setLevel(logging.CRITICAL)


class Poster(Protocol):
    """A place in Slack. `requests` counts calls by (method, result) until someone takes them."""

    requests: Counter[tuple[str, str]]

    def post(self, message: Message, key: str, thread: str) -> str:
        """Post once; the message's timestamp, empty where Slack tells none. `thread` is the lead's, empty for none.

        Raises RefusedError, RateLimitedError, UnreachableError (nothing was posted) or UnclearError.
        """

    def edit(self, message: Message, stamp: str) -> str:
        """Let the message with that timestamp say something else; its timestamp, which stays.

        Raises as `post` does; RefusedError where nothing can be edited.
        """

    def find(self, key: str, since: datetime, thread: str) -> str | None:
        """The timestamp of the message that was posted with this key; None when there is none.

        Raises BlindError where nobody can look, another SlackError when the look-up failed.
        """


class Webhook:
    """An Incoming Webhook. Its address is its secret; `here` allows one on this machine, as the local stack's."""

    def __init__(self, url: str, *, here: bool = False) -> None:
        """Raises RefusedError when the secret holds no address that could be one."""
        if not is_public(url) and not (here and is_loopback(url)):
            raise refused("invalid_address")
        self._url = url
        self.requests: Counter[tuple[str, str]] = Counter()

    def post(self, message: Message, key: str, thread: str) -> str:
        def send(blocks: Sequence[Block]) -> str:
            self.respond({"text": message.text, "blocks": list(blocks), "unfurl_links": False, "unfurl_media": False})
            return ""

        return _taken(message, send)

    def respond(self, body: Mapping[str, Any]) -> None:
        """Send it as it is given, such as an answer to a command's `response_url`. Raises as `post` does."""
        from kaizen.slack.straight import StraightWebhookClient

        client = StraightWebhookClient(self._url, timeout=TIMEOUT_SECONDS, retry_handlers=[], logger=_silent)
        with _counted(self.requests, "webhook"):
            answer = _sent(lambda: client.send_dict(dict(body)))
            _judge(answer.status_code, answer.headers, _fault(answer.body))

    def edit(self, message: Message, stamp: str) -> str:
        raise refused("cant_update_message")

    def find(self, key: str, since: datetime, thread: str) -> str | None:
        raise BlindError("webhook", "an Incoming Webhook cannot look what was posted")


class Bot:
    """The bot token, posting to one channel; `api_url` ends in `/api/`."""

    def __init__(self, token: str, channel: str, api_url: str) -> None:
        self._token = token
        self._channel = channel
        self._api_url = api_url
        self._built: WebClient | None = None
        self.requests: Counter[tuple[str, str]] = Counter()

    def post(self, message: Message, key: str, thread: str) -> str:
        content = {
            "channel": self._channel,
            "text": message.text,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        content |= {"thread_ts": thread} if thread else {}

        def send(blocks: Sequence[Block]) -> str:
            return str(self._call("chat.postMessage", json=content | {"blocks": list(blocks)})["ts"])

        return _taken(message, send)

    def edit(self, message: Message, stamp: str) -> str:
        # Blocks are sent each time: without them, Slack would show the text alone.
        content = {"channel": self._channel, "ts": stamp, "text": message.text}

        def send(blocks: Sequence[Block]) -> str:
            return str(self._call("chat.update", json=content | {"blocks": list(blocks)})["ts"])

        return _taken(message, send)

    def find(self, key: str, since: datetime, thread: str) -> str | None:
        method = "conversations.replies" if thread else "conversations.history"
        request: dict[str, Any] = {
            "channel": self._channel,
            "oldest": f"{since.timestamp():.6f}",
            "limit": _HISTORY_PAGE_SIZE,
            "include_all_metadata": True,
        } | ({"ts": thread} if thread else {})
        for _ in range(_HISTORY_PAGES):
            try:
                answer = self._call(method, params=request)
            except RefusedError as error:
                if error.code == "missing_scope":
                    raise BlindError(error.code, "the bot may not read the channel's history") from None
                raise
            for message in answer.get("messages", []):
                if ((message.get("metadata") or {}).get("event_payload") or {}).get("key") == key:
                    return str(message["ts"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
            request["cursor"] = cursor
        raise BlindError("history_too_long", "the channel's history since then is too long to look through")

    def open(self, user: str) -> str:
        """The channel of direct messages with a person, by which messages there can be edited. Needs `im:write`.

        Raises as `post` does.
        """
        return str(self._call("conversations.open", json={"users": user})["channel"]["id"])

    def _call(self, method: str, **content: Any) -> dict[str, Any]:
        from slack_sdk.errors import SlackApiError

        def send() -> Any:
            try:
                return self._client().api_call(method, **content)
            except SlackApiError as error:
                return error.response

        with _counted(self.requests, method):
            answer = _sent(send)
            data: dict[str, Any] = answer.data if isinstance(answer.data, dict) else {}
            _judge(answer.status_code, answer.headers, "" if data.get("ok") is True else f"{data.get('error')}")
        return data

    def _client(self) -> "WebClient":
        if self._built is None:
            from kaizen.slack.straight import StraightWebClient

            self._built = StraightWebClient(
                self._token, base_url=self._api_url, timeout=TIMEOUT_SECONDS, retry_handlers=[], logger=_silent
            )
        return self._built


def _taken(message: Message, send: Callable[[Sequence[Block]], str]) -> str:
    """What `send` gives for the message's blocks, or for the plainer ones where the workspace refuses the new kinds.

    A refused message was not posted, so that it may be sent again.
    """
    try:
        return send(message.blocks)
    except RefusedError as error:
        if error.code != "invalid_blocks" or not message.plainer:
            raise
        return send(message.plainer)


@contextmanager
def _counted(requests: Counter[tuple[str, str]], method: str) -> Iterator[None]:
    result = "error"
    try:
        yield
        result = "ok"
    except RateLimitedError:
        result = "ratelimited"
        raise
    finally:
        requests[method, result] += 1


def _sent[T](send: Callable[[], T]) -> T:
    """Raises UnreachableError or UnclearError; without the cause, whose text may hold the address."""
    try:
        return send()
    except (OSError, HTTPException, ValueError, LookupError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        name = type(reason).__name__
        if isinstance(reason, (ConnectionRefusedError, gaierror, SSLCertVerificationError)):
            raise UnreachableError(name, "there is no connection to Slack") from None
        raise UnclearError(name, "the connection to Slack broke in the midst of the call") from None


def _judge(status: int, headers: Mapping[str, Any], fault: str) -> None:
    """Raises the error behind an answer; `fault` is empty when Slack said that all is well."""
    code = fault if _CODE.fullmatch(fault) else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        raise RateLimitedError(_pause(headers))
    if status >= 500 or code in UNCLEAR_CODES:
        raise UnclearError(code or f"http_{status}", "Slack failed in the midst of the call")
    if code:
        raise refused(code)
    if status != 200:
        raise refused(f"http_{status}")
    if fault:
        raise UnclearError("unexpected_answer", "the answer is not one of Slack's: check the address")


def _fault(body: str) -> str:
    """A webhook says `ok` or a code; a `response_url` may say the same in JSON. Empty when all is well."""
    try:
        given = json.loads(body)
    except ValueError:
        given = None
    if isinstance(given, dict):
        return "" if given.get("ok") is True else str(given.get("error"))
    return "" if body == "ok" else body or "nothing at all"


def _pause(headers: Mapping[str, Any]) -> int:
    """Seconds of a Retry-After, at least one."""
    given = str(headers.get("Retry-After", ""))
    return max(int(given), 1) if re.fullmatch(r"[0-9]{1,6}", given) else _DEFAULT_PAUSE
