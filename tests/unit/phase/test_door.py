"""The schema version at the doors that frames pass: what is offered, refused and said in headers."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.coding import CODINGS
from kaizen.phase.door import greet, refusal, spoken, version_headers
from kaizen.phase.negotiation import Client, Server, Verdict, negotiate
from kaizen.phase.offer import FEATURES, offer
from kaizen.phase.schema import SCHEMA, Deprecation, Support, Version

SINCE, SUNSET = datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
# Speaks 1.2 to 1.4 and 3.0 to 3.4; the end of 1.2 is known.
TWO_MAJORS = Server(
    Version(3, 4, 207),
    (Support(1, 2, 4), Support(3, 0, 4)),
    frozenset({"delta2", "r8"}),
    deprecated=(Deprecation(1, 2, 2, SINCE, SUNSET),),
    help_url="https://example.org/clients",
)


def request(query: Mapping[str, str] | None = None, **headers: str) -> dict[str, Any]:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"queryStringParameters": dict(query) if query else None, "headers": given}


def test_the_offer_is_what_this_code_writes() -> None:
    server = offer("https://example.org/clients", "b1")
    assert server.current == SCHEMA
    assert (server.help_url, server.build, server.features) == ("https://example.org/clients", "b1", FEATURES)
    assert offer(None).help_url == ""


def test_every_content_coding_is_a_feature() -> None:
    """A client that sees one listed may ask for it, and one that is not listed is not there."""
    assert set(CODINGS) <= FEATURES


def test_the_version_of_this_code_is_compatible_with_its_offer() -> None:
    met = negotiate(Client(str(SCHEMA), FEATURES), offer())
    assert (met.verdict, met.upgrade) == (Verdict.COMPATIBLE, None)
    assert spoken(met, offer()) == SCHEMA


@pytest.mark.parametrize(
    ("event", "verdict"),
    [
        (request(), "unknown"),
        ({}, "unknown"),
        (request(phase_schema="1.0.0"), "client_too_old"),
        (request(Phase_Schema="3.4.0"), "compatible"),
        (request({"schema": "3.4.0"}), "compatible"),
        (request({"schema": "4.0.0"}, phase_schema="3.4.0"), "client_too_new"),  # an address can be passed on
        (request({"schema": ""}, phase_schema="3.3.0"), "degraded"),
        (request({"schema": "3.4"}), "unknown"),
    ],
)
def test_a_client_says_its_version_by_header_or_parameter(event: dict[str, Any], verdict: str) -> None:
    assert greet(event, TWO_MAJORS).verdict == verdict


def test_features_are_names_with_commas() -> None:
    met = greet(request({"schema": "3.4.0", "features": "delta2,,zstd"}), TWO_MAJORS)
    assert [set(each) for each in (met.both, met.server_only, met.client_only)] == [{"delta2"}, {"r8"}, {"zstd"}]
    assert greet(request(), TWO_MAJORS).client_only == frozenset()


@pytest.mark.parametrize(
    ("version", "expected"),
    [("", "3.4.207"), ("3.4.1", "3.4.207"), ("3.1.9", "3.1.207"), ("1.2.88", "1.2.207"), ("1.9.0", "1.4.207")],
)
def test_frames_carry_what_both_speak_and_the_servers_build(version: str, expected: str) -> None:
    assert str(spoken(negotiate(Client(version), TWO_MAJORS), TWO_MAJORS)) == expected


@pytest.mark.parametrize(("version", "verdict"), [("0.9.0", "client_too_old"), ("4.0.0", "client_too_new")])
def test_a_refusal_names_the_way_out(version: str, verdict: str) -> None:
    met = greet(request(phase_schema=version), TWO_MAJORS)
    answer = refusal(met, TWO_MAJORS)
    assert not met.safe
    assert answer["statusCode"] == 406
    assert answer["headers"] == {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "phase-schema": "3.4.207",
        "vary": "Phase-Schema, Accept-Encoding",
    }
    document = json.loads(answer["body"])
    assert met.upgrade is not None
    assert document == {
        "type": "about:blank",
        "status": 406,
        "title": "Schema version not supported",
        "detail": "frames are served in schema 1.2 to 1.4, 3.0 to 3.4",
        "verdict": verdict,
        "supported": [{"major": 1, "min": 2, "max": 4}, {"major": 3, "min": 0, "max": 4}],
        "upgrade": met.upgrade.as_document(),
    }
    assert document["upgrade"]["steps"]


def test_without_a_refusal_there_is_something_to_speak() -> None:
    with pytest.raises(AssertionError):
        spoken(negotiate(Client("0.9.0"), TWO_MAJORS), TWO_MAJORS)


def test_a_version_that_ends_says_when() -> None:
    """RFC 9745: a structured date; RFC 8594: an HTTP date, in GMT whatever zone it was given in."""
    met = negotiate(Client("1.2.0"), TWO_MAJORS)
    headers = version_headers(met, TWO_MAJORS)
    assert headers["deprecation"] == "@1788220800"
    assert headers["sunset"] == "Mon, 01 Mar 2027 00:00:00 GMT"
    assert headers["link"] == '<https://example.org/clients>; rel="deprecation"'
    elsewhere = SUNSET.astimezone(timezone(timedelta(hours=5, minutes=30)))
    moved = replace(TWO_MAJORS, deprecated=(Deprecation(1, 2, 2, SINCE, elsewhere),))
    assert version_headers(negotiate(Client("1.2.0"), moved), moved)["sunset"] == headers["sunset"]
    assert parsedate_to_datetime(headers["sunset"]) == SUNSET


def test_without_an_address_there_is_no_link() -> None:
    server = replace(TWO_MAJORS, help_url="")
    headers = version_headers(negotiate(Client("1.2.0"), server), server)
    assert "sunset" in headers
    assert "link" not in headers


@pytest.mark.parametrize("version", ["", "1.3.0", "3.4.0", "0.9.0", "4.0.0"])
def test_other_versions_have_only_the_plain_headers(version: str) -> None:
    assert version_headers(negotiate(Client(version), TWO_MAJORS), TWO_MAJORS) == {
        "phase-schema": "3.4.207",
        "vary": "Phase-Schema, Accept-Encoding",
    }


@given(
    version=st.text(max_size=20) | st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,5}", fullmatch=True),
    features=st.text(max_size=30),
    by_header=st.booleans(),
)
def test_any_client_is_either_served_or_refused(version: str, features: str, by_header: bool) -> None:
    query = {"features": features} | ({} if by_header else {"schema": version})
    met = greet(request(query, **({"phase_schema": version} if by_header else {})), TWO_MAJORS)
    if met.safe:
        chosen = spoken(met, TWO_MAJORS)
        assert any(each.major == chosen.major and each.min <= chosen.minor <= each.max for each in TWO_MAJORS.supports)
    else:
        assert json.loads(refusal(met, TWO_MAJORS)["body"])["upgrade"]["who"] in ("client", "server")
