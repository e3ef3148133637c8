"""The door of the handshake: verdicts, the frozen answer, headers, faults; on a store in memory."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from kaizen.phase.negotiation import Server
from kaizen.phase.offer import offer
from kaizen.phase.schema import SCHEMA
from schema_handshake import handler
from tests.unit.handshake.samples import CONTEXT, Memory, get, post, stream
from tests.unit.phase.test_schema_negotiation import ENTRIES, SERVER, WHO

SAMPLE = Path(__file__).parents[3] / "events" / "schema_handshake.json"
UNAVAILABLE = ClientError({"Error": {"Code": "InternalServerError", "Message": "x"}}, "GetItem")
FAILURES = [UNAVAILABLE, EndpointConnectionError(endpoint_url="https://dynamodb")]


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    made = Memory(stream("kuramoto", 17))
    settings = handler.HandshakeSettings("phase", "metrics", "/kaizen/policy", "https://example.org/clients", "1c73f2a")
    monkeypatch.setattr(handler, "settings", lambda: settings)
    monkeypatch.setattr(handler, "dynamodb", lambda: made)
    monkeypatch.setattr(handler, "server", lambda: offer(settings.phase_help_url))
    return made


@pytest.fixture
def two_majors(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server of the truth table instead of ours."""
    monkeypatch.setattr(handler, "server", lambda: SERVER)
    return SERVER


def call(event: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = handler.lambda_handler(event, CONTEXT)
    return answer


def content(answer: Mapping[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(answer["body"])
    return parsed


@pytest.mark.parametrize(("version", "build", "features", "verdict", "spoken", "who"), ENTRIES)
def test_truth_table(
    two_majors: Server,
    memory: Memory,
    version: str,
    build: str,
    features: frozenset[str],
    verdict: str,
    spoken: str | None,
    who: str,
) -> None:
    """By GET and by POST: 200 and the same answer, whatever the verdict is; each is counted."""
    asked = {"client": version, "build": build, "stream": "kuramoto"}
    by_get = call(get(asked | {"features": ",".join(features)}))
    by_post = call(post(asked | {"features": sorted(features)}))
    assert by_get == by_post
    assert by_get["statusCode"] == 200
    document = content(by_get)
    assert (document["verdict"], document["negotiated"], document["stream_epoch"]) == (verdict, spoken, 17)
    assert (document["upgrade"] and document["upgrade"]["who"]) == WHO[who]
    assert document["server_build"] == "b2"
    assert memory.counted == [verdict, verdict]


def shape(value: Any) -> Any:
    """The keys of a document all the way down, and the kinds of its values."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


REFUSAL = {
    "schema": {
        "current": "str",
        "supported": [{"major": "int", "min": "int", "max": "int"}],
        "deprecated": [{"range": "str", "sunset": "str"}],
    },
    "verdict": "str",
    "negotiated": "NoneType",
    "features": {"both": ["str"], "server_only": ["str"], "client_only": []},
    "stream_epoch": "NoneType",
    "server_build": "str",
    "server_commit": "str",
    "upgrade": {
        "who": "str",
        "title": "str",
        "steps": ["str"],
        "command": "str",
        "url": "str",
        "deadline": "NoneType",
    },
}


def test_the_layout_of_a_refusal_is_frozen(two_majors: Server) -> None:
    """Clients of every age read this when all else fails: nothing here may ever be renamed, dropped or retyped."""
    assert shape(content(call(get({"client": "0.9.0", "features": "delta2"})))) == REFUSAL


@pytest.mark.parametrize("version", ["", "dev", "0.0.1", "1.0.0", "1.0.7", "1.3.0", "2.0.0", "255.255.65535"])
def test_the_keys_are_the_same_for_every_client(memory: Memory, version: str) -> None:
    document = content(call(get({"client": version})))
    assert list(document) == list(REFUSAL)
    assert list(document["schema"]) == list(REFUSAL["schema"])
    assert list(document["features"]) == list(REFUSAL["features"])


@pytest.mark.parametrize(
    ("version", "verdict", "negotiated", "who"),
    [
        ("", "unknown", "1.0", None),
        ("1.0.0", "compatible", "1.0", None),
        ("1.0.999", "compatible", "1.0", None),
        ("1.1.0", "degraded", "1.0", None),
        ("0.9.0", "client_too_old", None, "client"),
        ("2.0.0", "client_too_new", None, "server"),
    ],
)
def test_our_own_server(memory: Memory, version: str, verdict: str, negotiated: str | None, who: str | None) -> None:
    document = content(call(get({"client": version, "features": "delta2"})))
    assert (document["verdict"], document["negotiated"]) == (verdict, negotiated)
    assert (document["upgrade"] and document["upgrade"]["who"]) == who
    assert document["schema"]["current"] == str(SCHEMA)


def test_the_help_address_comes_from_the_settings(memory: Memory) -> None:
    assert content(call(get({"client": "0.9.0"})))["upgrade"]["url"] == "https://example.org/clients"


@pytest.mark.parametrize(
    ("asked", "epoch"), [({"stream": "kuramoto"}, 17), ({"stream": "unheard-of"}, None), ({"stream": ""}, None)]
)
def test_the_epoch_of_a_stream(memory: Memory, asked: dict[str, str], epoch: int | None) -> None:
    assert content(call(get({"client": "1.0.0"} | asked)))["stream_epoch"] == epoch
    assert content(call(post({"client": "1.0.0"} | asked)))["stream_epoch"] == epoch


def test_without_a_stream_nothing_is_read(memory: Memory) -> None:
    call(get({"client": "1.0.0"}))
    assert memory.calls == ["update_item"]


def test_headers_of_a_client_that_has_time(memory: Memory) -> None:
    headers = call(get({"client": "1.0.0"}))["headers"]
    assert headers == {
        "content-type": "application/json",
        "cache-control": "no-store",
        "phase-schema": str(SCHEMA),
        "vary": "Phase-Schema, Accept-Encoding, Origin",
    }


@pytest.mark.parametrize("version", ["1.2.0", "3.1.7"])
def test_headers_of_a_version_whose_end_is_known(two_majors: Server, version: str) -> None:
    answer = call(get({"client": version}))
    assert answer["headers"]["phase-schema"] == "3.4.207"
    assert answer["headers"]["deprecation"] == f"@{int(datetime(2026, 9, 1, tzinfo=UTC).timestamp())}"
    assert answer["headers"]["sunset"] == "Mon, 01 Mar 2027 00:00:00 GMT"
    assert answer["headers"]["link"] == '<https://example.org/clients>; rel="deprecation"'
    assert content(answer)["upgrade"]["deadline"] == "2027-03-01"


@pytest.mark.parametrize("version", ["", "1.3.0", "3.4.0", "0.1.0", "9.0.0"])
def test_no_such_headers_for_others(two_majors: Server, version: str) -> None:
    assert not {"deprecation", "sunset", "link"} & set(call(get({"client": version}))["headers"])


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        (post("{"), "the body is not JSON"),
        (post({"client": 1}), "client is not a text"),
        (get({"client": "1" * 201}), "client has 201 characters, more than 200"),
    ],
)
def test_malformed(memory: Memory, event: dict[str, Any], detail: str) -> None:
    answer = call(event)
    assert answer["statusCode"] == 400
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert answer["headers"]["phase-schema"] == str(SCHEMA)
    assert content(answer)["detail"] == detail
    assert memory.calls == []


@pytest.mark.parametrize("error", FAILURES)
def test_an_epoch_that_cannot_be_read(memory: Memory, error: Exception) -> None:
    """503, and not a null that would say that the stream has no frames."""
    memory.broken["get_item"] = error
    answer = call(get({"client": "1.0.0", "stream": "kuramoto"}))
    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"] == "5"
    assert answer["headers"]["phase-schema"] == str(SCHEMA)
    assert memory.counted == []
    # Whoever asks for no stream is not concerned.
    assert call(get({"client": "1.0.0"}))["statusCode"] == 200


@pytest.mark.parametrize("error", FAILURES)
def test_a_verdict_stands_without_its_count(memory: Memory, error: Exception) -> None:
    counted = call(get({"client": "1.0.0", "stream": "kuramoto"}))
    memory.broken["update_item"] = error
    assert call(get({"client": "1.0.0", "stream": "kuramoto"})) == counted


def test_the_log_tells_which_clients_ask(memory: Memory, caplog: pytest.LogCaptureFixture) -> None:
    """In ASCII, since no logger takes every text."""
    call(get({"client": "0.9.é\ud800"}))
    (record,) = [each for each in caplog.records if each.message == "handshake"]
    assert (vars(record)["verdict"], vars(record)["client"]) == ("unknown", r"'0.9.\xe9\ud800'")


def test_the_sample_event(memory: Memory) -> None:
    document = content(call(json.loads(SAMPLE.read_text(encoding="utf-8"))))
    assert (document["verdict"], document["stream_epoch"], document["upgrade"]) == ("compatible", 17, None)
    assert set(document["features"]["both"]) == {"delta2", "zstd", "br", "gzip", "columns"}


def test_a_page_of_another_build_reloads(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "server", lambda: replace(offer(), build="b2"))
    assert content(call(get({"client": "1.0.0", "build": "b1"})))["upgrade"]["who"] == "reload"
    assert content(call(get({"client": "1.0.0", "build": "b2"})))["upgrade"] is None
