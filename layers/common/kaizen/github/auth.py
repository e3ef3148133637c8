"""Two ways to be known at GitHub: a token kept in SSM, and a GitHub App whose key never leaves KMS.

Only an App may write check runs. Its installation token is good for an hour, and is kept until shortly before.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kaizen.github.answers import content
from kaizen.github.client import base_address, sent
from kaizen.github.reading import instant, text
from kaizen.runtime.outbound import Send
from kaizen.runtime.rotation import ReadSecret

EARLY = timedelta(minutes=5)  # a token that is about to expire is not used any more
_SKEW = timedelta(seconds=60)  # GitHub: date the JWT back by a minute, against clocks that differ
_LIFE = timedelta(minutes=9)  # at most ten from now


class TokenAuth:
    """`parameter` names the SSM SecureString; `read` is kaizen.runtime.secrets.secret or a twin of it."""

    def __init__(self, parameter: str, read: ReadSecret) -> None:
        self._parameter = parameter
        self._read = read

    def authorization(self, *, fresh: bool = False) -> str:
        """Raises SecretError."""
        return f"Bearer {self._read(self._parameter, fresh=fresh).strip()}"


@dataclass(frozen=True, slots=True)
class App:
    """An App as GitHub knows it: its id (or client id), and the installation on the organisation in question."""

    app_id: str
    installation_id: int


@dataclass(frozen=True, slots=True)
class InstallationToken:
    token: str = field(repr=False)
    expires_at: datetime

    def good(self, now: datetime) -> bool:
        return now < self.expires_at - EARLY


class JwtAuth:
    """An App as itself, without an installation: for what belongs to the App, such as the deliveries of its hook."""

    def __init__(self, app_id: str, sign: Callable[[bytes], bytes], clock: Callable[[], datetime]) -> None:
        self._app_id = app_id
        self._sign = sign
        self._clock = clock

    def authorization(self, *, fresh: bool = False) -> str:
        """Made anew for each call: it costs one signature. Raises SigningError."""
        return f"Bearer {jwt(self._app_id, self._clock(), self._sign)}"


class AppAuth:
    """`sign` makes an RS256 signature of the bytes (kaizen.github.kms); `clock` gives aware UTC."""

    def __init__(
        self, app: App, address: str, sign: Callable[[bytes], bytes], send: Send, clock: Callable[[], datetime]
    ) -> None:
        self._app = app
        self._address = base_address(address)
        self._sign = sign
        self._send = send
        self._clock = clock
        self._token: InstallationToken | None = None

    def authorization(self, *, fresh: bool = False) -> str:
        """Raises GithubError; SigningError, one of them, where KMS does not sign."""
        now = self._clock()
        if fresh or self._token is None or not self._token.good(now):
            self._token = self._exchanged(now)
        return f"Bearer {self._token.token}"

    def _exchanged(self, now: datetime) -> InstallationToken:
        path = f"/app/installations/{self._app.installation_id}/access_tokens"
        headers = {"authorization": f"Bearer {jwt(self._app.app_id, now, self._sign)}"}
        answer = content(sent(self._send, "POST", f"{self._address}{path}", headers, b""), now)
        return InstallationToken(text(answer, "token"), instant(answer, "expires_at"))


def jwt(app_id: str, now: datetime, sign: Callable[[bytes], bytes]) -> str:
    """A JSON Web Token (RS256) by which an App says who it is, for ten minutes at most."""
    issued = int((now - _SKEW).timestamp())
    claims = {"iat": issued, "exp": int((now + _LIFE).timestamp()), "iss": app_id}
    head = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{head}.{_url_safe(sign(head.encode()))}"


def _part(claims: Mapping[str, object]) -> str:
    return _url_safe(json.dumps(claims, separators=(",", ":")).encode())


def _url_safe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
