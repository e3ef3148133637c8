"""An API server for tests: the double over HTTP on loopback, or the real one that `KUBE_CONTRACT_URL` names."""

import _socket
import json
import os
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kaizen.runtime.outbound import Outbound
from local.outside.kubernetes import manifests
from local.outside.kubernetes.service import PREFIX, TOKEN, KubernetesService
from local.outside.service import Request
from sandbox_reaper.kubernetes.client import Client
from sandbox_reaper.kubernetes.reader import OPT_IN, KubernetesReader
from sandbox_reaper.kubernetes.writer import KubernetesWriter
from tests.contract.outside_door import Door, door

MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SIGN, _, VALUE = OPT_IN.partition("=")


@dataclass(frozen=True)
class Said:
    status: int
    content: Any
    headers: Mapping[str, str]

    @property
    def version(self) -> str:
        return str(self.content["metadata"]["resourceVersion"])


class Server:
    """Plain HTTP with one token; `call` says what came, whatever it is."""

    def __init__(self, address: str, token: str, send: Outbound) -> None:
        self.address, self.token, self._send = address, token, send

    def call(self, method: str, path: str, given: Any = None, form: str = "application/json") -> Said:
        headers = {"authorization": f"Bearer {self.token}", "content-type": form, "user-agent": "kaizen-contract/1"}
        body = None if given is None else json.dumps(given).encode()
        answer = self._send(method, self.address + path, headers, body)
        try:
            content = json.loads(answer.body)
        except ValueError:
            content = answer.body.decode()
        return Said(answer.status, content, answer.headers)

    def good(self, method: str, path: str, given: Any = None, form: str = "application/json") -> Said:
        said = self.call(method, path, given, form)
        assert 200 <= said.status < 300, said
        return said

    def merge(self, path: str, given: Any) -> Said:
        return self.call("PATCH", path, given, MERGE)

    def as_other(self, token: str) -> "Server":
        return Server(self.address, token, self._send)

    @contextmanager
    def namespace(self) -> Iterator[str]:
        """A new namespace, which is deleted in the end."""
        name = f"kaizen-contract-{uuid.uuid4().hex[:8]}"
        self.good("POST", "/api/v1/namespaces", manifests.namespace(name, {"kaizen-contract": name}))
        try:
            yield name
        finally:
            self.good("DELETE", f"/api/v1/namespaces/{name}")


class _PatchDoor(Door):
    """Kubernetes also takes PUT and DELETE."""

    do_PUT = do_DELETE = Door.do_PATCH  # noqa: N815


@contextmanager
def server() -> Iterator[Server]:
    address = os.environ.get("KUBE_CONTRACT_URL")
    if not address:
        with door(KubernetesService(), _PatchDoor) as (local, _):
            yield Server(local + PREFIX, TOKEN, Outbound(connect=5, read=10))
        return
    ca = Path(os.environ["KUBE_CONTRACT_CA"]).read_text(encoding="utf-8") if "KUBE_CONTRACT_CA" in os.environ else None
    token = os.environ["KUBE_CONTRACT_TOKEN"]
    with pytest.MonkeyPatch.context() as patch:
        # The one test that may leave this machine, and only where somebody said whereto.
        patch.setattr(socket.socket, "connect", _socket.socket.connect)
        yield Server(address.rstrip("/"), token, Outbound(connect=5, read=30, ca=ca))


class World:
    """The double with a reader and a writer on it; its time stands still unless moved. `waits` are their sleeps."""

    def __init__(self, service: KubernetesService, address: str, heard: list[Request]) -> None:
        self.service, self.address, self.heard = service, address, heard
        self.now = NOW
        self.token_text = TOKEN
        self.refreshed = 0
        self.waits: list[float] = []
        self.client = Client(address + PREFIX, self, Outbound(connect=2, read=2), self.waits.append)
        self.reader = KubernetesReader(self.client)
        self.writer = KubernetesWriter(self.client)

    def token(self, *, fresh: bool = False) -> str:
        self.refreshed += fresh
        return self.token_text

    def space(self, name: str, labels: Mapping[str, str] | None = None, **annotations: str) -> str:
        """A namespace that is opted in."""
        given = manifests.namespace(name, {SIGN: VALUE} | dict(labels or {}), annotations)
        return str(self.service.namespace(given)["metadata"]["uid"])

    def pass_time(self, by: timedelta) -> None:
        self.now += by

    def lists(self) -> list[str]:
        """Paths of what was asked since the last time."""
        asked = [each.path.removeprefix(PREFIX) for each in self.heard]
        self.heard.clear()
        return asked


@contextmanager
def world() -> Iterator[World]:
    holder: list[World] = []
    service = KubernetesService(clock=lambda: holder[0].now if holder else NOW, hang=20)
    with door(service, _PatchDoor) as (address, heard):
        holder.append(World(service, address, heard))
        try:
            yield holder[0]
        finally:
            service.released.set()
