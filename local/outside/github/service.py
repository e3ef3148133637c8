"""The double as a service of the stack: `/github/` is its page, `/github/api/` the API, `/github/control` for tests."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.outside.github.api import PREFIX, Api
from local.outside.github.page import page
from local.outside.github.refusals import TROUBLES, trouble
from local.outside.github.world import World
from local.outside.service import Reply, Request

TOKEN = "ghp_local"  # noqa: S105 - the double's own
LOGIN = "kaizen-local"
_PAGE = (
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; img-src http://127.0.0.1:* data:"),
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class GithubService:
    """`world` is what features seed; `hang` is how many seconds the trouble `timeout` lets a caller wait."""

    prefixes: tuple[str, ...] = ("/github/",)
    links: tuple[tuple[str, str], ...] = (("/github/", "Pull requests, comments and checks"),)

    def __init__(self, clock: Callable[[], datetime] = _utc_now, hang: float = 20) -> None:
        self.world = World(clock)
        self.world.token(TOKEN, LOGIN)
        self._api = Api(self.world)
        self._troubles: deque[str] = deque()
        self._hang = hang
        self.released = threading.Event()  # ends every call that hangs

    def parameters(self, address: str) -> Mapping[str, str]:
        return {"GithubApiUrl": f"{address}{PREFIX}"}

    def secrets(self, address: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The token, where the template has a place for it."""
        name = parameters.get("GithubTokenParameter")
        return {name: TOKEN} if name else {}

    def answer(self, request: Request) -> Reply:
        if request.path.startswith(f"{PREFIX}/"):
            kind = self._next_trouble()
            if kind == "timeout":
                self.released.wait(self._hang)
                return Reply(504)
            return trouble(kind, int(self.world.clock().timestamp())) if kind else self._api.answer(request)
        if request.path == "/github/" and request.method == "GET":
            with self.world.lock:
                return Reply(200, page(self.world), _PAGE)
        if request.path in ("/github/control", "/control/github") and request.method == "POST":
            return self._control(request.body)
        return Reply(404, "not found")

    def trouble(self, *kinds: str) -> None:
        """The next calls of the API meet these, one each. Raises ValueError for one that there is none of."""
        for kind in kinds:
            if kind not in TROUBLES:
                raise ValueError(f"{kind!r} is none of {', '.join(TROUBLES)}")
        with self.world.lock:
            self._troubles.extend(kinds)

    def _next_trouble(self) -> str:
        with self.world.lock:
            return self._troubles.popleft() if self._troubles else ""

    def _control(self, body: bytes) -> Reply:
        """`{"next": ["429", "timeout"]}`: one for each of the next calls."""
        try:
            given: Any = json.loads(body)
            kinds = given["next"]
            self.trouble(*([kinds] if isinstance(kinds, str) else map(str, kinds)))
        except (ValueError, KeyError, TypeError) as error:
            return Reply(400, f'send {{"next": [...]}} with some of {", ".join(TROUBLES)}: {error}')
        return Reply(200, "ok")
