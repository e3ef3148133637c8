"""A door for producers that answers as it is told and remembers what came."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kaizen.phase.coding import decompress
from kaizen.phase.decode import Message, decode_all
from kaizen.phase.wire import Kind, read_header
from local.doors.servers import Handler, bind

Reply = tuple[int, Any]  # status, and what becomes JSON; None hangs up without an answer

ROOM = 1 << 26


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def messages(self) -> list[Message]:
        return list(decode_all(decompress(self.headers.get("content-encoding", ""), self.body, ROOM)))


def taken(request: Request) -> Reply:
    """202 as the real door gives it: the last frame's number and how many there were."""
    last = request.messages()[-1].header
    return 202, {"stream": "demo", "epoch": last.epoch, "frames": frames_of(request), "seq": last.seq}


def problem(status: int, detail: str, **more: Any) -> Reply:
    return status, {"type": "about:blank", "title": "A problem", "status": status, "detail": detail} | more


def frames_of(request: Request) -> int:
    return sum(message.header.n_frames for message in request.messages())


def has_config(request: Request) -> bool:
    body = decompress(request.headers.get("content-encoding", ""), request.body, ROOM)
    return read_header(body).kind is Kind.CONFIG


@dataclass
class Door:
    """Gives the `replies` in turn, each a reply or made from the request, then takes whatever comes."""

    url: str = ""
    replies: list[Reply | Callable[[Request], Reply] | None] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def reply(self, request: Request) -> Reply | None:
        self.requests.append(request)
        given = self.replies.pop(0) if self.replies else taken
        return given(request) if callable(given) else given


@contextlib.contextmanager
def opened(*replies: Reply | Callable[[Request], Reply] | None) -> Iterator[Door]:
    door = Door(replies=list(replies))
    server = bind(0, _Door, reply=door.reply)
    door.url = server.address
    server.start()
    try:
        yield door
    finally:
        server.end()


class _Door(Handler):
    reply: Callable[[Request], Reply | None]

    def _serve(self) -> None:
        body = self.body(ROOM)
        assert body is not None
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.reply(Request(self.command, self.path, headers, body))
        self.close_connection = True
        if reply is not None:
            status, document = reply
            kind = "application/json" if status < 400 else "application/problem+json"
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.answer(status, [("content-type", kind), ("retry-after", "0")], content)

    do_POST = do_PUT = _serve  # noqa: N815
