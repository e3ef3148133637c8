"""The HTTP API's door: requests become API Gateway events (payload 2.0), functions' answers become responses."""

import base64
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from local.emulator import Invocation
from local.errors import LocalError
from local.template import Route

MAX_BODY = 10 * 1024 * 1024
Invoke = Callable[[str, Any], Invocation]
# Bodies of these types reach the function as text, all others as base64.
_TEXT = ("text/", "application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded")


def serve(port: int, routes: list[Route], invoke: Invoke) -> ThreadingHTTPServer:
    """A server bound to the loopback port, not yet serving. Raises LocalError when the port is taken."""
    table = {(route.method, route.path): route for route in routes}
    handler = type("Gateway", (_Handler,), {"table": table, "invoke": staticmethod(invoke)})
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise LocalError(f"port {port} is in use; choose another with --port") from error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    table: Mapping[tuple[str, str], Route]
    invoke: Invoke

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY:
            self._send(413, {"content-type": "application/json"}, b'{"message":"Request Too Long"}')
            return
        body = self.rfile.read(length)
        route = self.table.get((self.command, urlsplit(self.path).path))
        if route is None:
            self._send(404, {"content-type": "application/json"}, b'{"message":"Not Found"}')
            return
        try:
            result = self.invoke(route.function, self._event(route, body))
        except LocalError as error:
            result = Invocation(None, str(error))
        payload = result.payload
        if result.error or not isinstance(payload, dict) or "statusCode" not in payload:
            self._send(500, {"content-type": "application/json"}, b'{"message":"Internal Server Error"}')
            return
        content = payload.get("body") or ""
        data = base64.b64decode(content) if payload.get("isBase64Encoded") else content.encode()
        self._send(int(payload["statusCode"]), payload.get("headers", {}), data)

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # http.server asks for one method per verb; all are answered alike
            return self._answer
        raise AttributeError(name)

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        if status != 304:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)

    def _event(self, route: Route, body: bytes) -> dict[str, Any]:
        address = urlsplit(self.path)
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            headers[key] = f"{headers[key]},{value}" if key in headers else value
        headers |= {"x-forwarded-proto": "http", "x-forwarded-for": self.client_address[0]}
        query: dict[str, str] = {}
        for name, value in parse_qsl(address.query, keep_blank_values=True):
            query[name] = f"{query[name]},{value}" if name in query else value
        now = time.time()
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": f"{route.method} {route.path}",
            "rawPath": unquote(address.path),
            "rawQueryString": address.query,
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "local",
                "domainName": headers.get("host", "localhost"),
                "http": {
                    "method": self.command,
                    "path": address.path,
                    "protocol": self.request_version,
                    "sourceIp": self.client_address[0],
                    "userAgent": headers.get("user-agent", ""),
                },
                "requestId": uuid.uuid4().hex,
                "routeKey": f"{route.method} {route.path}",
                "stage": "$default",
                "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
                "timeEpoch": int(now * 1000),
            },
            "isBase64Encoded": False,
        }
        if query:
            event["queryStringParameters"] = query
        if body:
            event |= _body(body, headers.get("content-type", ""))
        return event

    def log_message(self, *_: Any) -> None:
        """Silent: functions log for themselves, and query strings may hold tokens."""


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    if content_type.lower().startswith(_TEXT):
        try:
            return {"body": body.decode("utf-8"), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode("ascii"), "isBase64Encoded": True}
