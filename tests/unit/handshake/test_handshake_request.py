"""What a client may say of itself, and what is refused with which words."""

import base64
import json
from typing import Any

import pytest

from kaizen.phase.negotiation import Client
from schema_handshake.request import MOST_BYTES, MOST_CHARACTERS, MOST_FEATURES, Asked, RequestError, read_request
from tests.unit.handshake.samples import get, post

NOBODY = Asked(Client(""), "")
WHOLE = Asked(Client("1.2.88", frozenset({"delta2", "zstd"}), "b1"), "kuramoto")


@pytest.mark.parametrize(
    "event",
    [
        get({"client": "1.2.88", "features": "delta2,zstd", "build": "b1", "stream": "kuramoto"}),
        get({"client": "1.2.88", "features": " zstd,,delta2 , zstd", "build": "b1", "stream": "kuramoto", "utm": "x"}),
        post({"client": "1.2.88", "features": ["delta2", "zstd"], "build": "b1", "stream": "kuramoto"}),
        post({"client": "1.2.88", "features": "delta2,zstd", "build": "b1", "stream": "kuramoto", "later": [1]}),
        # A POST is read by its body alone; the header is for those that do not say it there.
        post({"client": "1.2.88", "features": ["zstd", "delta2"], "build": "b1", "stream": "kuramoto"})
        | {"queryStringParameters": {"client": "9.9.9", "build": "b9"}, "headers": {"Phase-Schema": "8.8.8"}},
    ],
)
def test_a_whole_request(event: dict[str, Any]) -> None:
    assert read_request(event) == WHOLE


@pytest.mark.parametrize(
    "event",
    [
        get(),
        get({"client": ""}),
        post({}),
        post({"client": None, "features": None, "build": None, "stream": None}),
        post({"features": []}),
        post({"features": ","}),
    ],
)
def test_nothing_need_be_said(event: dict[str, Any]) -> None:
    assert read_request(event) == NOBODY


@pytest.mark.parametrize("event", [get(), post({})])
def test_the_version_may_come_in_its_header(event: dict[str, Any]) -> None:
    assert read_request(event | {"headers": {"phase-schema": "1.0.3"}}) == Asked(Client("1.0.3"), "")


@pytest.mark.parametrize("client", ["dev", "1.0", "v1.0.0", "1.0.0-rc1", " ", "é", "\ud800", "0" * MOST_CHARACTERS])
def test_any_text_may_be_a_version(client: str) -> None:
    assert read_request(get({"client": client})).client.version == client
    assert read_request(post({"client": client})).client.version == client


@pytest.mark.parametrize("stream", ["Kuramoto", "a/b", "a b", "-a", "a" * 64, "é", "\ud800", "stream#a", "a\n"])
def test_a_name_that_no_stream_can_have(stream: str) -> None:
    """Asked for like one that has no frames yet: there is no epoch to tell."""
    assert read_request(get({"stream": stream})) == NOBODY


def test_base64() -> None:
    event = post("") | {"body": base64.b64encode(b'{"client":"1.0.0"}').decode(), "isBase64Encoded": True}
    assert read_request(event) == Asked(Client("1.0.0"), "")


LONG = "x" * (MOST_CHARACTERS + 1)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (post(""), "the body is not JSON"),
        (post("{"), "the body is not JSON"),
        (post("{'client': 1}"), "the body is not JSON"),
        (post("\ud800"), "the body is not JSON"),
        (post("[" * 10_000), "the body is not JSON"),
        (post('{"client":' + "9" * 5000 + "}"), "the body is not JSON"),
        (post("{}") | {"body": base64.b64encode(b'{"client": "\xff"}').decode(), "isBase64Encoded": True}, "not JSON"),
        (post([]), "the body is not a JSON object"),
        (post(None), "the body is not a JSON object"),
        (post("1.0.0"), "the body is not JSON"),
        (post(json.dumps({"a": "x" * MOST_BYTES})), r"the body has 16393 bytes, more than 16384"),
        (post("") | {"body": "***", "isBase64Encoded": True}, "not valid base64"),
        (post({"client": 1.2}), "client is not a text"),
        (post({"build": ["b1"]}), "build is not a text"),
        (post({"stream": {}}), "stream is not a text"),
        (post({"features": 7}), "features is neither a list of texts nor one text with commas"),
        (post({"features": {"a": 1}}), "features is neither"),
        (post({"features": ["a", None]}), "features is neither"),
        (post({"features": ["a", LONG]}), "a feature has 201 characters, more than 200"),
        (post({"features": [str(each) for each in range(MOST_FEATURES + 1)]}), "there are 101 features, more than 100"),
        (get({"client": LONG}), "client has 201 characters, more than 200"),
        (get({"build": LONG}), "build has 201 characters"),
        (get({"stream": LONG}), "stream has 201 characters"),
        (get({"features": LONG}), "a feature has 201 characters"),
        (get({"features": ",".join(map(str, range(500)))}), "there are 500 features, more than 100"),
        (get(headers={"phase-schema": LONG}), "the header Phase-Schema has 201 characters"),
    ],
)
def test_what_cannot_be_read_is_named(event: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        read_request(event)
