"""Requests of a check run, JWTs and the choice of a comment, without any network."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.github.auth import InstallationToken, jwt
from kaizen.github.checks import Annotation, Report, requests
from kaizen.github.comments import Author, chosen, length
from kaizen.github.errors import TooLongError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@settings(deadline=None)
@given(st.integers(0, 400))
def test_each_annotation_goes_once_and_the_last_request_concludes(count: int) -> None:
    remarks = tuple(Annotation("a.yml", line, line, "notice", "x") for line in range(1, count + 1))
    bodies = requests(Report("rules", "failure", "t", "s", annotations=remarks), "abc")
    sent = [each["start_line"] for body in bodies for each in body["output"].get("annotations", [])]
    assert sent == list(range(1, count + 1))
    assert len(bodies) == max(1, -(-count // 50))
    assert all(len(body["output"].get("annotations", [])) <= 50 for body in bodies)
    assert ["conclusion" in body for body in bodies] == [False] * (len(bodies) - 1) + [True]
    assert ["name" in body for body in bodies] == [True] + [False] * (len(bodies) - 1)
    assert all(body["output"]["summary"] == "s" for body in bodies)


def test_what_is_too_long() -> None:
    with pytest.raises(TooLongError, match="summary has 65536"):
        requests(Report("rules", "success", "t", "x" * 65_536), "abc")
    with pytest.raises(TooLongError, match="text has"):
        requests(Report("rules", "success", "t", "s", text="x" * 65_536), "abc")
    cut = Annotation("a", 1, 1, "failure", "é" * 60_000, "t" * 300).content()
    assert (len(cut["message"].encode()), len(cut["title"])) == (65_536, 255)


def test_a_json_web_token() -> None:
    token = jwt("4711", NOW, lambda message: b"signed " + message[:4])
    head, claims, signature = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    assert json.loads(head) == {"alg": "RS256", "typ": "JWT"}
    now = int(NOW.timestamp())
    assert json.loads(claims) == {"iat": now - 60, "exp": now + 540, "iss": "4711"}
    assert signature == b"signed " + head[:0] + token[:4].encode()
    assert "=" not in token


def test_a_token_never_shows() -> None:
    assert "ghs_secret" not in repr(InstallationToken("ghs_secret", NOW))


def comment(number: int, login: str, body: object, app: int = 0) -> dict[str, object]:
    by = {"id": app} if app else None
    return {"id": number, "user": {"login": login}, "performed_via_github_app": by, "body": body}


def test_which_comment_is_ours() -> None:
    listed = [
        comment(1, "mallory", "<!-- m --> pasted"),
        comment(5, "kaizen[bot]", "<!-- m --> newer", app=7),
        comment(3, "kaizen[bot]", "<!-- m --> older", app=7),
        comment(2, "kaizen[bot]", "<!-- other -->", app=7),
        comment(4, "kaizen[bot]", None, app=7),
        {"id": 6, "user": None, "body": "<!-- m -->"},
    ]
    assert chosen(listed, "<!-- m -->", Author(app_id=7))["id"] == 3  # type: ignore[index]
    assert chosen(listed, "<!-- m -->", Author(login="Mallory"))["id"] == 1  # type: ignore[index]
    assert chosen(listed, "<!-- m -->", Author(app_id=8)) is None
    assert chosen(listed, "<!-- m -->", Author()) is None


def test_lengths_are_counted_as_the_strictest_reader_does() -> None:
    assert (length("abc"), length("é"), length("🔥")) == (3, 1, 2)
