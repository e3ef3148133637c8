"""The client against the double of GitHub, over HTTP on loopback; its time stands still unless moved."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from kaizen.github.auth import App, AppAuth, TokenAuth
from kaizen.github.client import Github
from kaizen.github.comments import Author
from kaizen.github.kms import kms_signer
from kaizen.runtime.outbound import Outbound
from local.outside.github.service import LOGIN, TOKEN, GithubService
from local.outside.service import Request
from tests.contract.outside_door import door

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAME = "example-org/checkout"
APP_ID, INSTALLATION, SLUG = 4711, 99, "kaizen-review"
US = Author(login=LOGIN)
THE_APP = Author(app_id=APP_ID)
# Variables of a function that is known by its token.
NO_APP = {"GITHUB_APP_ID": "", "GITHUB_APP_INSTALLATION_ID": "", "GITHUB_APP_SIGNER": ""}


class World:
    """`token` is what the secret holds; `heard` are the requests that arrived."""

    def __init__(self, service: GithubService, address: str, heard: list[Request], send: Outbound) -> None:
        self.service, self.address, self.heard, self.send = service, address, heard, send
        self.now = NOW
        self.token = TOKEN
        self.fresh = 0
        self.repository = service.world.repository(NAME)

    def read(self, parameter: str, *, fresh: bool = False) -> str:
        assert parameter == "/kaizen/github/token"
        self.fresh += fresh
        return self.token

    def by_token(self) -> Github:
        return Github(self.api, TokenAuth("/kaizen/github/token", self.read), self.send, lambda: self.now)

    def by_app(self, kms: Any, key_id: str) -> Github:
        auth = AppAuth(App(str(APP_ID), INSTALLATION), self.api, kms_signer(kms, key_id), self.send, lambda: self.now)
        return Github(self.api, auth, self.send, lambda: self.now)

    @property
    def api(self) -> str:
        return str(self.service.parameters(self.address)["GithubApiUrl"])

    def lines(self) -> list[str]:
        """What was asked, a line each."""
        return [f"{each.method} {each.path.removeprefix('/github/api')}" for each in self.heard]

    def pass_time(self, by: timedelta) -> None:
        self.now += by


@contextmanager
def github() -> Iterator[World]:
    holder: list[World] = []
    service = GithubService(clock=lambda: holder[0].now if holder else NOW, hang=20)
    with door(service) as (address, heard):
        holder.append(World(service, address, heard, Outbound(connect=2, read=2)))
        try:
            yield holder[0]
        finally:
            service.released.set()
