"""Headers and bodies: what is read, and what is refused with which status."""

import json
from typing import Any

import pytest

from github_webhook.delivery import RequestError, read_headers, read_payload
from tests.unit.webhook.samples import form_body, json_body

ID = "d87a132e-17ad-5294-a6b7-42cf85b65306"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def test_headers() -> None:
    headers = read_headers("issues", ID, "480001")
    assert (headers.event, headers.delivery_id, headers.hook_id) == ("issues", ID, "480001")
    assert read_headers("issue_comment", ID, "").hook_id == ""
    assert read_headers("projects_v2_item", ID, "").event == "projects_v2_item"


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        (("", ID, ""), "X-GitHub-Event"),
        (("Issues", ID, ""), "X-GitHub-Event"),
        (("2fa", ID, ""), "X-GitHub-Event"),
        (("issues,issues", ID, ""), "X-GitHub-Event"),
        (("issues\n", ID, ""), "X-GitHub-Event"),
        (("i" * 65, ID, ""), "X-GitHub-Event"),
        (("issues", "", ""), "X-GitHub-Delivery"),
        (("issues", "a b", ""), "X-GitHub-Delivery"),
        (("issues", "x" * 65, ""), "X-GitHub-Delivery"),
        (("issues", "a#b", ""), "X-GitHub-Delivery"),
        (("issues", ID, "é"), "X-GitHub-Hook-ID"),
        (("issues", ID, "1#2"), "X-GitHub-Hook-ID"),
    ],
)
def test_headers_at_fault(headers: tuple[str, str, str], named: str) -> None:
    with pytest.raises(RequestError, match=named) as caught:
        read_headers(*headers)
    assert (caught.value.status, caught.value.reason) == (400, "headers")


@pytest.mark.parametrize("content_type", [JSON, "Application/JSON; charset=utf-8", " application/json ;x"])
@pytest.mark.parametrize("content", [{}, {"action": "opened", "é": ["👩‍👩‍👧", None, 1.5]}])
def test_json_bodies(content: dict[str, Any], content_type: str) -> None:
    assert read_payload(json_body(content), content_type) == content


@pytest.mark.parametrize("content", [{}, {"action": "opened", "title": "a&b=c+d é 👍 %"}])
def test_form_bodies(content: dict[str, Any]) -> None:
    assert read_payload(form_body(content), f"{FORM}; charset=utf-8") == content


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/jsonp", "multipart/form-data", "\ud800"])
def test_other_content_types(content_type: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_payload(b"{}", content_type)
    assert caught.value.status == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"1",
        b'"text"',
        b"{}{}",
        b"\xff\xfe\xfa",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": "\x01"}',
        b"{'a': 1}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_bodies_that_are_no_json_object(body: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        read_payload(body, JSON)
    assert (caught.value.status, caught.value.reason) == (400, "json")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "form"),
        (b"payload", "form"),
        (b"payload=", "form"),
        (b"other=%7B%7D", "form"),
        (b"payload=%7B%7D&payload=%7B%7D", "form"),
        (b"\xff=\xff", "form"),
        (b"&".join(b"a=%d" % number for number in range(1000)), "form"),
        (b"payload=%7B", "json"),
        (b"payload=%FF", "json"),
        (b"payload=%5B%5D", "json"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_forms_at_fault(body: bytes, reason: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_payload(body, FORM)
    assert (caught.value.status, caught.value.reason) == (400, reason)


def test_of_two_equal_keys_the_last_counts_as_everywhere_in_json() -> None:
    assert read_payload(b'{"action": "opened", "action": "closed"}', JSON) == json.loads('{"action": "closed"}')
