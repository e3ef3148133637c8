"""The API server over HTTP: one object, a whole list page by page, a merge-patch. The token goes to one address alone.

Reading is tried again where the server is busy or away. A write never is: whether the first one took effect is unknown.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from kaizen.runtime.outbound import LOOPBACK, Answer, OutboundError, Send, TooLargeError
from sandbox_reaper.backend import BackendError, BackendUnavailableError
from sandbox_reaper.kubernetes.answers import Json, content, retry_after
from sandbox_reaper.kubernetes.errors import ExpiredError

SECONDS = 5.0  # to connect, and to wait for the next byte
PAGE = 500  # objects; what kubectl asks for
MANAGER = "kaizen-sandbox-reaper"  # the owner of what we write, as `managedFields` show it
_TRIES = 3
_WAITS = (0.5, 1.5)  # seconds before the second and the third
_LONGEST_WAIT = 5.0
_PAGES = 4000  # a list without an end is an error
_MERGE = "application/merge-patch+json"


class Credentials(Protocol):
    def token(self, *, fresh: bool = False) -> str:
        """A bearer token; `fresh` after the API server refused the last one. Raises BackendError."""
        ...


@dataclass(frozen=True, slots=True)
class Listing[T]:
    """A whole list as of one instant; `at` is the server's clock when its first page was answered."""

    items: tuple[T, ...]
    at: datetime


def base_address(text: str) -> str:
    """The API server's address without a slash at its end. Raises ValueError where a token would go in the clear."""
    parts = urlsplit(text)
    if not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("the address of the Kubernetes API is no plain web address")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("the address of the Kubernetes API must begin with https://")
    return text.rstrip("/")


def path_of(*parts: str) -> str:
    """`/a/b` of parts that are no paths themselves."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


class Client:
    """`sleep` waits some seconds. Every call may raise BackendError and its kinds of `errors.py`."""

    def __init__(self, address: str, credentials: Credentials, send: Send, sleep: Callable[[float], None]) -> None:
        self._address = base_address(address)
        self._credentials = credentials
        self._send = send
        self._sleep = sleep

    def get(self, path: str) -> Json:
        return content(self._read(path, {}))

    def listed[T](self, path: str, keep: Callable[[Json], T | None], **query: str) -> Listing[T]:
        """What `keep` makes of each object of a list, over all its pages; None leaves one out.

        Pages are of one state of the cluster. Where that state is no longer kept, the list is read anew, once.
        """
        try:
            return self._once(path, keep, query)
        except ExpiredError:
            pass
        try:
            return self._once(path, keep, query)
        except ExpiredError as error:
            raise BackendUnavailableError(f"the list {path} moves faster than it can be read: {error}") from error

    def patch(self, path: str, change: Json, *, rehearsal: bool = False) -> Json:
        """One merge-patch (RFC 7386); a rehearsal is checked by the server and not kept. Never tried twice."""
        query = {"fieldManager": MANAGER} | ({"dryRun": "All"} if rehearsal else {})
        return content(self._authorized("PATCH", self._to(path, query), json.dumps(change).encode()))

    def _once[T](self, path: str, keep: Callable[[Json], T | None], query: dict[str, str]) -> Listing[T]:
        found: list[T] = []
        follow, version, at = "", "", None
        for _ in range(_PAGES):
            answer = self._read(path, query | {"limit": str(PAGE)} | ({"continue": follow} if follow else {}))
            page = content(answer)
            at = at or _date(answer)
            items, meta = _items(page), page.get("metadata")
            if not isinstance(meta, dict) or not isinstance(meta.get("resourceVersion"), str):
                raise BackendError(f"the list {path} does not say of which state it is")
            if version and meta["resourceVersion"] != version:
                raise ExpiredError(f"the pages of {path} are not of one state")
            version = meta["resourceVersion"]
            found += [kept for each in items if (kept := keep(each)) is not None]
            before, follow = follow, meta.get("continue") or ""
            if not follow:
                return Listing(tuple(found), at)
            if not isinstance(follow, str) or follow == before:
                raise BackendError(f"the list {path} does not go on")
        raise BackendError(f"the list {path} has more than {_PAGES} pages")

    def _read(self, path: str, query: dict[str, str]) -> Answer:
        """One answer to a GET, tried again on 429, 5xx and where none came."""
        address = self._to(path, query)
        for wait in (*_WAITS[: _TRIES - 1], None):
            try:
                answer = self._authorized("GET", address, None)
            except BackendUnavailableError:
                if wait is None:
                    raise
                self._sleep(wait)
                continue
            asked = retry_after(answer)
            if wait is None or (answer.status != 429 and answer.status < 500) or (asked or 0) > _LONGEST_WAIT:
                break
            self._sleep(max(wait, asked or 0))
        return answer

    def _authorized(self, method: str, address: str, body: bytes | None) -> Answer:
        answer = self._sent(method, address, body, fresh=False)
        return self._sent(method, address, body, fresh=True) if answer.status == 401 else answer

    def _sent(self, method: str, address: str, body: bytes | None, *, fresh: bool) -> Answer:
        headers = {
            "authorization": f"Bearer {self._credentials.token(fresh=fresh)}",
            "accept": "application/json",
            "user-agent": MANAGER,
        }
        if body is not None:
            headers["content-type"] = _MERGE
        try:
            return self._send(method, address, headers, body)
        except TooLargeError as error:
            raise BackendError(f"the API server: {error}") from error
        except OutboundError as error:
            raise BackendUnavailableError(f"the API server: {error}") from error

    def _to(self, path: str, query: dict[str, str]) -> str:
        return f"{self._address}{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")


def _items(page: Json) -> list[Any]:
    """The objects of one page. The server writes an empty list as [] or null; what else it holds is no list."""
    if not str(page.get("kind", "")).endswith("List") or "items" not in page:
        raise BackendError("the API server's answer is no list")
    items = page["items"] if page["items"] is not None else []
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise BackendError("the API server's answer is no list of objects")
    return items


def _date(answer: Answer) -> datetime:
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError as error:
        raise BackendError("the API server does not say what time it is") from error
