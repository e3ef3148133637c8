"""Posting to Slack, through an Incoming Webhook or with a bot token; slack_sdk is imported at the first post.

A post whose outcome is unknown is not repeated here: Slack has no idempotency key, so the caller decides.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from kaizen.metrics.changes import Change, add
from kaizen.slack.messages import Message

if TYPE_CHECKING:
    from slack_sdk import WebClient

TIMEOUT_SECONDS = 10
_MEANINGS = {
    "invalid_auth": "the bot token is wrong",
    "not_authed": "the bot token is empty",
    "token_revoked": "the bot token was revoked",
    "account_inactive": "the bot token belongs to an app that was removed",
    "channel_not_found": "there is no such channel, or the app cannot see it",
    "not_in_channel": "the app is not in the channel: invite it",
    "is_archived": "the channel is archived",
    "missing_scope": "the bot token lacks a scope (chat:write is needed)",
    "no_service": "the Incoming Webhook was removed or disabled",
    "invalid_token": "the Incoming Webhook's address is wrong",
    "no_team": "the Incoming Webhook's workspace is gone",
    "channel_is_archived": "the channel is archived",
}


class SlackError(Exception):
    """Slack refused, and would refuse again: the message names why."""


class SlackBusyError(SlackError):
    """Slack asks to wait longer than there is time for; a later run may succeed."""


class SlackUnknownError(SlackError):
    """No answer came: the message may or may not be there."""


class Channel(Protocol):
    """Somewhere to post."""

    requests: list[Change]

    def post(self, message: Message, key: str, thread: str) -> str:
        """Post and give the message's ts, empty where Slack tells none. Raises SlackError."""
        ...

    def find(self, key: str, thread: str) -> str | None:
        """The ts of an earlier post with this key, None if there is none or it cannot be known."""
        ...


@dataclass(slots=True)
class Waiting:
    """How long a 429 may be waited for: `left()` gives the seconds there still are."""

    left: Callable[[], float]
    sleep: Callable[[float], None]

    def wait(self, seconds: float) -> None:
        if seconds + TIMEOUT_SECONDS > self.left():
            raise SlackBusyError(f"Slack asks to wait {seconds:.0f} s, which is more than there is time for")
        self.sleep(seconds)


@dataclass(slots=True)
class WebhookChannel:
    """An Incoming Webhook: no ts, hence no threads, no look-up, and at-least-once delivery."""

    url: str
    waiting: Waiting
    requests: list[Change] = field(default_factory=list)

    def post(self, message: Message, key: str, thread: str) -> str:
        from slack_sdk.webhook import WebhookClient

        client = WebhookClient(self.url, timeout=TIMEOUT_SECONDS, retry_handlers=[])
        while True:
            try:
                answer = client.send(text=message.text, blocks=message.blocks)
            except (OSError, HTTPException, ValueError) as error:
                self._count("error")
                # The error's own text may hold the address, which is a secret.
                raise SlackUnknownError(f"no answer from the Incoming Webhook: {type(error).__name__}") from None
            if answer.status_code == 429:
                self._count("ratelimited")
                self.waiting.wait(_seconds(answer.headers))
                continue
            if answer.status_code != 200:
                self._count("error")
                _refuse(answer.body.strip()[:80], answer.status_code)
            self._count("ok")
            return ""

    def find(self, key: str, thread: str) -> str | None:
        return None

    def _count(self, result: str) -> None:
        self.requests.append(add("kaizen_slack_requests_total", {"method": "webhook", "result": result}))


@dataclass(slots=True)
class BotChannel:
    """A channel that a bot token may write to. Each post carries its key as metadata, by which it is found again."""

    token: str
    base_url: str
    channel: str
    waiting: Waiting
    requests: list[Change] = field(default_factory=list)

    def post(self, message: Message, key: str, thread: str) -> str:
        answer = self._call(
            "chat.postMessage",
            {
                "channel": self.channel,
                "text": message.text,
                "blocks": message.blocks,
                "metadata": {"event_type": "kaizen", "event_payload": {"key": key}},
                "unfurl_links": False,
                "unfurl_media": False,
            }
            | ({"thread_ts": thread} if thread else {}),
        )
        return str(answer["ts"])

    def find(self, key: str, thread: str) -> str | None:
        request = {"channel": self.channel, "limit": 100, "include_all_metadata": True}
        try:
            if thread:
                answer = self._call("conversations.replies", request | {"ts": thread})
            else:
                answer = self._call("conversations.history", request)
        except SlackUnknownError:
            raise
        except SlackError:  # without the scope channels:history the look-up is not possible: at least once
            return None
        for message in answer.get("messages", []):
            if message.get("metadata", {}).get("event_payload", {}).get("key") == key:
                return str(message["ts"])
        return None

    def _client(self) -> "WebClient":
        from slack_sdk import WebClient

        return WebClient(self.token, base_url=self.base_url, timeout=TIMEOUT_SECONDS, retry_handlers=[])

    def _call(self, method: str, request: dict[str, Any]) -> Any:
        from slack_sdk.errors import SlackApiError, SlackRequestError

        while True:
            try:
                answer = getattr(self._client(), method.replace(".", "_"))(**request)
            except SlackApiError as error:
                response: Any = error.response
                if response.status_code == 429:
                    self._count(method, "ratelimited")
                    self.waiting.wait(_seconds(response.headers))
                    continue
                self._count(method, "error")
                if response.status_code >= 500:
                    raise SlackUnknownError(f"Slack answered {response.status_code} to {method}") from error
                _refuse(str(response.get("error", "")), response.status_code)
            except (OSError, HTTPException, ValueError, SlackRequestError) as error:
                self._count(method, "error")
                raise SlackUnknownError(f"no answer to {method}: {type(error).__name__}") from None
            else:
                self._count(method, "ok")
                return answer

    def _count(self, method: str, result: str) -> None:
        self.requests.append(add("kaizen_slack_requests_total", {"method": method, "result": result}))


def _seconds(headers: Any) -> float:
    """What Retry-After says; a minute where it says nothing readable."""
    given = next((value for name, value in dict(headers).items() if name.lower() == "retry-after"), "60")
    text = given[0] if isinstance(given, list) else given
    try:
        return max(float(text), 0.0)
    except ValueError:
        return 60.0


def _refuse(code: str, status: int) -> NoReturn:
    if status >= 500:
        raise SlackUnknownError(f"Slack answered {status}")
    meaning = _MEANINGS.get(code)
    raise SlackError(f"Slack refused: {code} ({meaning})" if meaning else f"Slack refused: {code or status}")
