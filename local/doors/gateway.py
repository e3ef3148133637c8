"""The HTTP API's door: requests become events for the template's routes, functions' results become responses."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from local.doors.http_event import FAILED, Answer, Request, answer, event, message
from local.doors.routes import Route, find
from local.doors.servers import Handler, Server, bind
from local.errors import LocalError
from local.lambda_.emulator import Invocation, encoded

# Lambda takes no larger event. A body counts as it stands in there: in base64 it is a third longer.
MOST_EVENT_BYTES = 6 * 1024 * 1024

Invoke = Callable[[str, Any], Invocation]


def serve(port: int, routes: list[Route], invoke: Invoke, say: Callable[[str], None]) -> Server:
    """A server bound to the loopback port, not yet serving. Raises LocalError when the port is taken."""
    return bind(port, Gateway, routes=routes, invoke=invoke, say=say)


class Gateway(Handler):
    routes: list[Route]
    invoke: Invoke
    say: Callable[[str], None]

    def _serve(self) -> None:
        body = self.body()
        if body is None:
            return
        given = self._answer(body)
        self.answer(given.status, given.headers, given.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve  # noqa: N815

    def _answer(self, body: bytes) -> Answer:
        match = find(self.routes, self.command, urlsplit(self.path).path)
        if match is None:
            return message(404, "Not Found")
        request = Request(
            self.command, self.path, self.request_version, self.headers.items(), body, self.client_address[0]
        )
        made = event(request, match, uuid.uuid4().hex, datetime.now(UTC))
        if len(encoded(made)) > MOST_EVENT_BYTES:
            return message(413, "Request Too Long")
        try:
            result = self.invoke(match.route.function, made)
        except LocalError as error:
            result = Invocation(None, str(error))
        if result.error:
            self.say(f"{match.route.function} failed: {result.error}")
            return FAILED
        return answer(result.payload)
