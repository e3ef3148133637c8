"""One HTTP call to a service outside: short time-outs, no redirect followed, an answer of bounded size, no retry.

urllib3 comes with boto3, so that it costs no import of its own. Its log lines name no headers.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import urllib3

CONNECT_SECONDS, READ_SECONDS = 2.0, 8.0
ANSWER_BYTES = 32 * 1024 * 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")  # hosts that are this machine: there, secrets may go by plain http
_PIECE = 64 * 1024


class OutboundError(Exception):
    """There is no whole answer. The message names neither headers nor the address."""


class UnreachableError(OutboundError):
    """No connection, or no answer in time. Whether the request took effect is unknown."""


class TooLargeError(OutboundError):
    """The answer is longer than is read here. A retry gets the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; header names are in lower case, the body is without its content coding."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Send(Protocol):
    def __call__(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Raises OutboundError, which an UnreachableError or TooLargeError may be; every status is an answer."""
        ...


class Outbound:
    """A pool of connections; times are seconds, `limit` is in bytes of the decoded body. `connections` are kept
    open at once, for callers with threads.

    `ca` is PEM text: certificates are then good only if one of these signed them, and no public authority counts.
    Raises ValueError for a `ca` that is none.
    """

    def __init__(
        self,
        *,
        connect: float = CONNECT_SECONDS,
        read: float = READ_SECONDS,
        limit: int = ANSWER_BYTES,
        connections: int = 1,
        ca: str | None = None,
    ) -> None:
        given: dict[str, Any] = {}
        if ca is not None:
            _check_ca(ca)
            given["ca_cert_data"] = ca
        timeout = urllib3.Timeout(connect=connect, read=read)
        self._pool = urllib3.PoolManager(timeout=timeout, retries=False, maxsize=connections, **given)
        self._limit = limit

    def __call__(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        given = {"accept-encoding": "gzip"} | dict(headers)
        try:
            answer = self._pool.request(
                method, address, headers=given, body=body, redirect=False, preload_content=False
            )
            try:
                content = self._content(answer)
            except BaseException:
                answer.close()  # the rest is not read: this connection is of no more use
                raise
            answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            # Its text may hold the address, and with it what a query names.
            raise UnreachableError(f"no answer: {type(error).__name__}") from None
        except ValueError:
            # Of a header that cannot be sent; its text holds the header, and with it a secret.
            raise OutboundError("the request cannot be sent: a header is malformed") from None
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, content)

    def _content(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        content = bytearray()
        for piece in answer.stream(_PIECE, decode_content=True):
            content += piece
            if len(content) > self._limit:
                raise TooLargeError(f"the answer is longer than {self._limit} bytes")
        return bytes(content)


def _check_ca(ca: str) -> None:
    """Now, not at the first call, where a wrong CA would look like a service that is away."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=ca)
    except (ssl.SSLError, ValueError) as error:
        raise ValueError("the CA is no certificate in PEM") from error
