"""The double as a service: `/grafana/` is its page, `/grafana/api/` the API, `/grafana/control` for tests."""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from local.outside.grafana.api import APIS, PREFIX, ROOT, Api, refused
from local.outside.grafana.page import editor, overview
from local.outside.grafana.world import World, utc_now
from local.outside.service import Reply, Request

TOKEN = "glsa_local"  # noqa: S105 - the double's own
TROUBLES = ("401", "403", "404", "429", "500", "empty", "html", "none")
_HTML = (("content-type", "text/html; charset=utf-8"),)


class GrafanaService:
    """`world` is what features seed; this repository's own dashboards are provisioned from the start."""

    prefixes: tuple[str, ...] = ("/grafana/",)
    links: tuple[tuple[str, str], ...] = (("/grafana/", "Grafana: edit a dashboard"),)

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self.world = World(clock)
        self.world.provision()
        self.asked: list[str] = []  # paths of the API, in order
        self._api = Api(self.world, TOKEN)
        self._troubles: list[tuple[str, str, int]] = []
        self._lock = threading.Lock()

    def parameters(self, address: str) -> Mapping[str, str]:
        return {"GrafanaUrl": f"{address}/grafana"}

    def secrets(self, address: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The token, where the template has a place for it."""
        name = parameters.get("GrafanaTokenParameter")
        return {name: TOKEN} if name else {}

    def trouble(self, *kinds: str, at: str = "", after: int = 1) -> None:
        """The next calls of the API whose path begins with `at` meet these, one each. Raises ValueError. Paths of the
        legacy API are without `/api`, others begin with `/apis/`.

        `after` are the seconds that a 429 asks for."""
        for kind in kinds:
            if kind not in TROUBLES:
                raise ValueError(f"{kind!r} is none of {', '.join(TROUBLES)}")
        with self._lock:
            self._troubles.extend((kind, at, after) for kind in kinds)

    def answer(self, request: Request) -> Reply:
        old = request.path.startswith(f"{PREFIX}/")
        if old or request.path.startswith(f"{APIS}/"):
            kind = self._next_trouble(request.path.removeprefix(PREFIX if old else ROOT))
            return _trouble(*kind) or self._api.answer(request)
        match request.method, request.path:
            case "GET", "/grafana/":
                with self.world.lock:
                    return Reply(200, overview(self.world), _HTML)
            case "POST", "/grafana/edit":
                return self._edit(request.body)
            case "POST", "/grafana/control" | "/control/grafana":
                return self._control(request.body)
        if request.method == "GET" and request.path.startswith("/grafana/d/"):
            with self.world.lock:
                known = self.world.dashboards.get(unquote(request.path.split("/")[3]))
                return Reply(404, "not found") if known is None else Reply(200, editor(self.world, known), _HTML)
        return Reply(404, "not found")

    def _next_trouble(self, path: str) -> tuple[str, int]:
        with self._lock:
            self.asked.append(path)
            found = next((place for place, (_, at, _) in enumerate(self._troubles) if path.startswith(at)), None)
            if found is None:
                return "", 0
            kind, _, after = self._troubles.pop(found)
            return kind, after

    def _edit(self, body: bytes) -> Reply:
        """What the page's form sends: uid, panel, title, expression, user."""
        form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if form.get("user") not in self.world.users:
            return Reply(403, "there is no such user")
        try:
            uid, panel = form["uid"], int(form["panel"])
            self.world.edit(uid, panel, form.get("title", ""), form.get("expression", ""), form["user"])
        except (LookupError, ValueError):
            return Reply(404, "there is no such panel")
        return Reply(303, "", (("location", f"/grafana/d/{uid}"),))

    def _control(self, body: bytes) -> Reply:
        """`{"next": ["429", "500"], "at": "/search"}`: one for each of the next calls whose path begins so."""
        try:
            given: Any = json.loads(body)
            kinds = given["next"]
            self.trouble(*([kinds] if isinstance(kinds, str) else map(str, kinds)), at=str(given.get("at", "")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(400, f'send {{"next": [...]}} with some of {", ".join(TROUBLES)}: {error}')
        return Reply(200, "ok")


def _trouble(kind: str, after: int) -> Reply | None:
    match kind:
        case "401":
            return refused(401, "Invalid API key", messageId="api-key.invalid")
        case "403":
            return refused(403, "You'll need additional permissions to perform this action.", title="Access denied")
        case "404":
            return refused(404, "Not found")
        case "429":
            return refused(429, "too many requests", ("retry-after", str(after)))
        case "500":
            return refused(500, "Internal Server Error")
        case "empty":
            return Reply(200, "", (("content-type", "application/json"),))
        case "html":
            return Reply(200, "<!doctype html><title>Sign in</title>", _HTML)
        case "none":
            return Reply(200, "[]", (("content-type", "application/json"),))
    return None
