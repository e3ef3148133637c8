"""Asks a Prometheus, or what speaks its API (Thanos, Mimir, VictoriaMetrics). Each question is one request."""

from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from kaizen.prometheus import errors
from kaizen.prometheus.answers import result
from kaizen.prometheus.results import Matrix, Result
from kaizen.runtime.outbound import LOOPBACK, Answer, Send, TooLargeError, UnreachableError
from kaizen.runtime.rotation import ReadSecret

LONGEST_EXPRESSION = 16 * 1024  # bytes
MOST_POINTS = 11_000  # of a series; Prometheus refuses more
TIMEOUT_SECONDS = 5  # that Prometheus may evaluate; shorter than the wait for its answer


class Prometheus:
    """`address` is Prometheus's own, without `/api/v1`. `token` names a SSM SecureString; None sends no token.

    The token is kept by `read` (kaizen.runtime.secrets.secret) for minutes, and read anew once it is refused. It is
    sent by https only, or to this machine: a Prometheus that is reached by http takes none.
    """

    def __init__(self, address: str, send: Send, token: str | None, read: ReadSecret) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username is not None:
            raise ValueError("the address of Prometheus is no plain web address")
        if token is not None and parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("the token of Prometheus is not sent in the clear: its address must begin with https://")
        self._address = address.rstrip("/")
        self._send = send
        self._token = token
        self._read = read

    def query(self, expression: str, at: datetime) -> Result:
        """The value of an expression at an instant. Raises PrometheusError, SecretError."""
        return self._ask("query", expression, time=_instant(at))

    def query_range(self, expression: str, start: datetime, end: datetime, step: timedelta) -> Matrix:
        """Values from `start` to `end` inclusive, every `step`.

        Raises ValueError for a range that Prometheus would refuse, PrometheusError, SecretError.
        """
        if step <= timedelta(0) or end < start or (end - start) / step > MOST_POINTS:
            raise ValueError(f"a range goes forward, by at most {MOST_POINTS} steps")
        found = self._ask(
            "query_range", expression, start=_instant(start), end=_instant(end), step=f"{step.total_seconds():.3f}"
        )
        if not isinstance(found, Matrix):
            raise errors.UnreadableError("a range was asked for, and the answer is no matrix")
        return found

    def _ask(self, what: str, expression: str, **parameters: str) -> Result:
        if len(expression.encode()) > LONGEST_EXPRESSION:
            raise errors.BadQueryError(f"the expression is longer than {LONGEST_EXPRESSION} bytes")
        form = {"query": expression, "timeout": f"{TIMEOUT_SECONDS}s"} | parameters
        answer = self._sent(what, urlencode(form).encode(), fresh=False)
        if answer.status == 401 and self._token is not None:
            answer = self._sent(what, urlencode(form).encode(), fresh=True)
        return result(answer)

    def _sent(self, what: str, body: bytes, *, fresh: bool) -> Answer:
        headers = {"content-type": "application/x-www-form-urlencoded", "user-agent": "kaizen-loop"}
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._read(self._token, fresh=fresh).strip()}"
        try:
            return self._send("POST", f"{self._address}/api/v1/{what}", headers, body)
        except UnreachableError as error:
            raise errors.UnavailableError(f"Prometheus: {error}") from error
        except TooLargeError as error:
            raise errors.TooLargeError(f"Prometheus: {error}") from error


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("an instant without a time zone")
    return f"{at.timestamp():.3f}"
