"""Whatever is asked: 200 with a verdict, or 400 with a reason. Never an exception, never a 5xx."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.negotiation import Verdict
from kaizen.phase.offer import offer
from schema_handshake import handler
from tests.unit.handshake.samples import CONTEXT, Memory, get, stream

# Surrogates included: JSON can spell them.
TEXTS = st.text(st.characters(), max_size=300) | st.sampled_from(
    ["1.0.0", "0.9.0", "2.0.0", "1.0.00", "1e9.0.0", "١.0.0", "99999.0.0", "256.0.0", "1.0.0\n", "kuramoto", "\ud800"]
)
NAMES = st.sampled_from(["client", "features", "build", "stream", "schema", "", "é"]) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inside: st.lists(inside, max_size=5) | st.dictionaries(NAMES, inside, max_size=5),
    max_leaves=10,
)
OBJECTS = st.dictionaries(NAMES, TEXTS | st.lists(TEXTS, max_size=4) | JSON, max_size=6)
BODIES = st.one_of(
    st.none(),
    st.text(max_size=50).map(lambda text: (text, False)),
    st.text(max_size=50).map(lambda text: (text, True)),
    st.binary(max_size=200).map(lambda data: (base64.b64encode(data).decode(), True)),
    (JSON | OBJECTS).map(lambda value: (json.dumps(value), False)),
    (JSON | OBJECTS).map(lambda value: (base64.b64encode(json.dumps(value).encode()).decode(), True)),
)
HEADERS = st.dictionaries(st.sampled_from(["phase-schema", "Phase-Schema", "accept"]) | st.text(max_size=9), TEXTS)


@pytest.fixture(scope="module", autouse=True)
def memory() -> Iterator[Memory]:
    made = Memory(stream())
    with pytest.MonkeyPatch.context() as patch:
        settings = handler.HandshakeSettings("phase", "metrics", "/kaizen/policy", None)
        patch.setattr(handler, "settings", lambda: settings)
        patch.setattr(handler, "dynamodb", lambda: made)
        patch.setattr(handler, "server", lambda: offer())
        yield made


def asked(
    verb: str, query: dict[str, str] | None, body: tuple[str, bool] | None, headers: dict[str, str] | None
) -> dict[str, Any]:
    event = get(headers=headers) | {"requestContext": {"http": {"method": verb}}, "queryStringParameters": query}
    if body is not None:
        event |= {"body": body[0], "isBase64Encoded": body[1]}
    if headers is None:
        del event["headers"]
    return event


@given(
    verb=st.sampled_from(["GET", "POST", "HEAD", ""]),
    query=st.none() | st.dictionaries(NAMES, TEXTS, max_size=6),
    body=BODIES,
    headers=st.none() | HEADERS,
)
def test_any_request(
    verb: str, query: dict[str, str] | None, body: tuple[str, bool] | None, headers: dict[str, str] | None
) -> None:
    answer = handler.lambda_handler(asked(verb, query, body, headers), CONTEXT)
    document = json.loads(answer["body"])
    if answer["statusCode"] == 400:
        assert document["detail"]
    else:
        assert answer["statusCode"] == 200
        assert document["verdict"] in set(Verdict)
    for name, value in answer["headers"].items():
        assert f"{name}: {value}".isascii()
        assert not {"\r", "\n"} & set(value)


@given(client=TEXTS.filter(lambda text: len(text) <= 200), features=st.lists(TEXTS.map(lambda text: text[:200])))
def test_any_client_gets_a_verdict(client: str, features: list[str]) -> None:
    """Any text at all as its version: a client of any age or make must learn where it stands."""
    for event in (
        asked("GET", {"client": client, "stream": "kuramoto"}, None, {}),
        asked("POST", None, (json.dumps({"client": client, "features": features[:100]}), False), {}),
    ):
        answer = handler.lambda_handler(event, CONTEXT)
        assert answer["statusCode"] == 200
        assert json.loads(answer["body"])["verdict"] in set(Verdict)
