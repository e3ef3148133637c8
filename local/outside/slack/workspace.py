"""A Slack workspace in memory: it takes messages by Incoming Webhook and Web API, and refuses what Slack refuses.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and https://docs.slack.dev/reference/methods
"""

import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from local.outside.service import Reply
from local.outside.slack.rules import refusal

WEBHOOK_PATH = "/services/T0LOCAL/B0LOCAL/local"
WEBHOOK_CHANNEL = "incoming webhook"
# Troubles that one can ask for: a 429, a 500 without an effect, a message that is kept though its answer is a 500.
Trouble = Literal["ratelimited", "fatal_error", "lost"]
TROUBLES: tuple[Trouble, ...] = ("ratelimited", "fatal_error", "lost")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{6,}|#[a-z0-9_-]{1,80}")
_PERSON = re.compile(r"[UW][A-Z0-9]{6,}")
_STAMP = re.compile(r"\d{10}\.\d{6}")


@dataclass(slots=True)
class Workspace:
    """Messages in the order of their posting. `troubles` befall the next posts, one each."""

    token: str
    retry_after: int = 1  # seconds, in a 429
    messages: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    charts: bool = True  # whether it takes chart blocks: Slack gives them to one workspace after the other
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _last: int = 0

    def webhook(self, body: bytes) -> Reply:
        """An Incoming Webhook answers in plain text."""

        def keep(given: dict[str, Any]) -> str:
            message = _with_attachments(given)
            fault = refusal(message, charts=self.charts)
            if fault is not None:
                self.refused.append(str(fault))
                return fault.code
            self._keep(message, WEBHOOK_CHANNEL)
            return ""

        return self._by_address(body, keep)

    def call(self, method: str, token: str, arguments: Mapping[str, Any]) -> Reply:
        """The Web API answers 200 with `ok` false, but for rate limits and its own failures."""
        calls = {
            "auth.test": lambda _: {"ok": True, "user": "kaizen", "user_id": "U0LOCAL", "team": "Local"},
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.open": self._open,
            "conversations.history": self._history,
            "conversations.replies": self._history,
        }
        if method not in calls:
            return _json({"ok": False, "error": "unknown_method"})
        if token != self.token:
            return _json({"ok": False, "error": "invalid_auth" if token else "not_authed"})
        with self._lock:
            trouble = self._trouble() if method.startswith("chat.") else None
            if trouble == "ratelimited":
                return Reply(429, json.dumps({"ok": False, "error": "ratelimited"}), self._pause())
            failed = Reply(500, json.dumps({"ok": False, "error": "fatal_error"}))
            if trouble == "fatal_error":
                return failed
            answer = calls[method](arguments)
            return failed if trouble == "lost" else _json(answer)

    def listed(self) -> list[dict[str, Any]]:
        """Messages as they are read: each followed by its replies."""
        with self._lock:
            tops = [each for each in self.messages if not each.get("thread_ts")]
            return [each for top in tops for each in (top, *self._replies(top["ts"]))]

    def find(self, channel: str, stamp: str) -> dict[str, Any] | None:
        """One message; None when there is none."""
        with self._lock:
            return self._find(channel, stamp)

    def answer(self, channel: str, command: str, status: int, body: str) -> None:
        """Keep what the app answered to a command: for one person, or for the channel."""
        given = as_object(body.encode()) if body else {}
        with self._lock:
            if status != 200 or given is None:
                self.refused.append(f"{command}: the app answered {status}")
                given = {"text": f"{command} failed with the error: dispatch_failed"}
            if given:
                self._show(channel, command, given)

    def respond(self, channel: str, command: str, body: bytes) -> Reply:
        """What comes by a command's `response_url`, which is answered as a webhook is."""
        return self._by_address(body, partial(self._show, channel, command))

    def _by_address(self, body: bytes, keep: Callable[[dict[str, Any]], str]) -> Reply:
        """Whoever has the address may post. `keep` takes the message, or gives Slack's code for why not."""
        message = as_object(body)
        if message is None:
            return Reply(400, "invalid_payload")
        with self._lock:
            trouble = self._trouble()
            if trouble == "ratelimited":
                return Reply(429, "rate_limited", self._pause())
            if trouble == "fatal_error":
                return Reply(500, "fatal_error")
            if code := keep(message):
                return Reply(400, code)
            return Reply(500, "fatal_error") if trouble == "lost" else Reply(200, "ok")

    def _show(self, channel: str, command: str, given: Mapping[str, Any]) -> str:
        """Keep an answer, for one person or for the channel; Slack's code if it is refused."""
        fault = refusal(given, charts=self.charts)
        if fault is not None:
            self.refused.append(f"{command}: {fault}")
            return fault.code
        kept = self._keep(given, channel)
        kept["answer_to"] = command
        kept["ephemeral"] = given.get("response_type") != "in_channel"
        return ""

    def ask(self, wanted: Mapping[str, Any]) -> str:
        """Take orders from a test, such as `{"next": ["ratelimited"], "charts": false}`; what is wrong, or nothing."""
        troubles, pause = wanted.get("next", []), wanted.get("retry_after", 1)
        charts = wanted.get("charts", True)
        if not isinstance(charts, bool):
            return "charts must be true or false"
        if not isinstance(troubles, list) or any(each not in TROUBLES for each in troubles):
            return f"next must be a list of {', '.join(TROUBLES)}"
        if not isinstance(pause, int) or pause < 0:
            return "retry_after must be seconds"
        with self._lock:
            self.troubles, self.retry_after, self.charts = list(troubles), pause, charts
        return ""

    def _trouble(self) -> Trouble | None:
        return self.troubles.pop(0) if self.troubles else None

    def _pause(self) -> tuple[tuple[str, str], ...]:
        return (("retry-after", str(self.retry_after)),)

    def _keep(self, message: Mapping[str, Any], channel: str) -> dict[str, Any]:
        now = datetime.now(UTC)
        self._last = max(int(now.timestamp() * 1_000_000), self._last + 1)  # no two are alike
        kept = {key: message[key] for key in ("text", "blocks", "metadata", "thread_ts") if message.get(key)}
        kept |= {"ts": f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}", "channel": channel, "type": "message"}
        self.messages.append(kept)
        return kept

    def _post(self, given: Mapping[str, Any]) -> dict[str, Any]:
        channel, thread = str(given.get("channel") or ""), given.get("thread_ts")
        if not _CHANNEL.fullmatch(channel):
            return {"ok": False, "error": "channel_not_found"}
        if thread and (not _STAMP.fullmatch(str(thread)) or self._find(channel, str(thread)) is None):
            return {"ok": False, "error": "invalid_thread_ts"}
        return self._refused(given) or self._told(self._keep(given, channel))

    def _update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        found = self._find(str(given.get("channel")), str(given.get("ts")))
        if found is None:
            return {"ok": False, "error": "message_not_found"}
        refused = self._refused(given)
        if refused is not None:
            return refused
        found |= {key: given[key] for key in ("text", "blocks", "metadata") if key in given}
        found["edited"] = {"user": "U0LOCAL", "ts": f"{datetime.now(UTC).timestamp():.6f}"}
        return self._told(found)

    def _refused(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        fault = refusal(given, charts=self.charts)
        if fault is None:
            return None
        self.refused.append(str(fault))
        told = [f"[ERROR] {each}" for each in fault.faults]
        return {"ok": False, "error": fault.code, "response_metadata": {"messages": told}}

    def _told(self, message: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "channel": message["channel"], "ts": message["ts"], "message": message}

    def _open(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Direct messages with one person: the channel stays the same."""
        user = str(given.get("users") or "")
        if not _PERSON.fullmatch(user):
            return {"ok": False, "error": "user_not_found" if user else "invalid_arguments"}
        return {"ok": True, "channel": {"id": f"D{user[1:]}"}}

    def _history(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Newest first; a thread from its beginning. Pages by cursor, `oldest` and `latest` excluded."""
        channel, thread = str(given.get("channel") or ""), str(given.get("ts") or "")
        if not _CHANNEL.fullmatch(channel):
            return {"ok": False, "error": "channel_not_found"}
        if thread and self._find(channel, thread) is None:
            return {"ok": False, "error": "thread_not_found"}
        try:
            after, before = float(given.get("oldest") or 0), float(given.get("latest") or "inf")
            start, limit = int(given.get("cursor") or 0), min(int(given.get("limit") or 100), 999)
        except ValueError:
            return {"ok": False, "error": "invalid_arguments"}
        here = [each for each in self.messages if each["channel"] == channel and after < float(each["ts"]) < before]
        if thread:
            found = [each for each in here if thread in (each["ts"], each.get("thread_ts"))]
        else:
            found = [each for each in here if not each.get("thread_ts")][::-1]
        page = [dict(each) for each in itertools.islice(found, start, start + limit)]
        if str(given.get("include_all_metadata")).lower() not in ("true", "1"):
            for each in page:
                each.pop("metadata", None)
        more = start + limit < len(found)
        cursor = str(start + limit) if more else ""
        return {"ok": True, "messages": page, "has_more": more, "response_metadata": {"next_cursor": cursor}}

    def _find(self, channel: str, stamp: str) -> dict[str, Any] | None:
        return next((each for each in self.messages if each["ts"] == stamp and each["channel"] == channel), None)

    def _replies(self, stamp: str) -> list[dict[str, Any]]:
        return [each for each in self.messages if each.get("thread_ts") == stamp]


def as_object(body: bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _json(content: Mapping[str, Any]) -> Reply:
    return Reply(200, json.dumps(content))


def _with_attachments(message: dict[str, Any]) -> dict[str, Any]:
    """Alertmanager posts legacy attachments and nothing else: Slack shows the title and text of each."""
    attachments = message.get("attachments")
    if message.get("text") or message.get("blocks") or not isinstance(attachments, list):
        return message
    shown = [
        f"*{each.get('title', '')}*\n{each.get('text', '')}".strip() for each in attachments if isinstance(each, dict)
    ]
    return message | {"text": "\n".join(shown)}
