"""Stands before moto: who asks, what that takes, and the refusal as AWS words it."""

import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from local.aws.iam.needs import Keys, Request, UnknownCallError, needs
from local.aws.iam.statements import Need, Statement, permitted

OPERATOR = "local"  # who sets the stack up and plays the samples: may do everything
_SIGNED = re.compile(r"Credential=([^/,\s]+)/\d+/[^/]+/([^/]+)/aws4_request")
_App = Callable[..., Iterable[bytes]]


class Guard:
    """Functions sign with their logical ids as access keys, so a request tells whose it is, also one of a presigned
    address. `refused` lists what was not allowed; `used` the rights that were taken."""

    def __init__(self, app: _App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._statements: Mapping[str, Sequence[Statement]] = {}
        self._keys: Keys = {}
        self.refused: list[str] = []
        self.used: set[tuple[str, str]] = set()

    def bind(self, statements: Mapping[str, Sequence[Statement]], keys: Keys) -> None:
        """From now on each of these functions is held to its statements."""
        self._statements, self._keys = statements, keys

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        who, request = _read(environ)
        if request is None or who == OPERATOR:
            return self._app(environ, start_response)
        try:
            missing = self._missing(who, needs(request, self._keys))
        except UnknownCallError as error:
            missing = f"{error}, of which local/aws/iam/needs.py does not know the rights"
        if not missing:
            return self._app(environ, start_response)
        with self._lock:
            self.refused.append(f"{who}: {missing}")
        told = f"User: {who} is not authorized to perform: {missing}, as no statement of its policies allows it"
        status, headers, body = _refusal(request, told)
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body] if request.method != "HEAD" else []

    def _missing(self, who: str, wanted: Sequence[Need]) -> str:
        """The first that is not allowed; empty where all are."""
        allowed = self._statements.get(who, ())
        for need in wanted:
            if not permitted(allowed, need):
                return str(need)
        with self._lock:
            self.used |= {(who, need.action) for need in wanted}
        return ""


def _read(environ: dict[str, Any]) -> tuple[str, Request | None]:
    """Who asks, and for what; no request where nobody signed. The body stays to be read."""
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    signed = _SIGNED.search(environ.get("HTTP_AUTHORIZATION", "") or f"Credential={query.get('X-Amz-Credential', '')}")
    if signed is None:
        return "", None
    service = signed[2]
    body = b""
    if service != "s3":  # its calls are told by the address, and its bodies are large
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    call = headers.get("x-amz-target", "").rpartition(".")[2]
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    return signed[1], Request(service, call, environ["REQUEST_METHOD"], path, query, headers, body)


def _refusal(request: Request, told: str) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body, in the protocol of the service."""
    if request.service == "s3":
        body = f"<Error><Code>AccessDenied</Code><Message>{escape(told)}</Message></Error>"
        return "403 Forbidden", [("Content-Type", "application/xml")], body.encode()
    code = "AccessDenied" if request.service == "sqs" else "AccessDeniedException"
    body = json.dumps({"__type": code, "message": told, "Message": told})
    status = "403 Forbidden" if request.service in {"scheduler", "sqs"} else "400 Bad Request"
    return status, [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", code)], body.encode()
