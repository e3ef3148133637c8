"""The `response_url` of a command: five answers within 30 minutes, into the channel that the command was typed in.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from local.outside.service import Reply
from local.outside.slack.people import TEAM
from local.outside.slack.workspace import Workspace

PREFIX = "/commands/"
OPEN, MOST = timedelta(minutes=30), 5


@dataclass(slots=True)
class _Hook:
    channel: str
    command: str
    made: datetime
    used: int = 0


@dataclass(slots=True)
class ResponseHooks:
    workspace: Workspace
    _hooks: dict[str, _Hook] = field(default_factory=dict)

    def make(self, channel: str, command: str) -> str:
        """The path of a new one."""
        path = f"{PREFIX}{TEAM}/{len(self._hooks) + 1}/{secrets.token_hex(12)}"
        self._hooks[path] = _Hook(channel, command, datetime.now(UTC))
        return path

    def take(self, path: str, body: bytes) -> Reply:
        hook = self._hooks.get(path)
        if hook is None or datetime.now(UTC) - hook.made > OPEN:
            return Reply(404, json.dumps({"ok": False, "error": "expired_url"}))
        if hook.used >= MOST:
            return Reply(404, json.dumps({"ok": False, "error": "used_url"}))
        reply = self.workspace.respond(hook.channel, hook.command, body)
        hook.used += reply.status == 200
        return reply
