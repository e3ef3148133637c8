"""Both example clients as an integrator runs them, against a stream with all that can happen to one."""

import ast
import sys
from datetime import UTC, datetime

import pytest

from kaizen.phase.negotiation import Server
from kaizen.phase.predict import DELTA, LEAKY, LINEAR, NONE
from kaizen.phase.schema import Deprecation, Support, Version
from tests.unit.examples.clients import CLIENTS, EXAMPLES, command, run, run_at
from tests.unit.examples.stream_server import (
    Event,
    Shape,
    ToyStream,
    damaged,
    frames,
    misled,
    new_epoch,
    plain_text,
    restored,
    served,
    unavailable,
    unknown,
)


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> list[str]:
    return command(request.param)


def test_a_life(client: list[str]) -> None:
    """A late joiner, silence, a gap, servers that are away, damage of all kinds, a backup, another epoch."""
    events: list[Event] = [
        frames(11),  # the first answer starts at the newest keyframe, 8
        frames(0),
        frames(3),
        frames(20),  # over several keyframes
        frames(4, skipped=5),  # a gap, after which comes a keyframe
        frames(6),
        unavailable,
        damaged(2),
        frames(1),
        damaged(1, at=20),  # in the header
        plain_text,
        frames(2),
        misled(3),
        frames(1),
        restored(3, 2),  # what the client has is not there any more
        frames(1),
        new_epoch(Shape(bits=8, predictor=DELTA, rows=9), 3),
        frames(30),
    ]
    stream = ToyStream(events)
    done = run(client, stream, len(events))
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.splitlines() == stream.expected
    assert stream.expected[1].startswith("7.10 first: 3 frames, 13 of 100000 rows, r ")
    assert [line.partition(":")[0] for line in stream.expected] == [
        "handshake",
        "7.10 first",
        "nothing new",
        "7.13 none",
        "7.33 none",
        "7.42 none",
        "7.48 none",
        "503",
        "damaged",
        "7.51 crc",
        "damaged",
        "502",
        "7.54 crc",
        "damaged",
        "7.58 gap",
        "7.57 gap",
        "7.58 none",
        "8.2 epoch",
        "8.32 none",
    ]
    (viewer,) = {query.pop("audit") for query in stream.queries}
    assert 16 <= len(viewer) <= 64, "one id for the whole life: savings are judged by it"
    assert stream.queries == [
        {},
        {"after": "7.10"},
        {"after": "7.10"},
        {"after": "7.13"},
        {"after": "7.33"},
        {"after": "7.42"},
        {"after": "7.48"},  # 503
        {"after": "7.48"},  # damaged
        {"resync": "crc"},
        {"after": "7.51"},  # damaged
        {"resync": "crc"},  # 502
        {"resync": "crc"},
        {"after": "7.54"},  # misled
        {"resync": "gap"},
        {"after": "7.58"},
        {"after": "7.57"},
        {"after": "7.58"},
        {"after": "8.2"},
    ]
    assert {headers["phase-schema"] for headers in stream.headers} == {"1.0.0"}


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("resultant", [False, True])
def test_every_form_of_frames(client: list[str], resultant: bool, mask: bool) -> None:
    """Bits and predictors, each in an epoch of its own, followed over keyframes and within a group."""
    shapes = [
        Shape(bits, predictor, 10, resultant, mask)
        for bits in (8, 12, 16)
        for predictor in (NONE, DELTA, LINEAR, LEAKY + 2, LEAKY + 3)
    ]
    events = [event for shape in shapes for event in (new_epoch(shape, 4), frames(1), frames(9))]
    stream = ToyStream(events)
    done = run(client, stream, len(events))
    assert done.stdout.splitlines() == stream.expected
    assert (done.stderr, done.returncode) == ("", 0)
    assert len(stream.expected) == 1 + 45
    assert not any(line.startswith("damaged") for line in stream.expected)
    assert any("r none" in line for line in stream.expected) is mask


def spoken(major: int, *, sunset: bool = False) -> Server:
    ends = Deprecation(1, 0, 0, datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC))
    return Server(
        Version(major, 2, 0),
        (Support(major, 0, 2),),
        deprecated=(ends,) if sunset else (),
        help_url="https://example.org/clients",
        command="pip install --upgrade phase-client",
    )


def test_a_server_that_has_moved_on(client: list[str]) -> None:
    stream = ToyStream([], spoken(2))
    done = run(client, stream, 5)
    assert (done.stdout, done.returncode, stream.queries) == ("", 2, [])
    assert done.stderr.splitlines() == [
        "This client speaks schema 1.0, the server 2.2",
        "- Install a client that speaks schema 2.2.",
        "- Start it again.",
        "- pip install --upgrade phase-client",
        "- https://example.org/clients",
    ]


def test_a_server_that_moves_on_meanwhile(client: list[str]) -> None:
    """A 406 from the frames themselves ends the client with the same words."""

    def deployed(stream: ToyStream, query: dict[str, str]) -> dict[str, object]:
        stream.server = spoken(2)
        return frames(1)(stream, query)

    stream = ToyStream([frames(3), deployed])
    done = run(client, stream, 5)
    assert done.returncode == 2
    assert done.stdout.splitlines() == stream.expected
    assert done.stderr.startswith("This client speaks schema 1.0, the server 2.2\n- Install a client")
    assert len(stream.queries) == 3


def test_a_schema_whose_end_is_near(client: list[str]) -> None:
    stream = ToyStream([frames(1), frames(1)], spoken(1, sunset=True))
    done = run(client, stream, 2)
    assert done.stderr == "schema 1.0.0 will not be served after Mon, 01 Mar 2027 00:00:00 GMT\n"
    assert done.stdout.splitlines() == stream.expected
    assert stream.expected[0] == "handshake: degraded"


def test_a_stream_that_is_not_there(client: list[str]) -> None:
    done = run(client, ToyStream([unknown]), 5)
    assert (done.stderr, done.returncode) == ("404: there is no stream toy\n", 2)


def test_nobody_answers(client: list[str]) -> None:
    stream = ToyStream([])
    with served(stream) as url:
        pass  # the port is free again
    done = run_at(client, url, 2)
    assert (done.stderr, done.returncode) == ("", 1)
    assert len(done.stdout.splitlines()) == 2
    for line in done.stdout.splitlines():
        assert line.startswith(f"no whole answer from {url}/phase/handshake")
        assert "refused" in line.lower()


def test_the_python_client_imports_nothing_of_ours() -> None:
    tree = ast.parse((EXAMPLES / "follow.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} - sys.stdlib_module_names == {"numpy"}
