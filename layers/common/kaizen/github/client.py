"""GitHub's REST API: one request after the other, page after page. Nothing here waits for a limit to pass.

The token goes to the given address alone: a redirect or a next page elsewhere is refused.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from kaizen.github.answers import content
from kaizen.github.errors import RefusedError, UnauthorizedError, UnavailableError
from kaizen.github.paging import next_address
from kaizen.github.reading import items
from kaizen.runtime.outbound import LOOPBACK, Answer, OutboundError, Send

PAGE = 100  # the most that GitHub puts on one
HEADERS = {
    "accept": "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
    "user-agent": "kaizen-loop",  # GitHub refuses requests without one
}
_PAGES = 1000  # a list without an end is an error
_REDIRECTS = 3
_MOVED = (301, 302, 307, 308)  # GitHub: repeat the request as it was
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/(?!\.\.?$)[A-Za-z0-9._-]{1,100}")


class Auth(Protocol):
    def authorization(self, *, fresh: bool = False) -> str:
        """The Authorization header; `fresh` after GitHub refused the last one. Raises SecretError or GithubError."""
        ...


def base_address(text: str) -> str:
    """The API's address without a slash at its end. Raises ValueError where a token would travel in the clear."""
    parts = urlsplit(text)
    if not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("GithubApiUrl is no plain web address")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("GithubApiUrl must begin with https://")
    return text.rstrip("/")


def repository_path(repository: str) -> str:
    """`/repos/owner/name`. Raises ValueError for what is no repository's full name."""
    if not _REPOSITORY.fullmatch(repository):
        raise ValueError(f"{repository[:100]!r} is not owner/name")
    return f"/repos/{repository}"


def sent(send: Send, method: str, address: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    """One request. Raises UnavailableError where no whole answer came."""
    try:
        return send(method, address, HEADERS | dict(headers), body)
    except OutboundError as error:
        raise UnavailableError(0, f"GitHub: {error}") from error


class Github:
    """`address` is the API's, `clock` gives aware UTC. Every call may raise GithubError, and what `auth` raises."""

    def __init__(self, address: str, auth: Auth, send: Send, clock: Callable[[], datetime]) -> None:
        self._address = base_address(address)
        self._auth = auth
        self._send = send
        self._clock = clock

    def get(self, path: str, **query: str | int) -> Any:
        return content(self._answer("GET", self._to(path, query), None), self._clock())

    def post(self, path: str, given: Mapping[str, Any]) -> Any:
        return content(self._answer("POST", self._to(path), given), self._clock())

    def patch(self, path: str, given: Mapping[str, Any]) -> Any:
        return content(self._answer("PATCH", self._to(path), given), self._clock())

    def pages(self, path: str, **query: str | int) -> Iterator[Any]:
        """Every item of a list, over all its pages."""
        address = self._to(path, {"per_page": PAGE} | query)
        for _ in range(_PAGES):
            answer = self._answer("GET", address, None)
            yield from items(content(answer, self._clock()))
            address = next_address(answer.headers.get("link", ""))
            if not address:
                return
            self._check_ours(address)
        raise UnavailableError(0, f"GitHub's list has more than {_PAGES} pages")

    def _to(self, path: str, query: Mapping[str, str | int] | None = None) -> str:
        return f"{self._address}{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")

    def _check_ours(self, address: str) -> None:
        there, here = urlsplit(address), urlsplit(self._address)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            raise RefusedError(0, "GitHub leads to another host, where the token does not go")

    def _answer(self, method: str, address: str, given: Mapping[str, Any] | None) -> Answer:
        """One answer; a refused token is renewed once, and reading is tried once more where GitHub was away."""
        body = None if given is None else json.dumps(given).encode()
        try:
            answer = self._followed(method, address, body, fresh=False)
            again = answer.status >= 500 and method == "GET"
        except UnavailableError:
            if method != "GET":
                raise
            again = True
        if again:
            answer = self._followed(method, address, body, fresh=False)
        if answer.status == 401:
            answer = self._followed(method, address, body, fresh=True)
            if answer.status == 401:
                raise UnauthorizedError(401, "the token is refused, also when read anew")
        return answer

    def _followed(self, method: str, address: str, body: bytes | None, *, fresh: bool) -> Answer:
        headers = {"authorization": self._auth.authorization(fresh=fresh)}
        if body is not None:
            headers["content-type"] = "application/json"
        for _ in range(_REDIRECTS + 1):
            answer = sent(self._send, method, address, headers, body)
            if answer.status not in _MOVED or not answer.headers.get("location"):
                return answer
            address = answer.headers["location"]
            self._check_ours(address)
        raise RefusedError(answer.status, f"more than {_REDIRECTS} redirects")
