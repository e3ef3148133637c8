"""Asks a Grafana: folders, the list of dashboards, one dashboard, who saved it. Each question is a request or some;
and saves one dashboard, which no run does.

The legacy API (`/api`), which every Grafana from 9 to 13 answers: it alone names authors as people know them. Only what
it refuses, dashboards of schema v2, is read where it says (`/apis`).
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from dashboard_snapshot.answers import content, pause
from dashboard_snapshot.errors import ElsewhereError, GrafanaError, NotFoundError, UnauthorizedError
from dashboard_snapshot.resource import is_resource, kept
from dashboard_snapshot.resource import meta as meta_of
from kaizen.runtime.outbound import LOOPBACK, Answer, OutboundError, Send
from kaizen.runtime.rotation import ReadSecret

AT_ONCE = 6  # questions: kind to a Grafana that people look at meanwhile
PAGE = 1000  # the largest page that every version gives
_PAGES = 200  # a list without an end is an error
_TRIES = 4
_TOKEN = re.compile(r"[!-~]+")  # anything else is no header, and an error of it would show the token
_ROOT = "general"  # how Grafana names the root where it wants a uid


@dataclass(frozen=True, slots=True)
class Folder:
    uid: str
    title: str
    parent: str


@dataclass(frozen=True, slots=True)
class Full:
    """A dashboard as Grafana gives it. `meta` has the names of the legacy API, also for a dashboard of schema v2."""

    model: dict[str, Any]
    meta: dict[str, Any]
    title: str


@dataclass(frozen=True, slots=True)
class Save:
    """One of the versions that Grafana keeps."""

    version: int
    author: str
    message: str


class Grafana:
    """`token` names an SSM SecureString, read by `read` (kaizen.runtime.secrets.secret) and anew once it is refused.

    May be used by several threads at once. `sleep` takes seconds; `remaining` gives the seconds that are left, and no
    pause goes beyond them: after them nothing is asked any more (`time`).

    Every call raises GrafanaError and SecretError.
    """

    def __init__(
        self,
        address: str,
        send: Send,
        token: str,
        read: ReadSecret,
        sleep: Callable[[float], object],
        remaining: Callable[[], float],
    ) -> None:
        """Raises ValueError where the token would travel in the clear."""
        parts = urlsplit(address)
        here = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not parts.hostname or parts.query or parts.username is not None or not (parts.scheme == "https" or here):
            raise ValueError("GrafanaUrl is no plain https address")
        self._address = address.rstrip("/")
        self._send = send
        self._token = token
        self._read = read
        self._sleep = sleep
        self._remaining = remaining
        self._renewal = threading.Lock()
        self._renewed = False

    def folders(self) -> list[Folder]:
        """Every folder that the token may see, those in others too. Grafana is asked once for each, some at once."""
        found: dict[str, Folder] = {}
        level = [""]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while level:
                below = [each for folders in pool.map(self._below, level) for each in folders]
                new = {each.uid: each for each in below if each.uid not in found}
                found |= new
                level = list(new)
        return list(found.values())

    def _below(self, parent: str) -> list[Folder]:
        """Empty for the root."""
        listed = self._pages("/api/folders", **({"parentUid": parent} if parent else {}))
        return [Folder(_text(each, "uid"), _text(each, "title"), parent) for each in listed]

    def folder(self, uid: str) -> None:
        """Raises NotFoundError for one that is no more, ForbiddenError for one that the token may not see. Empty for
        the root."""
        self.get(f"/api/folders/{quote(uid or _ROOT, safe='')}")

    def listed(self) -> list[str]:
        """The uids of all dashboards that the token may see, by one pass over the list."""
        return list(dict.fromkeys(_text(each, "uid") for each in self._pages("/api/search", type="dash-db")))

    def dashboard(self, uid: str) -> Full:
        """Of schema v2 too: for these the legacy API names the address where they are."""
        try:
            given = self.get(f"/api/dashboards/uid/{quote(uid, safe='')}")
        except ElsewhereError as error:
            return self._resource(uid, error.path)
        model, meta = (given.get(name) if isinstance(given, dict) else None for name in ("dashboard", "meta"))
        if not isinstance(model, dict) or not isinstance(meta, dict) or not model.get("title"):
            raise GrafanaError("unreadable", "the answer holds no dashboard")
        return Full(model, meta, str(model["title"]))

    def _resource(self, uid: str, path: str) -> Full:
        try:
            given = self.get(path)
        except NotFoundError as error:
            # The legacy API has just said that there is such a dashboard: this proves no deletion.
            raise GrafanaError("unsettled", f"{error}, where Grafana has said that it is") from error
        if not is_resource(given):
            raise GrafanaError("unreadable", "the answer holds no dashboard")
        return Full(kept(given, uid), meta_of(given, uid), str(given["spec"]["title"]))

    def is_gone(self, uid: str) -> bool:
        """Whether Grafana says that there is no such dashboard. False where it does not tell; raises SecretError."""
        try:
            self.dashboard(uid)
        except NotFoundError:
            return True
        except GrafanaError:
            return False
        return False

    def saves(self, uid: str) -> list[Save]:
        """Newest first. Needs the right to write dashboards: raises ForbiddenError for a token that only reads."""
        given = self.get(f"/api/dashboards/uid/{quote(uid, safe='')}/versions", limit=20)
        listed = given.get("versions") if isinstance(given, dict) else given
        if not isinstance(listed, list):
            raise GrafanaError("unreadable", "the answer holds no versions")
        return [
            Save(int(each.get("version", 0)), str(each.get("createdBy", "")), str(each.get("message", "")))
            for each in listed
            if isinstance(each, dict)
        ]

    def save(self, model: dict[str, Any], folder: str, message: str) -> None:
        """Needs the right to write. Grafana refuses a `version` in the model that is not the one it holds. Schema v2 is
        not saved.

        One try: where there is no answer, nobody knows whether it was saved.
        """
        if is_resource(model):
            raise GrafanaError("refused", "a dashboard of schema v2 is not saved by this: import what `export` writes")
        body = json.dumps({"dashboard": model, "folderUid": folder, "message": message, "overwrite": False})
        headers = self._headers() | {"content-type": "application/json"}
        try:
            content(self._send("POST", f"{self._address}/api/dashboards/db", headers, body.encode()))
        except OutboundError as error:
            raise GrafanaError("unreachable", f"Grafana: {error}; whether it was saved is not known") from error

    def _pages(self, path: str, **query: str) -> Iterator[Any]:
        for page in range(1, _PAGES + 1):
            found = self.get(path, **query, limit=PAGE, page=page)
            if not isinstance(found, list):
                raise GrafanaError("unreadable", "the answer is no list")
            yield from found
            if len(found) < PAGE:
                return
        raise GrafanaError("unreadable", f"the list has more than {_PAGES} pages")

    def get(self, path: str, **query: str | int) -> Any:
        """The JSON of a good answer."""
        address = f"{self._address}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            return content(self._patiently(address))
        except UnauthorizedError:
            if not self._renew():
                raise
        return content(self._patiently(address))

    def _patiently(self, address: str) -> Answer:
        """One answer; pauses that Grafana asks for are kept, and what may pass is tried again."""
        for attempt in range(1, _TRIES + 1):
            if self._remaining() <= 0:
                raise GrafanaError("time", "there was no time left to ask")
            try:
                answer = self._send("GET", address, self._headers())
                wait = pause(answer)
            except OutboundError as error:
                if attempt == _TRIES or self._remaining() < 2:
                    raise GrafanaError("unreachable", f"Grafana: {error}") from error
                wait = 1.0
            else:
                if wait is None or attempt == _TRIES or wait > self._remaining():
                    return answer
            self._sleep(wait)
        raise AssertionError

    def _headers(self) -> dict[str, str]:
        token = self._read(self._token).strip()
        if not _TOKEN.fullmatch(token):
            raise UnauthorizedError("unauthorized", "the parameter holds no token: one word of printable ASCII")
        return {"authorization": f"Bearer {token}", "accept": "application/json", "user-agent": "kaizen-loop"}

    def _renew(self) -> bool:
        """Whether the token was read anew after it was refused: once in a life."""
        with self._renewal:
            first, self._renewed = not self._renewed, True
            if first:
                self._read(self._token, fresh=True)
            return first


def _text(given: Any, name: str) -> str:
    found = given.get(name) if isinstance(given, dict) else None
    if not isinstance(found, str) or not found:
        raise GrafanaError("unreadable", f"the answer has an entry without {name}")
    return found
