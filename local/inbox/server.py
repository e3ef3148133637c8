"""The inbox's doors: an Incoming Webhook, the parts of Slack's Web API that we call, and the page."""

import json
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local.errors import LocalError
from local.inbox.rules import refusal
from local.inbox.show import inbox

WEBHOOK_PATH = "/services/T0LOCAL/B0LOCAL/local"


class Inbox:
    """What was posted, in order. `busy` makes so many posts to come be answered with 429."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.messages: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.busy = 0
        self._lock = threading.Lock()

    def webhook(self, body: bytes) -> tuple[int, Mapping[str, str], str]:
        message = _json(body)
        if message is None:
            return 400, {}, "invalid_payload"
        with self._lock:
            if self._is_busy():
                return 429, {"retry-after": "1"}, "rate_limited"
            fault = refusal(message)
            if fault is not None:
                self.refused.append(": ".join(fault))
                return 400, {}, fault[0]
            self._keep(message, "incoming webhook")
        return 200, {}, "ok"

    def call(self, method: str, token: str, arguments: Mapping[str, Any]) -> tuple[int, Mapping[str, str], str]:
        if token != self.token:
            return 200, {}, json.dumps({"ok": False, "error": "invalid_auth" if token else "not_authed"})
        with self._lock:
            if self._is_busy():
                return 429, {"retry-after": "1"}, json.dumps({"ok": False, "error": "ratelimited"})
            match method:
                case "chat.postMessage":
                    answer = self._post(arguments)
                case "conversations.history" | "conversations.replies":
                    answer = self._history(arguments)
                case "auth.test":
                    answer = {"ok": True, "user": "kaizen"}
                case _:
                    answer = {"ok": False, "error": "unknown_method"}
        return 200, {}, json.dumps(answer)

    def listed(self) -> list[dict[str, Any]]:
        """Threads in order, each with its replies."""
        with self._lock:
            first = [each for each in self.messages if not each.get("thread_ts")]
            return [m for top in first for m in [top, *(r for r in self.messages if r.get("thread_ts") == top["ts"])]]

    def _is_busy(self) -> bool:
        if self.busy == 0:
            return False
        self.busy -= 1
        return True

    def _keep(self, message: Mapping[str, Any], channel: str) -> str:
        ts = f"{time.time():.6f}"
        at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self.messages.append({**message, "ts": ts, "channel": channel, "at": at})
        return ts

    def _post(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        channel = str(arguments.get("channel", ""))
        if not channel:
            return {"ok": False, "error": "channel_not_found"}
        thread = arguments.get("thread_ts")
        if thread and all(message["ts"] != thread for message in self.messages):
            return {"ok": False, "error": "thread_not_found"}
        fault = refusal(arguments)
        if fault is not None:
            self.refused.append(": ".join(fault))
            return {"ok": False, "error": fault[0]}
        return {"ok": True, "channel": channel, "ts": self._keep(arguments, channel)}

    def _history(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        thread = arguments.get("ts")
        found = [
            message
            for message in self.messages
            if message["channel"] == arguments.get("channel")
            and (
                message.get("thread_ts") == thread or message["ts"] == thread
                if thread
                else not message.get("thread_ts")
            )
        ]
        return {"ok": True, "messages": found[::-1], "has_more": False}


def serve(port: int, state: Inbox) -> ThreadingHTTPServer:
    """A server bound to the loopback port, not yet serving. Raises LocalError when the port is taken."""
    handler = type("InboxHandler", (_Handler,), {"inbox": state})
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise LocalError(f"port {port} is in use; choose another with --port") from error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    inbox: Inbox

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/api/"):
            self._api(dict(parse_qsl(urlsplit(self.path).query)))
        elif path == "/messages":
            self._send(200, {}, json.dumps(self.inbox.listed()), "application/json")
        elif path == "/":
            self._send(200, {}, inbox(self.inbox.listed()), "text/html; charset=utf-8")
        else:
            self._send(404, {}, "not found", "text/plain")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path).path
        if path == WEBHOOK_PATH:
            status, headers, answer = self.inbox.webhook(body)
            self._send(status, headers, answer, "text/html")
        elif path.startswith("/services/"):
            self._send(404, {}, "no_service", "text/html")
        elif path.startswith("/api/"):
            json_body = "json" in (self.headers.get("content-type") or "")
            arguments = _json(body) if json_body else dict(parse_qsl(body.decode("utf-8", "replace")))
            self._api(arguments or {})
        else:
            self._send(404, {}, "not found", "text/plain")

    def _api(self, arguments: Mapping[str, Any]) -> None:
        token = (self.headers.get("authorization") or "").removeprefix("Bearer ").strip()
        status, headers, answer = self.inbox.call(urlsplit(self.path).path.removeprefix("/api/"), token, arguments)
        self._send(status, headers, answer, "application/json")

    def _send(self, status: int, headers: Mapping[str, str], body: str, content_type: str) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Silent: the page shows what there is to see."""


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
