"""What a request asks for, and where its body lies."""

from dataclasses import dataclass
from typing import Any

import pytest

from kaizen.phase.wire import MEDIA_TYPE
from phase_ingest import upload
from phase_ingest.faults import OversizeError, RefusedError
from phase_ingest.incoming import posted, route, stream_of
from phase_ingest.posted import MOST_BYTES, MOST_UPLOADED_BYTES, Kind, Posted

KEY = "uploads/a/" + "0" * 32
URLENCODED = "application/x-www-form-urlencoded"


@dataclass
class Uploaded:
    data: bytes | None = b"body"
    size: int = 4
    content_type: str = MEDIA_TYPE
    content_encoding: str = ""


class Uploads:
    def __init__(self, found: Uploaded | None = None) -> None:
        self.found = found
        self.asked: list[tuple[str, int]] = []

    def uploaded(self, key: str, most: int) -> Uploaded | None:
        self.asked.append((key, most))
        return self.found


def request(
    body: Any = None, kind: str = "", coding: str = "", key: str = "", stream: str = "a", path: str = "/phase/frames"
) -> dict[str, Any]:
    return {
        "rawPath": path,
        "requestContext": {"http": {"method": "POST"}},
        "headers": {"Content-Type": kind, "Content-Encoding": coding},
        "queryStringParameters": {"stream": stream} | ({"upload": key} if key else {}),
        "body": body,
    }


def refused(call: Any, *given: Any) -> tuple[int, str, str]:
    with pytest.raises(RefusedError) as caught:
        call(*given)
    return caught.value.status, caught.value.reason, str(caught.value)


def test_routes() -> None:
    assert route(request()) == "frames"
    assert route(request(path="/phase/uploads")) == "uploads"
    assert route(request(path="/v1/phase/frames")) == "frames"  # behind a mapping of a domain's path
    for event in (
        request(path="/phase/frames/"),
        request(path="/phase/streams"),
        request() | {"requestContext": {"http": {"method": "GET"}}},
        {},
    ):
        assert refused(route, event)[:2] == (404, "route")


def test_streams() -> None:
    assert stream_of(request(), ["b", "a"]) == "a"
    assert refused(stream_of, request(stream=""), ["a"])[:2] == (400, "stream")
    assert refused(stream_of, {}, [""])[:2] == (400, "stream")
    for stream in ("c", "a,a", "A", "\ud800" * 5000):
        status, _, sentence = refused(stream_of, request(stream=stream), ["a"])
        assert status == 404
        assert "add a table [[streams]] with this id to the policy" in sentence
        assert len(sentence) < 200


def test_bodies_in_the_request() -> None:
    given = request("é", "application/json", "x-gzip")
    assert posted(given, "a", Uploads()) == Posted("é".encode(), Kind.JSON, "gzip")
    given = request("AAE=", MEDIA_TYPE) | {"isBase64Encoded": True}
    assert posted(given, "a", Uploads()) == Posted(b"\0\1", Kind.PHF1, "identity")


def test_faults_in_their_order() -> None:
    """The type comes before the coding, both before the size, and the size before the content."""
    large = "x" * (MOST_BYTES + 1)
    assert refused(posted, request(large, "text/plain", "lzma"), "a", Uploads())[:2] == (415, "content-type")
    assert refused(posted, request(large, MEDIA_TYPE, "lzma"), "a", Uploads())[:2] == (415, "content-encoding")
    bad = request("not base64!", MEDIA_TYPE) | {"isBase64Encoded": True}
    assert refused(posted, bad, "a", Uploads()) == (400, "base64", "the body is not valid base64")
    with pytest.raises(OversizeError) as caught:
        posted(request(large, MEDIA_TYPE), "a", Uploads())
    assert caught.value.status == 413
    assert f"{MOST_BYTES + 1} bytes is larger than {MOST_BYTES}" in str(caught.value)
    posted(request(large[:-1], MEDIA_TYPE), "a", Uploads())


def test_an_upload_is_read_with_what_was_said_of_it() -> None:
    store = Uploads(Uploaded(content_encoding="br"))
    # Clients put types of their own on a request without a body.
    for kind in ("", URLENCODED, "application/json"):
        assert posted(request(None, kind, key=KEY), "a", store) == Posted(b"body", Kind.PHF1, "br")
    assert store.asked == [(KEY, MOST_UPLOADED_BYTES)] * 3


def test_the_request_says_what_an_upload_does_not() -> None:
    store = Uploads(Uploaded(content_type="binary/octet-stream"))
    assert posted(request("", "application/json", "gzip", KEY), "a", store) == Posted(b"body", Kind.JSON, "gzip")
    assert refused(posted, request("", URLENCODED, key=KEY), "a", store)[:2] == (415, "content-type")


def test_uploads_that_are_none() -> None:
    assert refused(posted, request(key=KEY), "a", Uploads())[:2] == (404, "upload")
    store = Uploads(Uploaded())
    for key in (
        "x", "uploads/a/", "uploads/a/x", KEY.replace("/a/", "/b/"), f"{KEY}0", f"{KEY}\n", f"/{KEY}", KEY.upper(),
        f"uploads/a/../{KEY}", f"uploads/a/b/{'0' * 32}", "raw/a/e0000000007/0", f"{KEY},{KEY}",
        "uploads/a/" + "٠" * 32,
    ):  # fmt: skip
        assert refused(posted, request(key=key), "a", store)[:2] == (400, "upload"), key
    assert store.asked == []
    assert refused(posted, request("x", key=KEY), "a", store)[:2] == (400, "upload")
    huge = Uploads(Uploaded(None, MOST_UPLOADED_BYTES + 1))
    status, reason, sentence = refused(posted, request(key=KEY), "a", huge)
    assert (status, reason) == (413, "size")
    assert sentence.startswith(f"the upload has {MOST_UPLOADED_BYTES + 1} bytes, more than {MOST_UPLOADED_BYTES}")


@pytest.mark.parametrize(
    ("kind", "coding", "headers"),
    [
        (MEDIA_TYPE, "", {"content-type": MEDIA_TYPE}),
        (MEDIA_TYPE, "x-gzip", {"content-type": MEDIA_TYPE, "content-encoding": "gzip"}),
        ("application/json; charset=utf-8", "zstd", {"content-type": "application/json", "content-encoding": "zstd"}),
        ("", "", {"content-type": MEDIA_TYPE}),
        (URLENCODED, "", {"content-type": MEDIA_TYPE}),
        (MEDIA_TYPE, "lzma", {"content-type": MEDIA_TYPE}),
        (f"{MEDIA_TYPE}\r\nx-evil: 1", "", {"content-type": MEDIA_TYPE}),
    ],
)
def test_what_an_upload_is_sent_with(kind: str, coding: str, headers: dict[str, str]) -> None:
    assert upload.headers(kind, coding) == headers


def test_an_offer_says_what_to_do() -> None:
    assert upload.offer("a b", "uploads/a b/1", "https://x", {"content-type": "y"}) == {
        "url": "https://x",
        "method": "PUT",
        "headers": {"content-type": "y"},
        "expires_in": 900,
        "then": "/phase/frames?stream=a%20b&upload=uploads/a%20b/1",
    }
