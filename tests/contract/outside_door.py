"""A double of a foreign service over HTTP on a loopback port."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from local.doors.servers import Handler, bind
from local.outside.service import Request, Service


class Door(Handler):
    service: Service
    heard: list[Request]

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.body()
        if body is None:
            return
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, parts.query, headers, body)
        self.heard.append(request)
        reply = self.service.answer(request)
        content = reply.body.encode() if isinstance(reply.body, str) else reply.body
        self.answer(reply.status, reply.headers, content)


@contextmanager
def door(service: Any, kind: type[Door] = Door) -> Iterator[tuple[str, list[Request]]]:
    """The address where the service listens, and what it hears."""
    heard: list[Request] = []
    server = bind(0, kind, service=service, heard=heard)
    server.start()
    try:
        yield server.address, heard
    finally:
        server.end()
