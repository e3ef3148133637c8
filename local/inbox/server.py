"""The inbox's doors: an Incoming Webhook, the parts of Slack's Web API that we call, the page, and orders for tests."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local.inbox.show import inbox
from local.inbox.workspace import WEBHOOK_PATH, Reply, Workspace, as_object
from local.servers import Handler, Server, bind

_PAGE, _JSON = "text/html; charset=utf-8", "application/json; charset=utf-8"


def serve(port: int, workspace: Workspace) -> Server:
    """A server bound to the loopback port, not yet serving. Raises LocalError when the port is taken."""
    return bind(port, Inbox, workspace=workspace)


class Inbox(Handler):
    workspace: Workspace

    def do_GET(self) -> None:  # noqa: N802
        address = urlsplit(self.path)
        if address.path.startswith("/api/"):
            self._api(dict(parse_qsl(address.query)))
        elif address.path == "/messages":
            self.answer_text(200, json.dumps(self.workspace.listed(), ensure_ascii=False), _JSON)
        elif address.path == "/":
            page = inbox(self.workspace.listed(), self.workspace.refused, datetime.now().astimezone())
            self.answer_text(200, page, _PAGE)
        else:
            self.answer_text(404, "not found")

    def do_POST(self) -> None:  # noqa: N802
        body = self.body()
        if body is None:
            return
        path = urlsplit(self.path).path
        if path == WEBHOOK_PATH:
            self._reply(self.workspace.webhook(_payload(body, self._form())), "text/html")
        elif path.startswith("/services/"):
            self._reply(Reply(404, "no_service"), "text/html")
        elif path.startswith("/api/"):
            self._api(_form(body) if self._form() else as_object(body) or {})
        elif path == "/control":
            fault = self.workspace.ask(as_object(body) or {"next": "nothing that can be read"})
            self.answer_text(400 if fault else 200, fault or "ok")
        else:
            self.answer_text(404, "not found")

    def _api(self, arguments: dict[str, Any]) -> None:
        scheme, _, token = (self.headers.get("authorization") or "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else str(arguments.get("token", ""))
        method = urlsplit(self.path).path.removeprefix("/api/")
        self._reply(self.workspace.call(method, given, arguments), _JSON)

    def _form(self) -> bool:
        return (self.headers.get("content-type") or "").lower().startswith("application/x-www-form-urlencoded")

    def _reply(self, reply: Reply, content_type: str) -> None:
        self.answer(reply.status, [("content-type", content_type), *reply.headers], reply.body.encode())


def _form(body: bytes) -> dict[str, Any]:
    """A form's arguments; in a form, blocks and metadata are JSON in text."""
    given: dict[str, Any] = dict(parse_qsl(body.decode("utf-8", "replace")))
    for name in ("blocks", "metadata"):
        if name in given:
            try:
                given[name] = json.loads(given[name])
            except ValueError:
                given[name] = "unreadable"
    return given


def _payload(body: bytes, form: bool) -> bytes:
    """A webhook takes JSON as it is, or as the field `payload` of a form."""
    return dict(parse_qsl(body.decode("utf-8", "replace"))).get("payload", "").encode() if form else body
