"""GitHub's answers, sorted without any network: nothing that can be answered makes the sorting fail."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.github import reading
from kaizen.github.answers import content, error_of
from kaizen.github.client import base_address, repository_path
from kaizen.github.errors import (
    ForbiddenError,
    GithubError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
)
from kaizen.github.paging import next_address
from kaizen.runtime.outbound import Answer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SPENT = {"x-ratelimit-remaining": "0"}


def answer(status: int, message: str = "", **headers: str) -> Answer:
    return Answer(status, headers, json.dumps({"message": message}).encode())


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (answer(401), UnauthorizedError),
        (answer(403, "Resource not accessible by integration"), ForbiddenError),
        (Answer(403, {"x-ratelimit-remaining": "12"}, b"{}"), ForbiddenError),
        (Answer(403, SPENT, b"{}"), RateLimitedError),
        (Answer(403, {"retry-after": "3"}, b"{}"), RateLimitedError),
        (answer(403, "You have exceeded a secondary rate limit."), RateLimitedError),
        (answer(429), RateLimitedError),
        (answer(404), NotFoundError),
        (answer(410), NotFoundError),
        (answer(409), RefusedError),
        (answer(422), UnprocessableError),
        (answer(304), RefusedError),
        (Answer(502, {}, b"<html>"), UnavailableError),
        (answer(503), UnavailableError),
    ],
)
def test_what_an_answer_means(given: Answer, kind: type[GithubError]) -> None:
    assert type(error_of(given, NOW)) is kind


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "17"}, 17),
        ({"retry-after": "17"} | SPENT | {"x-ratelimit-reset": "1"}, 17),
        (SPENT | {"x-ratelimit-reset": str(int(NOW.timestamp()) + 300)}, 301),
        (SPENT | {"x-ratelimit-reset": "12"}, 1),  # over already
        (SPENT | {"x-ratelimit-reset": "soon"}, 60),
        ({"retry-after": "-5"}, 60),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "99999999999"}, 86_400),
        ({}, 60),
    ],
)
def test_how_long_a_limit_lasts(headers: dict[str, str], wait: int) -> None:
    error = error_of(Answer(429, headers, b""), NOW)
    assert isinstance(error, RateLimitedError)
    assert error.wait == wait


def test_the_message_names_the_field() -> None:
    errors = [{"resource": "IssueComment", "field": "data", "code": "unprocessable", "message": "Body is too long"}]
    body = json.dumps({"message": "Validation Failed", "errors": [*errors, "words"]}).encode()
    words = str(error_of(Answer(422, {}, body), NOW))
    assert words == "GitHub answered 422: Validation Failed; data unprocessable Body is too long; words"


def test_good_answers() -> None:
    assert content(Answer(200, {}, b'[{"id": 1}]'), NOW) == [{"id": 1}]
    assert content(Answer(204, {}, b""), NOW) is None
    for body in (b"<html>", b"[" * 100_000, b"\xff"):
        with pytest.raises(UnavailableError):
            content(Answer(200, {}, body), NOW)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["message", "errors", "a"]), inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(
    status=st.integers(300, 599),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"]), st.text(max_size=14)
    ),
    body=_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60),
)
def test_no_answer_makes_the_sorting_fail(status: int, headers: dict[str, str], body: bytes) -> None:
    error = error_of(Answer(status, headers, body), NOW)
    assert isinstance(error, GithubError)
    assert len(str(error)) < 400
    if isinstance(error, RateLimitedError):
        assert 1 <= error.wait <= 86_400


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("", ""),
        ('<https://api.github.com/x?page=2>; rel="next", <https://api.github.com/x?page=9>; rel="last"', "2"),
        ('<https://api.github.com/x?page=1>; rel="prev", <https://api.github.com/x?page=3>; rel="next"', "3"),
        ('<https://api.github.com/x?after=a,b%3E&page=4>; rel="next"', "4"),
        ('<https://api.github.com/x?page=5>; title="a, b"; rel=next', "5"),
        ('<https://api.github.com/x?page=1>; rel="first", <https://api.github.com/x?page=1>; rel="prev"', ""),
        ("nonsense <", ""),
    ],
)
def test_the_next_page(link: str, address: str) -> None:
    assert next_address(link).rpartition("page=")[2] == address


@settings(deadline=None)
@given(st.text(alphabet='<>;=", relnxt', max_size=300))
def test_no_link_header_makes_paging_fail(link: str) -> None:
    next_address(link)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api.github.com",
        "http://api.github.com",
        "ftp://api.github.com",
        "https://user@api.github.com",
        "https://a?b",
    ],
)
def test_addresses_that_would_leak_a_token(address: str) -> None:
    with pytest.raises(ValueError, match="GithubApiUrl"):
        base_address(address)


def test_addresses_that_are_good() -> None:
    assert base_address("https://api.github.com/") == "https://api.github.com"
    assert base_address("https://github.example.org/api/v3") == "https://github.example.org/api/v3"
    assert base_address("http://127.0.0.1:8701/github/api") == "http://127.0.0.1:8701/github/api"


@pytest.mark.parametrize("name", ["", "a", "a/b/c", "a/..", "a/.", "../b", "a/b?c", "a b/c", "a/b\n"])
def test_what_is_no_repository(name: str) -> None:
    with pytest.raises(ValueError, match="owner/name"):
        repository_path(name)


@pytest.mark.parametrize("given", [None, [], "x", {"a": None}, {"a": 1}, {"a": {"b": []}}, {"a": {"b": True}}])
def test_answers_of_another_shape_are_errors(given: Any) -> None:
    for read in (reading.text, reading.number, reading.instant):
        with pytest.raises(UnavailableError, match=r"a\.b"):
            read(given, "a.b")
