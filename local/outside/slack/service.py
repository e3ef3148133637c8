"""Slack's doors: an Incoming Webhook, the parts of its Web API that we call, the inbox, and orders for tests."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from local.outside.service import Reply, Request
from local.outside.slack import people
from local.outside.slack.hooks import PREFIX, ResponseHooks
from local.outside.slack.show import command_page, inbox
from local.outside.slack.workspace import WEBHOOK_PATH, Workspace, as_object

BOT_TOKEN = "xoxb-local"  # noqa: S105 - the workspace's own
DEFAULT_WEBHOOK = "default-webhook"  # the route of the default policy
_PAGE, _JSON, _HTML = "text/html; charset=utf-8", "application/json; charset=utf-8", "text/html"
_NOT_FOUND = Reply(404, "not found")


class Slack:
    """One workspace. `/slack/` shows it to a person, `/messages` to a program, and `/control` takes orders."""

    prefixes = ("/api/", "/services/", "/messages", "/control", "/slack/", PREFIX)
    links = (("/slack/", "Inbox: what Slack would show"),)

    def __init__(self) -> None:
        self.workspace = Workspace(BOT_TOKEN)
        self.hooks = ResponseHooks(self.workspace)
        self._api = self._address = ""
        self.signing_secret = secrets.token_hex(16)  # what Slack signs its requests with

    def meet(self, api: str) -> None:
        self._api = api

    def press(self, channel: str, stamp: str, action_id: str, value: str, user: str = people.USER) -> people.Answered:
        """Somebody presses a button of a message. Raises KeyError when there is no such message."""
        message = self.workspace.find(channel, stamp)
        if message is None:
            raise KeyError(stamp)
        return people.press(self._api, self.signing_secret, message, {"action_id": action_id, "value": value}, user)

    def say(self, channel: str, text: str, user: str = people.USER) -> people.Answered:
        """Somebody types `/kaizen text`; the answer stands in the inbox."""
        response_url = self._address + self.hooks.make(channel, f"/kaizen {text}")
        answered = people.say(self._api, self.signing_secret, channel, text, user, response_url)
        self.workspace.answer(channel, f"/kaizen {text}", answered.status, answered.body)
        return answered

    def parameters(self, address: str) -> Mapping[str, str]:
        self._address = address
        return {"SlackApiUrl": f"{address}/api/"}

    def secrets(self, address: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
        return {
            parameters["SlackTokenParameter"]: BOT_TOKEN,
            parameters["SlackSigningSecretParameter"]: self.signing_secret,
            f"{parameters['SlackWebhookParameterPrefix']}{DEFAULT_WEBHOOK}": webhook(address),
        }

    def answer(self, request: Request) -> Reply:
        if request.method in ("GET", "HEAD"):
            return self._shown(request)
        return self._taken(request) if request.method == "POST" else _NOT_FOUND

    def _shown(self, request: Request) -> Reply:
        if request.path.startswith("/api/"):
            return self._method(request, dict(parse_qsl(request.query)))
        if request.path == "/messages":
            return _as(_JSON, Reply(200, json.dumps(self.workspace.listed(), ensure_ascii=False)))
        if request.path == "/slack/":
            page = inbox(self.workspace.listed(), self.workspace.refused, datetime.now().astimezone())
            return _as(_PAGE, Reply(200, page))
        if request.path == "/slack/say":
            return _as(_PAGE, Reply(200, command_page("C0TICKETS", "subscribe severity:sev1 and component:api")))
        return _NOT_FOUND

    def _taken(self, request: Request) -> Reply:
        path, body, form = request.path, request.body, _is_form(request)
        if path == WEBHOOK_PATH:
            return _as(_HTML, self.workspace.webhook(_payload(body, form)))
        if path.startswith("/services/"):
            return _as(_HTML, Reply(404, "no_service"))
        if path in ("/slack/press", "/slack/say"):
            return self._acted(path, dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))
        if path.startswith(PREFIX):
            return _as(_HTML, self.hooks.take(path, body))
        if path.startswith("/api/"):
            return self._method(request, _form(body) if form else as_object(body) or {})
        if path in ("/control", "/control/slack"):
            fault = self.workspace.ask(as_object(body) or {"next": "nothing that can be read"})
            return Reply(400 if fault else 200, fault or "ok")
        return _NOT_FOUND

    def _acted(self, path: str, given: Mapping[str, str]) -> Reply:
        """What a person did on the page; then the inbox, where the outcome is seen."""
        try:
            if path == "/slack/say":
                self.say(given["channel"], given["text"])
            else:
                self.press(given["channel"], given["ts"], given["action_id"], given["value"])
        except KeyError as error:
            return Reply(400, f"there is no {error}")
        except OSError as error:
            return Reply(502, f"the app's door does not answer: {error}")
        return Reply(303, "", (("location", "/slack/"),))

    def _method(self, request: Request, arguments: dict[str, Any]) -> Reply:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else str(arguments.get("token", ""))
        return _as(_JSON, self.workspace.call(request.path.removeprefix("/api/"), given, arguments))


def webhook(address: str) -> str:
    """The address of the Incoming Webhook, which is its secret."""
    return address + WEBHOOK_PATH


def _as(content_type: str, reply: Reply) -> Reply:
    return replace(reply, headers=(("content-type", content_type), *reply.headers))


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded")


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
