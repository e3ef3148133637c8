"""The whole truth table of the handshake, and what holds for every client and server."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.negotiation import Client, Negotiation, Server, Verdict, negotiate
from kaizen.phase.schema import Deprecation, Support, Version

SUNSET = datetime(2027, 3, 1, tzinfo=UTC)

# Speaks 1.2 to 1.4 and 3.1 to 3.4; not 2.x, and nothing above. 1.2 and 3.1 are on their way out.
SERVER = Server(
    current=Version(3, 4, 207),
    supports=(Support(1, 2, 4), Support(3, 1, 4)),
    features=frozenset({"delta2", "r8"}),
    build="b2",
    deprecated=(
        Deprecation(1, 2, 2, since=datetime(2026, 9, 1, tzinfo=UTC), sunset=SUNSET),
        Deprecation(3, 1, 1, since=datetime(2026, 9, 1, tzinfo=UTC), sunset=SUNSET),
    ),
    help_url="https://example.org/clients",
    command="pip install --upgrade phase-client",
)

ALL, FEWER, MORE = frozenset({"delta2", "r8"}), frozenset({"delta2"}), frozenset({"delta2", "r8", "zstd"})
NOT_OURS, THIS_PAGE, OLD_PAGE = "", "b2", "b1"
BUILDS = (NOT_OURS, THIS_PAGE, OLD_PAGE)
FEATURES = (ALL, FEWER, MORE)

# Per version of the client: the verdict, what is spoken, and who acts. The latter by the client's build and features,
# in the order of BUILDS x FEATURES: c is the client, s the server, r a reload, - nobody.
TABLE = [
    ("", "unknown", "3.4", "--- --- ---"),
    ("dev", "unknown", "3.4", "--- --- ---"),
    ("3.4", "unknown", "3.4", "--- --- ---"),
    ("0.9.0", "client_too_old", None, "ccc sss rrr"),  # below every major
    ("1.1.0", "client_too_old", None, "ccc sss rrr"),  # a minor below the supported ones
    ("1.2.0", "degraded", "1.2", "ccc --- rrr"),  # deprecated: to act even if nothing is lost
    ("1.3.0", "degraded", "1.3", "-c- --- rrr"),
    ("1.4.0", "degraded", "1.4", "-c- --- rrr"),  # the top of an older major
    ("1.9.0", "degraded", "1.4", "-c- --- rrr"),  # above it
    ("2.0.0", "client_too_old", None, "ccc sss rrr"),  # the gap
    ("2.255.0", "client_too_old", None, "ccc sss rrr"),
    ("3.0.0", "client_too_old", None, "ccc sss rrr"),
    ("3.1.0", "degraded", "3.1", "ccc --- rrr"),  # deprecated
    ("3.3.999", "degraded", "3.3", "-c- --- rrr"),
    ("3.4.0", "compatible", "3.4", "--- --- rrr"),  # the build informs, never blocks
    ("3.4.207", "compatible", "3.4", "--- --- rrr"),
    ("3.4.999", "compatible", "3.4", "--- --- rrr"),
    ("3.5.0", "degraded", "3.4", "--s --- rrr"),
    ("4.0.0", "client_too_new", None, "sss sss rrr"),
    ("255.0.0", "client_too_new", None, "sss sss rrr"),
]
ENTRIES = [
    (version, build, features, verdict, spoken, who)
    for version, verdict, spoken, acts in TABLE
    for (build, features), who in zip(itertools.product(BUILDS, FEATURES), acts.replace(" ", ""), strict=True)
]
WHO = {"c": "client", "s": "server", "r": "reload", "-": None}


@pytest.mark.parametrize(("version", "build", "features", "verdict", "spoken", "who"), ENTRIES)
def test_truth_table(
    version: str, build: str, features: frozenset[str], verdict: str, spoken: str | None, who: str
) -> None:
    outcome = negotiate(Client(version, features, build), SERVER)
    document = outcome.as_document(SERVER, stream_epoch=17)
    assert document["verdict"] == verdict
    assert document["negotiated"] == spoken
    assert outcome.safe is (spoken is not None)
    assert (document["upgrade"] and document["upgrade"]["who"]) == WHO[who]
    assert document["features"] == {
        "both": sorted(features & SERVER.features),
        "server_only": sorted(SERVER.features - features),
        "client_only": sorted(features - SERVER.features),
    }


def test_the_table_has_every_verdict_and_every_actor() -> None:
    assert {entry[3] for entry in ENTRIES} == {verdict.value for verdict in Verdict}
    assert {entry[5] for entry in ENTRIES} == set(WHO)


def test_features_are_listed_in_order() -> None:
    """Sets have an order of their own in every process; nobody noticed when the answer had it, too."""
    names = [f"f{number:02}" for number in range(30)]
    outcome = negotiate(Client("3.4.0", frozenset(names[:20])), replace(SERVER, features=frozenset(names[10:])))
    listed = outcome.as_document(SERVER, None)["features"]
    assert listed == {"both": names[10:20], "server_only": names[20:], "client_only": names[:10]}


def test_the_document_is_frozen() -> None:
    """Clients of every major read these keys: they may be added to, never renamed."""
    outcome = negotiate(Client("1.2.0", FEWER), SERVER)
    document = outcome.as_document(SERVER, stream_epoch=17)
    assert json.loads(json.dumps(document)) == {
        "schema": {
            "current": "3.4.207",
            "supported": [{"major": 1, "min": 2, "max": 4}, {"major": 3, "min": 1, "max": 4}],
            "deprecated": [
                {"range": "1.2-1.2", "sunset": "2027-03-01"},
                {"range": "3.1-3.1", "sunset": "2027-03-01"},
            ],
        },
        "verdict": "degraded",
        "negotiated": "1.2",
        "features": {"both": ["delta2"], "server_only": ["r8"], "client_only": []},
        "stream_epoch": 17,
        "server_build": "b2",
        "server_commit": "",
        "upgrade": {
            "who": "client",
            "title": "This client speaks schema 1.2, the server 3.4",
            "steps": ["Install a client that speaks schema 3.4.", "Start it again."],
            "command": "pip install --upgrade phase-client",
            "url": "https://example.org/clients",
            "deadline": "2027-03-01",
        },
    }
    assert outcome.deprecation is not None


@pytest.mark.parametrize("version", ["0.9.0", "4.0.0"])
@pytest.mark.parametrize("build", BUILDS)
def test_every_refusal_says_what_to_do(version: str, build: str) -> None:
    upgrade = negotiate(Client(version, ALL, build), SERVER).upgrade
    assert upgrade is not None
    assert upgrade.title
    assert upgrade.steps
    assert upgrade.deadline is None  # there is nothing left to wait for


def test_without_help_there_is_no_address_and_no_command() -> None:
    server = Server(Version(2, 0, 1), (Support(2, 0, 0),))
    upgrade = negotiate(Client("1.0.0"), server).upgrade
    assert upgrade is not None
    assert (upgrade.url, upgrade.command) == (None, None)


@pytest.mark.parametrize(
    "supports",
    [
        (),
        (Support(3, 0, 3),),
        (Support(3, 0, 5),),
        (Support(3, 0, 4), Support(4, 0, 0)),
        (Support(3, 0, 4), Support(3, 5, 6)),
    ],
)
def test_a_server_must_speak_its_own_version_and_none_above(supports: tuple[Support, ...]) -> None:
    with pytest.raises(ValueError, match=r"highest|twice"):
        Server(Version(3, 4, 0), supports)


minors = st.integers(0, 6)
majors = st.integers(0, 4)


@st.composite
def servers(draw: st.DrawFn) -> Server:
    supports = []
    for major in draw(st.lists(majors, min_size=1, max_size=3, unique=True)):
        low, high = sorted((draw(minors), draw(minors)))
        supports.append(Support(major, low, high))
    top = max(supports, key=lambda support: support.major)
    return Server(Version(top.major, top.max, draw(st.integers(0, 9))), tuple(supports))


def of(major: int, minor: int, server: Server, build: int = 0) -> Negotiation:
    return negotiate(Client(str(Version(major, minor, build))), server)


@given(majors, minors, servers())
def test_what_is_spoken_both_understand(major: int, minor: int, server: Server) -> None:
    outcome = of(major, minor, server)
    support = next((each for each in server.supports if each.major == major), None)
    assert outcome.safe is (support is not None and minor >= support.min)
    if outcome.negotiated is not None and support is not None:
        assert outcome.negotiated[0] == major
        assert outcome.negotiated[1] <= minor
        assert support.min <= outcome.negotiated[1] <= support.max


@given(majors, minors, servers(), st.integers(0, 9), st.integers(0, 9))
def test_the_build_decides_nothing(major: int, minor: int, server: Server, one: int, other: int) -> None:
    assert of(major, minor, server, one) == of(major, minor, server, other)


@given(majors, minors, servers())
def test_a_newer_minor_never_gets_less(major: int, minor: int, server: Server) -> None:
    older, newer = of(major, minor, server), of(major, minor + 1, server)
    assert newer.safe or not older.safe
    if older.negotiated is not None and newer.negotiated is not None:
        assert newer.negotiated >= older.negotiated


@given(majors, minors, majors, minors)
def test_safety_is_symmetric(major: int, minor: int, other_major: int, other_minor: int) -> None:
    """Two parties that each speak their whole major agree on whether they can talk, and on what, either way round."""

    def served(own: tuple[int, int], asking: tuple[int, int]) -> tuple[int, int] | None:
        return of(*asking, Server(Version(*own), (Support(own[0], 0, own[1]),))).negotiated

    one, other = (major, minor), (other_major, other_minor)
    assert (
        served(one, other) == served(other, one) == ((major, min(minor, other_minor)) if major == other_major else None)
    )


@given(st.text(max_size=20))
def test_an_unreadable_version_is_served_and_not_nagged(text: str) -> None:
    outcome = negotiate(Client(f"x{text}", build="b1"), SERVER)
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.safe
    assert outcome.upgrade is None
