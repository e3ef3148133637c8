"""The double as a service of the stack: `/kubernetes/` is its page, `/kubernetes/server/` the API server."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from local.outside.kubernetes import kinds
from local.outside.kubernetes.api import Api
from local.outside.kubernetes.checks import Object
from local.outside.kubernetes.cluster import Cluster
from local.outside.kubernetes.controllers import settle
from local.outside.kubernetes.kinds import Kind
from local.outside.kubernetes.page import page
from local.outside.kubernetes.refusals import TROUBLES, trouble
from local.outside.service import Reply, Request

PREFIX = "/kubernetes/server"
TOKEN = "kubernetes-local"  # noqa: S105 - the double's own
USER = "system:serviceaccount:kaizen:sandbox-reaper"
_PAGE = (
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class KubernetesService:
    """`cluster` is what features seed; `hang` is how many seconds the trouble `timeout` lets a caller wait."""

    prefixes: tuple[str, ...] = ("/kubernetes/",)
    links: tuple[tuple[str, str], ...] = (("/kubernetes/", "Kubernetes: namespaces and what runs in them"),)

    def __init__(self, clock: Callable[[], datetime] = _utc_now, hang: float = 20) -> None:
        self.cluster = Cluster(clock, settle)
        self.cluster.user(TOKEN, USER)
        self._api = Api(self.cluster, PREFIX)
        self._troubles: deque[str] = deque()
        self._hang = hang
        self.released = threading.Event()  # ends every call that hangs

    def parameters(self, address: str) -> Mapping[str, str]:
        return {"KubernetesUrl": f"{address}{PREFIX}"}

    def secrets(self, address: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The token, where the template has a place for it."""
        name = parameters.get("KubernetesTokenParameter")
        return {name: TOKEN} if name else {}

    def answer(self, request: Request) -> Reply:
        if request.path.startswith(f"{PREFIX}/"):
            kind = self._next_trouble()
            if kind == "timeout":
                self.released.wait(self._hang)
                return Reply(504)
            return self._api.dated(trouble(kind)) if kind else self._api.answer(request)
        if request.path == "/kubernetes/" and request.method == "GET":
            with self.cluster.lock:
                self.cluster.settle()
                return Reply(200, page(self.cluster), _PAGE)
        if request.path in ("/kubernetes/control", "/control/kubernetes") and request.method == "POST":
            return self._control(request.body)
        return Reply(404, "not found")

    def add(self, kind: Kind, namespace: str, given: Object, manager: str = "kubectl") -> Object:
        """Put an object there, as somebody does; its controllers act at once, or after their delay."""
        with self.cluster.lock:
            made = self.cluster.create(kind, namespace, given, manager)
            self.cluster.settle()
            return made

    def namespace(self, given: Object) -> Object:
        return self.add(kinds.NAMESPACES, "", given)

    def scale(self, kind: Kind, namespace: str, name: str, size: int, manager: str = "kubectl") -> Object:
        """What `kubectl scale` does."""
        with self.cluster.lock:
            given = self.cluster.get(kind, namespace, name)
            after = self.cluster.update(
                kind, namespace, name, given | {"spec": given["spec"] | {"replicas": size}}, manager
            )
            self.cluster.settle()
            return after

    def trouble(self, *names: str) -> None:
        """The next calls of the API meet these, one each; "" is none. Raises ValueError for one that is not known."""
        for each in names:
            if each and each not in TROUBLES:
                raise ValueError(f"{each!r} is none of {', '.join(TROUBLES)}")
        with self.cluster.lock:
            self._troubles.extend(names)

    def calm(self) -> None:
        """Forget troubles that nobody met."""
        with self.cluster.lock:
            self._troubles.clear()

    def _next_trouble(self) -> str:
        with self.cluster.lock:
            return self._troubles.popleft() if self._troubles else ""

    def _control(self, body: bytes) -> Reply:
        """`{"next": ["429", "timeout"], "delay": 30, "compact": true}`: each is optional."""
        try:
            given: Any = json.loads(body)
            following, delay = given.get("next", []), float(given.get("delay", 0))
            self.trouble(*([following] if isinstance(following, str) else map(str, following)))
            with self.cluster.lock:
                if "delay" in given:
                    self.cluster.delay = timedelta(seconds=delay)
                if given.get("compact"):
                    self.cluster.compact()
        except (ValueError, AttributeError, TypeError, OverflowError) as error:
            return Reply(400, f'send {{"next": [...], "delay": seconds, "compact": true}}: {error}')
        return Reply(200, "ok")
