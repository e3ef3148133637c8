"""The door of the feed: conditional answers, codings, tokens, faults; on a store in memory."""

import base64
import gzip
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import feedparser
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from kaizen.mttr import window_attributes
from kaizen.policy import Policy
from kaizen.runtime.secrets import SecretError
from kaizen.storage.items import to_item
from kaizen.tickets import FeedItem, feed_item_attributes
from tests.unit.feed.rules import faults
from tests.unit.feed.samples import CONTEXT, event, policy, request, windows
from ticket_feed import exchange, handler

Call = Callable[..., dict[str, Any]]
TOKEN = "s3cret-token&more"
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()
VALIDATORS = {"etag", "cache-control", "vary", "last-modified"}


class Memory:
    """The two tables as far as the feed reads and counts; `broken` names the operations that fail."""

    def __init__(self, items: list[FeedItem]) -> None:
        self.items = items
        self.broken: dict[str, Exception] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def query(self, **request: Any) -> dict[str, Any]:
        self._called("query", request)
        if request["TableName"] == "metrics":
            return {"Items": [to_item(window_attributes(each)) for each in windows().values()]}
        newest = sorted(map(feed_item_attributes, self.items), key=lambda each: each["sk"], reverse=True)
        start = int(request.get("ExclusiveStartKey", {"at": {"N": "0"}})["at"]["N"])
        end = start + request["Limit"]
        answer: dict[str, Any] = {"Items": [to_item(each) for each in newest[start:end]]}
        return answer | ({"LastEvaluatedKey": {"at": {"N": str(end)}}} if end < len(newest) else {})

    def update_item(self, **request: Any) -> dict[str, Any]:
        self._called("update_item", request)
        return {}

    def counted(self) -> list[list[str]]:
        """[format, code] of each count."""
        keys = [request["Key"] for name, request in self.calls if name == "update_item"]
        assert all(key["metric"] == {"S": "kaizen_feed_requests_total"} for key in keys)
        return [json.loads(key["series"]["S"].partition("#")[0]) for key in keys]

    def _called(self, operation: str, request: dict[str, Any]) -> None:
        self.calls.append((operation, request))
        if operation in self.broken:
            raise self.broken[operation]


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    made = Memory([event(1), event(2, "closed"), event(3, component="web", severity="sev2")])
    settings = handler.FeedSettings("local", "tickets", "metrics", "/kaizen/policy")
    monkeypatch.setattr(handler, "settings", lambda: settings)
    monkeypatch.setattr(handler, "dynamodb", lambda: made)
    return made


@pytest.fixture
def in_force(monkeypatch: pytest.MonkeyPatch) -> Callable[[Policy], None]:
    def put(given: Policy) -> None:
        monkeypatch.setattr(handler, "current_policy", lambda _: given)

    return put


@pytest.fixture
def call(memory: Memory, in_force: Callable[[Policy], None]) -> Call:
    in_force(policy())

    def get(form: str = "atom", query: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = handler.lambda_handler(request(form, query, **more), CONTEXT)
        return answer

    return get


def body(answer: dict[str, Any]) -> bytes:
    content: str = answer["body"]
    plain = base64.b64decode(content) if answer["isBase64Encoded"] else content.encode()
    return gzip.decompress(plain) if answer["headers"].get("content-encoding") == "gzip" else plain


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_a_first_visit(call: Call, memory: Memory, form: str) -> None:
    answer = call(form)
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == f"application/{form}+xml; charset=utf-8"
    assert answer["headers"]["cache-control"] == "public, max-age=900"
    assert answer["headers"]["last-modified"] == "Sun, 01 Mar 2026 09:33:00 GMT"
    assert answer["headers"]["vary"] == "Accept-Encoding"
    assert faults(body(answer), form, f"https://feeds.example.org/feed.{form}") == []
    parsed = feedparser.parse(body(answer))
    assert not parsed.bozo
    assert [entry.link[-1] for entry in parsed.entries] == ["3", "2", "1"]
    assert memory.counted() == [[form, "200"]]


def test_max_age_and_ttl_agree(call: Call) -> None:
    assert b"<ttl>15</ttl>" in body(call("rss"))


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_a_second_visit_costs_nothing(call: Call, memory: Memory, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = call(form)
    monkeypatch.setattr(exchange, "render", lambda *_: pytest.fail("a 304 needs no rendering"))
    again = call(form, if_none_match=first["headers"]["etag"])
    assert (again["statusCode"], again["body"]) == (304, "")
    assert again["headers"] == {name: first["headers"][name] for name in VALIDATORS}
    assert memory.counted() == [[form, "200"], [form, "304"]]


def test_a_new_event_is_a_new_tag(call: Call, memory: Memory) -> None:
    first = call()
    memory.items.append(event(4))
    again = call(if_none_match=first["headers"]["etag"])
    assert again["statusCode"] == 200
    assert again["headers"]["etag"] != first["headers"]["etag"]


def test_by_date_alone(call: Call) -> None:
    assert call(if_modified_since="Sun, 01 Mar 2026 09:33:00 GMT")["statusCode"] == 304
    assert call(if_modified_since="Sun, 01 Mar 2026 09:32:59 GMT")["statusCode"] == 200
    assert call(if_modified_since="Sun, 01 Mar 2026 09:33:00 GMT", if_none_match='"other"')["statusCode"] == 200


def test_an_empty_feed(call: Call, memory: Memory) -> None:
    memory.items.clear()
    answer = call("rss")
    assert answer["statusCode"] == 200
    assert "last-modified" not in answer["headers"]
    assert call("rss", if_none_match=answer["headers"]["etag"])["statusCode"] == 304
    assert call("rss", if_modified_since="Sun, 01 Mar 2026 09:33:00 GMT")["statusCode"] == 200


@pytest.mark.parametrize("headers", [{}, {"accept_encoding": "gzip"}, {"if_none_match": "*"}])
@pytest.mark.parametrize("query", [{}, {"state": "ajar"}, {"state": "open"}])
def test_head_is_answered_as_get_for_the_gateway_to_leave_the_body_out(
    call: Call, query: dict[str, str], headers: dict[str, str]
) -> None:
    """The gateway counts the length from the body: an empty one made HEAD say 0 where GET says thousands."""
    assert call("atom", query, verb="HEAD", **headers) == call("atom", query, **headers)


def test_gzip(call: Call) -> None:
    plain, zipped = call(), call(accept_encoding="br, gzip;q=0.5")
    assert zipped["headers"]["content-encoding"] == "gzip"
    assert "content-encoding" not in plain["headers"]
    assert body(zipped) == body(plain)
    assert zipped["body"] == call(accept_encoding="gzip")["body"]
    # A strong tag names the bytes of one coding, and is only good for that.
    assert zipped["headers"]["etag"] == plain["headers"]["etag"][:-1] + '-gzip"'
    assert call(accept_encoding="gzip", if_none_match=zipped["headers"]["etag"])["statusCode"] == 304
    assert call(if_none_match=zipped["headers"]["etag"])["statusCode"] == 200
    assert call(accept_encoding="gzip", if_none_match=plain["headers"]["etag"])["statusCode"] == 200


@pytest.mark.parametrize("accept", ["", "br", "gzip;q=0", "identity", "*;q=0"])
def test_no_gzip_unless_wanted(call: Call, accept: str) -> None:
    assert "content-encoding" not in call(accept_encoding=accept)["headers"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"component": "web"}, "3"),
        ({"severity": "SEV1"}, "21"),
        ({"state": "open"}, "31"),
        ({"state": "closed,open", "component": "api"}, "21"),
        ({"component": "data"}, ""),
        ({"component": "", "utm_source": "x"}, "321"),
    ],
)
def test_filters(call: Call, query: dict[str, str], numbers: str) -> None:
    answer = call("atom", query)
    assert "".join(entry.link[-1] for entry in feedparser.parse(body(answer)).entries) == numbers


def test_a_bad_filter_names_what_is_allowed(call: Call, memory: Memory) -> None:
    answer = call("rss", {"severity": "urgent"})
    problem = json.loads(answer["body"])
    assert answer["statusCode"] == problem["status"] == 400
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert problem["detail"] == "severity 'urgent' is none of sev1, sev2, sev3, sev4, unknown"
    assert problem["allowed"] == ["sev1", "sev2", "sev3", "sev4", "unknown"]
    assert memory.counted() == [["rss", "400"]]


def self_link(answer: dict[str, Any]) -> str:
    (link,) = [link.href for link in feedparser.parse(body(answer)).feed.links if link.rel == "self"]
    return str(link)


def test_the_self_link_is_canonical(call: Call) -> None:
    answer = call("atom", {"utm_source": "x", "state": "open,,closed", "component": "WEB,api", "token": "unused"})
    assert self_link(answer) == "https://feeds.example.org/feed.atom?component=api,web&state=closed,open"


@pytest.mark.parametrize(
    ("headers", "start"),
    [
        ({"host": "127.0.0.1:8080", "x-forwarded-proto": "http"}, "http://127.0.0.1:8080/feed.atom"),
        ({"host": 'evil"><x', "x-forwarded-proto": "gopher"}, "https://feeds.example.org/feed.atom"),
        ({"host": "a.example.org/evil", "x-forwarded-proto": ""}, "https://feeds.example.org/feed.atom"),
    ],
)
def test_the_self_link_follows_the_request(call: Call, headers: dict[str, str], start: str) -> None:
    assert self_link(call(**headers)) == start


def test_a_token_opens_the_feed_and_stays_in_the_self_link(call: Call, in_force: Callable[[Policy], None]) -> None:
    in_force(policy({"team": DIGEST}))
    answer = call("atom", {"token": TOKEN, "component": "api"})
    assert answer["statusCode"] == 200
    assert answer["headers"]["cache-control"] == "private, max-age=900"
    assert parse_qs(urlsplit(self_link(answer)).query) == {"component": ["api"], "token": [TOKEN]}
    assert faults(body(answer), "atom", self_link(answer)) == []
    assert call("atom", {"token": TOKEN}, if_none_match="*")["headers"]["cache-control"] == "private, max-age=900"


def test_a_bearer_token_does_as_well(call: Call, in_force: Callable[[Policy], None]) -> None:
    in_force(policy({"team": DIGEST}))
    answer = call("atom", authorization=f"bearer {TOKEN}")
    assert answer["statusCode"] == 200
    assert self_link(answer) == "https://feeds.example.org/feed.atom"


@pytest.mark.parametrize("query", [{}, {"token": "wrong"}, {"token": DIGEST}, {"token": "", "state": "ajar"}])
def test_without_the_token_nothing_is_read(
    call: Call, memory: Memory, in_force: Callable[[Policy], None], query: dict[str, str]
) -> None:
    in_force(policy({"team": DIGEST}))
    answer = call("rss", query, authorization="Basic Zm9v", if_none_match="*")
    assert answer["statusCode"] == 401
    assert answer["headers"]["www-authenticate"].startswith("Bearer")
    assert answer["headers"]["cache-control"] == "no-store"
    assert [name for name, _ in memory.calls] == ["update_item"]
    assert memory.counted() == [["rss", "401"]]


def test_tokens_are_never_logged(
    call: Call, in_force: Callable[[Policy], None], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    in_force(policy({"team": DIGEST}))
    caplog.set_level(logging.DEBUG)
    for token in (TOKEN, "wrong-token"):
        call("atom", {"token": token, "state": "open"})
        call("atom", {"token": token, "state": "ajar"})
    printed = capsys.readouterr()
    text = printed.out + printed.err + caplog.text
    assert "feed request" in text
    assert "s3cret" not in text
    assert "wrong-token" not in text


UNAVAILABLE = ClientError({"Error": {"Code": "InternalServerError", "Message": "x"}}, "Query")


@pytest.mark.parametrize("error", [UNAVAILABLE, EndpointConnectionError(endpoint_url="https://dynamodb")])
def test_a_store_that_fails(call: Call, memory: Memory, error: Exception) -> None:
    memory.broken["query"] = error
    answer = call("atom", if_none_match="*")
    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"] == "60"
    assert json.loads(answer["body"])["title"] == "Service Unavailable"
    assert memory.counted() == [["atom", "503"]]


def test_a_policy_that_cannot_be_read(call: Call, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> Policy:
        raise SecretError("the store is away")

    monkeypatch.setattr(handler, "current_policy", refuse)
    assert call()["statusCode"] == 503


def test_an_answer_stands_without_its_count(call: Call, memory: Memory) -> None:
    memory.broken["update_item"] = UNAVAILABLE
    assert call()["statusCode"] == 200


def test_calls_are_few(call: Call, memory: Memory) -> None:
    memory.items = [event(number) for number in range(1, 5000)]
    call()
    assert [(name, request["TableName"]) for name, request in memory.calls] == [
        ("query", "tickets"),
        ("query", "metrics"),
        ("update_item", "metrics"),
    ]
    memory.calls.clear()
    call("atom", {"component": "data"})
    assert sum(request["TableName"] == "tickets" for _, request in memory.calls) == 2  # 1,000 events, then no further


@pytest.mark.parametrize("path", ["/feed.json", "/feed", "/", "/feed.rss/x", "/feed.atom/"])
def test_another_path(call: Call, memory: Memory, path: str) -> None:
    answer = handler.lambda_handler(request() | {"rawPath": path}, CONTEXT)
    assert answer["statusCode"] == 404
    assert memory.calls == []


def test_a_feed_without_a_domain_of_its_own_goes_nowhere_but_on_one_machine(
    call: Call, in_force: Callable[[Policy], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids are for ever: under the placeholder of the default policy they would have to change once it is replaced."""
    in_force(replace(policy(), feed=replace(policy().feed, domain="kaizen.invalid")))
    assert call()["statusCode"] == 200
    monkeypatch.setattr(
        handler, "settings", lambda: handler.FeedSettings("prod", "tickets", "metrics", "/kaizen/policy")
    )
    answer = call()
    assert answer["statusCode"] == 503
    assert "feed.domain" in answer["body"]
    in_force(replace(policy(), feed=replace(policy().feed, domain="example.org")))
    assert call()["statusCode"] == 200
