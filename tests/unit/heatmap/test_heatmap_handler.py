"""The door of the page: the document, its assets, tags, codings, and what is not there."""

import base64
import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kaizen.phase.page import read_page
from kaizen.runtime.clients import built
from phase_heatmap import handler
from phase_heatmap.exchange import ASSET_ROUTES, DOCUMENT_ROUTES
from schema_handshake import handler as handshake
from tests.architecture.house import FUNCTIONS, function_of

CONTEXT = SimpleNamespace(function_name="PhaseHeatmap", memory_limit_in_mb=512, invoked_function_arn="arn",
                          aws_request_id="r")  # fmt: skip
PAGE = read_page(FUNCTIONS)


@pytest.fixture(autouse=True)
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PHASE_BUCKET": "phases-of-ours",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    for cached in (handler.settings, handler.history, built):
        cached.cache_clear()


def call(route: str, path: str = "", headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    method, _, pattern = route.partition(" ")
    event = {
        "routeKey": route,
        "rawPath": pattern.replace("{path+}", path),
        "headers": dict(headers or {}),
        "pathParameters": {"path": path} if path else {},
        "requestContext": {"http": {"method": method}, "requestId": "r1"},
    }
    answer: dict[str, Any] = handler.lambda_handler(event, CONTEXT)
    return answer


def asset(name: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    return call("GET /phase/assets/{path+}", f"{PAGE.build}/{name}", headers)


def body(answer: Mapping[str, Any]) -> bytes:
    if answer["isBase64Encoded"]:
        return gzip.decompress(base64.b64decode(answer["body"]))
    return str(answer["body"]).encode()


def test_the_document_names_assets_that_there_are() -> None:
    answer = call("GET /phase/")
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert answer["headers"]["cache-control"] == "no-cache"
    addresses = re.findall(r'(?:src|href)="assets/([^"]+)"', body(answer).decode())
    assert {address.partition("/")[0] for address in addresses} == {PAGE.build}
    # All of them: modules that are named here come at once, not one import after the other.
    assert {address.partition("/")[2] for address in addresses} == set(PAGE.assets)
    for address in addresses:
        assert call("GET /phase/assets/{path+}", address)["statusCode"] == 200


def test_the_policy_of_the_document_is_strict() -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in call("GET /phase/")["headers"]["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self' https://phases-of-ours.s3.eu-west-1.amazonaws.com"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in str(policy)
    document = body(call("GET /phase/")).decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", document), "the policy would block it"


def test_all_assets_have_their_types_and_stay_for_ever() -> None:
    for name, file in PAGE.assets.items():
        answer = asset(name)
        assert answer["statusCode"] == 200
        assert body(answer) == file.data
        assert answer["headers"]["cache-control"] == "public, max-age=31536000, immutable"
        assert answer["headers"]["x-content-type-options"] == "nosniff"
    kinds = {name: asset(name)["headers"]["content-type"] for name in ("app.js", "page.css", "icon.svg")}
    assert kinds == {
        "app.js": "text/javascript; charset=utf-8",
        "page.css": "text/css; charset=utf-8",
        "icon.svg": "image/svg+xml; charset=utf-8",
    }


@pytest.mark.parametrize("coding", ["", "gzip, deflate, br"])
@pytest.mark.parametrize(("route", "path"), [(DOCUMENT_ROUTES[0], ""), (ASSET_ROUTES[0], f"{PAGE.build}/app.js")])
def test_who_has_it_already_gets_304(route: str, path: str, coding: str) -> None:
    first = call(route, path, {"Accept-Encoding": coding})
    again = call(route, path, {"Accept-Encoding": coding, "If-None-Match": first["headers"]["etag"]})
    assert (again["statusCode"], again["body"]) == (304, "")
    assert again["headers"]["etag"] == first["headers"]["etag"]
    assert again["headers"].get("content-security-policy") == first["headers"].get("content-security-policy")
    assert call(route, path, {"Accept-Encoding": coding, "If-None-Match": '"other"'})["statusCode"] == 200


def test_codings_have_tags_of_their_own() -> None:
    plain, zipped = asset("app.js"), asset("app.js", {"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain["headers"]
    assert zipped["headers"]["content-encoding"] == "gzip"
    assert body(plain) == body(zipped)
    assert plain["headers"]["etag"] != zipped["headers"]["etag"]
    assert zipped["headers"]["vary"] == "Accept-Encoding"


def test_head_is_get_without_a_body() -> None:
    for get, head, path in zip(DOCUMENT_ROUTES[:1] + ASSET_ROUTES[:1], DOCUMENT_ROUTES[1:] + ASSET_ROUTES[1:],
                               ("", f"{PAGE.build}/app.js"), strict=True):  # fmt: skip
        given, asked = call(get, path), call(head, path)
        assert asked["statusCode"] == 200
        assert asked["body"] == ""
        assert asked["headers"] == given["headers"]


@pytest.mark.parametrize(
    "path",
    [
        f"{PAGE.build}/nothing.js",
        f"{PAGE.build}/index.html",
        f"{PAGE.build}/package.json",
        f"{PAGE.build}/../../handler.py",
        f"{PAGE.build}//etc/passwd",
        f"{PAGE.build}/..%2f..%2fhandler.py",
        "0123456789abcdef/app.js",
        "app.js",
        "",
    ],
)
def test_what_is_no_asset_is_404(path: str) -> None:
    answer = call("GET /phase/assets/{path+}", path)
    assert answer["statusCode"] == 404
    assert answer["headers"]["cache-control"] == "no-store"
    assert json.loads(answer["body"])["build"] == PAGE.build


def test_pages_of_others_come_by_a_version_to_the_build_of_today() -> None:
    for name in PAGE.assets:
        answer = call("GET /phase/assets/{path+}", f"v1/{name}")
        assert answer["statusCode"] == 307
        assert answer["headers"]["location"] == f"../{PAGE.build}/{name}"
        assert answer["headers"]["cache-control"] == "no-cache", "tomorrow it may be another"
        for each in (answer, asset(name)):
            assert each["headers"]["access-control-allow-origin"] == "*"
            assert each["headers"]["cross-origin-resource-policy"] == "cross-origin"
    for path in ("v1/nothing.js", "v1/index.html", "v1", "v2/app.js", "v1/../app.js"):
        assert call("GET /phase/assets/{path+}", path)["statusCode"] == 404
    assert "access-control-allow-origin" not in call("GET /phase/")["headers"]


def test_another_route_is_404() -> None:
    assert call("GET /phase/other")["statusCode"] == 404


def test_routes_are_the_templates() -> None:
    events = function_of("phase_heatmap")["Events"].values()
    routes = {f"{each['Properties']['Method']} {each['Properties']['Path']}" for each in events}
    assert routes == {*DOCUMENT_ROUTES, *ASSET_ROUTES}


def test_the_build_names_every_byte(tmp_path: Path) -> None:
    web = tmp_path / "phase_heatmap" / "web"
    web.mkdir(parents=True)
    (web / "index.html").write_text("<a href='assets/{{build}}/a.js'>")
    (web / "a.js").write_text("1")
    (web / "tsconfig.json").write_text("{}")
    builds = [read_page(tmp_path).build]
    for name, text in (("a.js", "2"), ("b.js", ""), ("index.html", "{{build}} {{build}}")):
        (web / name).write_text(text)
        builds.append(read_page(tmp_path).build)
    assert len(set(builds)) == 4
    page = read_page(tmp_path)
    assert page.document.data == f"{page.build} {page.build}".encode()
    assert set(page.assets) == {"a.js", "b.js"}
    (web / "index.html").unlink()
    with pytest.raises(FileNotFoundError):
        read_page(tmp_path)


def test_the_handshake_knows_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a page of another build is told to reload."""
    monkeypatch.setattr(handshake, "settings", lambda: handshake.HandshakeSettings("t", "m", "p", None))
    handshake.server.cache_clear()
    assert handshake.server().build == PAGE.build
    handshake.server.cache_clear()
