"""The outside world's one port: who answers what, and Slack behind the paths that it always had."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from local.outside import SERVICES, world
from local.outside.service import Reply, Request
from local.outside.slack.service import BOT_TOKEN, Slack
from local.outside.slack.workspace import WEBHOOK_PATH
from local.outside.world import World


class Echo:
    """Says what it was asked for."""

    prefixes: tuple[str, ...] = ("/api/v3/", "/echo")
    links = (("/echo", "An <echo>"),)

    def parameters(self, address: str) -> Mapping[str, str]:
        return {"EchoUrl": f"{address}/api/v3"}

    def secrets(self, address: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
        return {parameters["EchoToken"]: "secret"}

    def answer(self, request: Request) -> Reply:
        told = f"{request.method} {request.path}?{request.query} {request.headers.get('x-a')} {request.body.decode()}"
        return Reply(201, told.encode(), (("Content-Type", "text/echo"),))


@contextmanager
def opened(given: World) -> Iterator[str]:
    server = world.serve(0, given)
    server.start()
    try:
        yield server.address
    finally:
        server.end()


def ask(url: str, body: str | None = None, method: str | None = None, **headers: str) -> tuple[int, str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None and body.startswith("{"):
        named["Content-Type"] = "application/json"
    request = urllib.request.Request(url, None if body is None else body.encode(), named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.status, answer.headers["content-type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["content-type"], error.read().decode()


def test_the_longest_prefix_answers() -> None:
    with opened(World({"slack": Slack, "echo": Echo})) as address:
        assert ask(f"{address}/api/v3/repos?a=%20b", "{}", "PATCH", X_A="1") == (
            201, "text/echo", "PATCH /api/v3/repos?a=%20b 1 {}",
        )  # fmt: skip
        assert json.loads(ask(f"{address}/api/auth.test")[2]) == {"ok": False, "error": "not_authed"}
        assert ask(f"{address}/control/echo", "{}")[:2] == (201, "text/echo")
        assert ask(f"{address}/nothing")[0] == 404
        status, kind, page = ask(f"{address}/")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert '<a href="/echo">An &lt;echo&gt;</a>' in page
    assert '<a href="/slack/">' in page


def test_slack_keeps_its_paths() -> None:
    given = World()
    with opened(given) as address:
        assert ask(address + WEBHOOK_PATH, '{"text": "hello"}') == (200, "text/html", "ok")
        assert ask(f"{address}/services/T1/B1/x", "{}")[::2] == (404, "no_service")
        posted = ask(f"{address}/api/chat.postMessage", "channel=C0123456&text=hi&token=" + BOT_TOKEN)
        assert json.loads(posted[2])["ok"] is True
        assert [each["text"] for each in json.loads(ask(f"{address}/messages")[2])] == ["hello", "hi"]
        assert "hello" in ask(f"{address}/slack/")[2]
        for path in ("/control", "/control/slack"):
            assert ask(address + path, '{"next": ["fatal_error"]}')[::2] == (200, "ok")
            assert ask(address + WEBHOOK_PATH, '{"text": "lost"}')[0] == 500
        assert ask(f"{address}/control", '{"next": ["rain"]}')[0] == 400
    assert given.of(Slack).workspace is given.of(Slack).workspace
    assert given["slack"] is given.of(Slack)


def test_every_service_takes_orders_by_its_name() -> None:
    with opened(World()) as address:
        for name in SERVICES:
            status, _, words = ask(f"{address}/control/{name}", "[]", "POST")
            assert status == 400, (name, status, words)


def test_settings_come_from_the_services() -> None:
    given = World({"echo": Echo})
    assert given.parameters("http://here") == {"EchoUrl": "http://here/api/v3"}
    assert given.secrets("http://here", {"EchoToken": "/echo"}) == {"/echo": "secret"}
    assert given.links("http://here") == [("http://here/echo", "An <echo>")]
    with pytest.raises(KeyError):
        given.of(Slack)


def test_two_services_cannot_claim_one_prefix() -> None:
    with pytest.raises(ValueError, match=r"the service again claims /api/v3/"):
        World({"echo": Echo, "again": Echo})
