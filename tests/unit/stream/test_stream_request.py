"""What the doors are asked: read, or refused with the parameter's name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_stream.plan import Mark, Resync
from phase_stream.request import (
    DEFAULT_FRAMES,
    MOST_FRAMES,
    MOST_REPORT_BYTES,
    ChunkAsk,
    FramesAsk,
    Report,
    RequestError,
    nameless,
    read_chunk_ask,
    read_frames_ask,
    read_report,
)

AUDIT = "a-page_0123456789"


def asked(**query: str) -> dict[str, Any]:
    return {"queryStringParameters": query}


def posted(document: Any) -> dict[str, Any]:
    return {"body": document if isinstance(document, str) else json.dumps(document)}


def test_nothing_but_the_defaults() -> None:
    assert read_frames_ask({}) == FramesAsk(None, frozenset(), DEFAULT_FRAMES, False, None, nameless({}))


def test_who_asks_without_an_id_is_told_by_address_and_program() -> None:
    def seen(address: str, program: str) -> str:
        asked = read_frames_ask({"requestContext": {"http": {"sourceIp": address, "userAgent": program}}})
        return asked.viewer

    names = {seen("192.0.2.1", "a"), seen("192.0.2.2", "a"), seen("192.0.2.1", "b"), seen("192.0.2.1", "a")}
    assert len(names) == 3
    assert all(name > "~" and "192" not in name and "#" not in name for name in names), "after all ids, and no address"


def test_all_that_can_be_asked() -> None:
    event = asked(after="7.12", max="30", columns="1", resync="crc", audit=AUDIT)
    event["headers"] = {"If-None-Match": '"7.12"'}
    assert read_frames_ask(event) == FramesAsk(Mark(7, 12), frozenset({Mark(7, 12)}), 30, True, Resync.CRC, AUDIT)


def test_more_than_the_most_is_the_most() -> None:
    assert read_frames_ask(asked(max="4000000000")).most == MOST_FRAMES


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "7"),
        ("after", "7.x"),
        ("after", "7.1,7.2"),
        ("after", "7.99999999999"),
        ("max", "0"),
        ("max", "-1"),
        ("max", "1.5"),
        ("max", "1,2"),
        ("max", "٣"),
        ("columns", "yes"),
        ("resync", "first"),
        ("resync", "none"),
        ("audit", "short"),
        ("audit", "x" * 65),
        ("audit", "sixteen letters!"),
        ("audit", f"{AUDIT}#"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(RequestError, match=f"^{name}: ") as raised:
        read_frames_ask(asked(**{name: value}))
    assert raised.value.response()["statusCode"] == 400


def test_chunks() -> None:
    assert read_chunk_ask({"pathParameters": {"level": "2", "chunk": "11"}}) == ChunkAsk(2, 11, None)
    event = {"pathParameters": {"level": "0", "chunk": "0"}} | asked(epoch="7")
    assert read_chunk_ask(event) == ChunkAsk(0, 0, 7)
    for level, chunk, epoch in (("x", "1", ""), ("1", "-1", ""), ("", "1", ""), ("1", "1", "now")):
        with pytest.raises(RequestError, match="whole number"):
            read_chunk_ask({"pathParameters": {"level": level, "chunk": chunk}} | asked(epoch=epoch))


def test_a_report() -> None:
    given = {"audit": AUDIT, "stream": "kuramoto", "bytes": (1 << 53) - 1, "responses": 0, "page": "more"}
    assert read_report(posted(given)) == Report(AUDIT, "kuramoto", (1 << 53) - 1, 0)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"audit": None}, "audit: "),
        ({"audit": "short"}, "audit: "),
        ({"audit": 17}, "audit: "),
        ({"stream": ""}, "stream: "),
        ({"stream": "x" * 201}, "stream: "),
        ({"stream": "a\nb"}, "stream: "),
        ({"bytes": -1}, "bytes: "),
        ({"bytes": 1.5}, "bytes: "),
        ({"bytes": True}, "bytes: "),
        ({"bytes": 1 << 53}, "bytes: "),
        ({"responses": "3"}, "responses: "),
    ],
)
def test_a_bad_report_is_told_what_is_wrong(change: dict[str, Any], fault: str) -> None:
    given = {"audit": AUDIT, "stream": "kuramoto", "bytes": 1, "responses": 1}
    with pytest.raises(RequestError, match=f"^{fault}"):
        read_report(posted(given | change))


@pytest.mark.parametrize("body", ["", "{", "[]", "7", "\ud800", "[" * 4000, '{"bytes": ' + "9" * 4000 + "}"])
def test_what_is_no_report(body: str) -> None:
    with pytest.raises(RequestError) as raised:
        read_report(posted(body))
    assert raised.value.status == 400


def test_a_report_is_small() -> None:
    with pytest.raises(RequestError) as raised:
        read_report(posted(" " * (MOST_REPORT_BYTES + 1)))
    assert raised.value.status == 413
    with pytest.raises(RequestError) as raised:
        read_report({"body": "@", "isBase64Encoded": True})
    assert raised.value.status == 400


@given(st.dictionaries(st.sampled_from(("after", "max", "columns", "resync", "audit")), st.text(max_size=20)))
def test_any_query_is_read_or_refused(query: dict[str, str]) -> None:
    try:
        ask = read_frames_ask(asked(**query))
    except RequestError as error:
        status = error.status
    else:
        status = 400 if 1 <= ask.most <= MOST_FRAMES else 500
    assert status == 400


@given(
    st.text(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps)
)
def test_any_body_is_read_or_refused(body: str) -> None:
    with pytest.raises(RequestError) as raised:
        read_report(posted(body))
    assert raised.value.status == 400
