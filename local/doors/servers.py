"""What all HTTP servers of the stack share: a loopback port, an answer, silence."""

import sys
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.errors import LocalError


class Handler(BaseHTTPRequestHandler):
    """`answer` sends a whole response; `body` reads a whole request."""

    protocol_version = "HTTP/1.1"
    timeout = 30  # of a caller who sends half a request
    # Head and body go out in two pieces: without this, the second one waits 40 ms for the caller's acknowledgement.
    disable_nagle_algorithm = True

    def answer(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 304:
            self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)

    def answer_text(self, status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> None:
        self.answer(status, [("content-type", content_type)], text.encode())

    def body(self, limit: int = 10 * 1024 * 1024) -> bytes | None:
        """The request's body; None when it was refused (and answered): without a length, or longer than the limit."""
        length = self.headers.get("content-length") or "0"
        if not length.isdecimal() or self.headers.get("transfer-encoding"):
            self.close_connection = True
            self._refuse(411, b'{"message":"Length Required"}')
            return None
        if int(length) > limit:
            self.close_connection = True  # its rest is not read
            self._refuse(413, b'{"message":"Request Entity Too Large"}')
            return None
        return self.rfile.read(int(length))

    def log_message(self, *_: Any) -> None:
        """Silent: functions log for themselves, and query strings may hold tokens."""

    def _refuse(self, status: int, body: bytes) -> None:
        self.answer(status, [("content-type", "application/json")], body)


class Server(ThreadingHTTPServer):
    """Serves from `start` to `end`."""

    daemon_threads = True
    request_queue_size = 64
    _serving = False

    def start(self) -> None:
        self._serving = True
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who hangs up is nobody's fault; what else goes wrong is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def end(self) -> None:
        if self._serving:
            self.shutdown()
        self.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


def bind(port: int, handler: type[Handler], **known: Any) -> Server:
    """A server on a loopback port, 0 for a free one; its handlers know what is given by name.

    Raises LocalError when the port is taken or no port at all.
    """
    attributes = {name: staticmethod(each) if callable(each) else each for name, each in known.items()}
    try:
        return Server(("127.0.0.1", port), type(handler.__name__, (handler,), attributes))
    except OverflowError as error:
        raise LocalError(f"{port} is no port; choose one up to 65533") from error
    except PermissionError as error:
        raise LocalError(f"port {port} needs more rights than you have; choose one above 1023") from error
    except OSError as error:
        raise LocalError(f"port {port} is in use; choose another, such as PORT=8710") from error
