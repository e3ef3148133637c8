"""Details written by other versions: what is read, and what is refused by the name of the field."""

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import kaizen.events
from kaizen.events.detail import Detail, MalformedEventError
from kaizen.events.github import GithubIssue
from kaizen.phase.arrival import Arrival, MalformedArrivalError

# As the first version wrote them, to the letter. They lie in queues and dead letters when a newer version is deployed.
ISSUE_OF_VERSION_1 = """
{"version":1,"delivery_id":"d87a132e-17ad-5294-a6b7-42cf85b65306","hook_id":"480001","received_at":
"2026-03-20T12:00:00Z","action":"labeled","repository_id":5,"repository":"example-org/checkout","issue_id":7,
"number":12,"title":"Größe 👍","url":"https://github.com/example-org/checkout/issues/12","state":"closed",
"state_reason":"completed","labels":["component:api","sev2"],"assignees":[],"author":"octo-ops",
"created_at":"2026-03-01T09:00:00Z","updated_at":"2026-03-02T09:00:00Z","closed_at":"2026-03-02T08:59:59Z",
"action_label":"sev2","moved_issue_id":0,"moved_repository_id":0,"moved_opened_at":null,"moved_labels":[]}
"""
ARRIVAL_OF_VERSION_1 = (
    '{"version":1,"stream":"kuramoto","epoch":3,"first_seq":10,"last_seq":12,"key":"raw/kuramoto/3/10-12.phf",'
    '"coding":"zstd","received_us":1773997500000000}'
)


@dataclass(frozen=True, slots=True)
class Sample(Detail):
    name: str
    count: int
    on: bool
    at: datetime
    until: datetime | None
    labels: tuple[str, ...]
    extra: Mapping[str, Any]
    later: int = 7
    texts: tuple[str, ...] = field(default_factory=tuple)


WRITTEN = Path(__file__).parents[2] / "vectors" / "events"
for _module in pkgutil.walk_packages(kaizen.events.__path__, "kaizen.events."):
    importlib.import_module(_module.name)
# By name: a dataclass with slots is made a second time.
KINDS = {kind.__name__: kind for kind in Detail.__subclasses__() if kind.__module__.startswith("kaizen.events")}
SAMPLE = Sample("a", 1, True, datetime(2026, 3, 1, tzinfo=UTC), None, ("x",), {"y": [1]}, 8, ("z",))


def test_an_issue_of_the_version_before() -> None:
    event = GithubIssue.from_detail(json.loads(ISSUE_OF_VERSION_1))
    assert (event.number, event.title, event.labels) == (12, "Größe 👍", ("component:api", "sev2"))
    assert event.closed_at == datetime(2026, 3, 2, 8, 59, 59, tzinfo=UTC)
    assert event.installation_id == 0
    assert event.detail() == json.loads(ISSUE_OF_VERSION_1) | {
        "installation_id": 0,
        "correlation_id": "",
        "labels": ("component:api", "sev2"),
        "assignees": (),
        "moved_labels": (),
    }


def test_an_arrival_of_the_version_before() -> None:
    arrival = Arrival.read(ARRIVAL_OF_VERSION_1)
    assert arrival == Arrival("kuramoto", 3, 10, 12, "raw/kuramoto/3/10-12.phf", "zstd", 1773997500000000)
    assert arrival.body() == ARRIVAL_OF_VERSION_1


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_the_first_version_wrote_is_read_without_loss(kind: str) -> None:
    """To the letter as it was written then. A field that is taken out, renamed or of another type fails here."""
    event: Any = KINDS[kind]
    given = json.loads((WRITTEN / f"{event.DETAIL_TYPE.replace('.', '_')}.v1.json").read_text(encoding="utf-8"))
    assert given["version"] == 1
    again = json.loads(json.dumps(event.from_detail(given).detail()))
    assert {name: again[name] for name in given if name != "version"} == {
        name: value for name, value in given.items() if name != "version"
    }


def test_what_was_written_is_read() -> None:
    assert Sample.from_detail(json.loads(json.dumps(SAMPLE.detail()))) == SAMPLE


def test_a_newer_version_with_fields_that_we_do_not_know() -> None:
    given = SAMPLE.detail() | {"version": 9, "colour": "red", "labels": ["x"], "texts": ["z"]}
    assert Sample.from_detail(given) == SAMPLE
    assert Arrival.read(ARRIVAL_OF_VERSION_1.replace('"version":1', '"version":2,"size":5')).epoch == 3


def test_missing_optional_fields_get_their_default() -> None:
    given = json.loads(json.dumps(SAMPLE.detail()))
    del given["later"], given["texts"]
    read = Sample.from_detail(given)
    assert (read.later, read.texts) == (7, ())


@pytest.mark.parametrize("name", ["name", "count", "on", "at", "until", "labels", "extra", "version"])
def test_a_required_field_that_is_missing_is_named(name: str) -> None:
    given = json.loads(json.dumps(SAMPLE.detail()))
    del given[name]
    with pytest.raises(MalformedEventError, match=rf"^{name} is missing"):
        Sample.from_detail(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 0),
        ("version", True),
        ("version", "1"),
        ("name", 1),
        ("name", None),
        ("count", True),
        ("count", 1.0),
        ("on", 1),
        ("at", None),
        ("at", 5),
        ("at", "2026-03-01T00:00:00"),
        ("at", "yesterday"),
        ("until", ""),
        ("labels", "x"),
        ("labels", [1]),
        ("extra", []),
        ("later", "7"),
        ("texts", None),
    ],
)
def test_a_field_of_a_wrong_type_is_named(name: str, value: Any) -> None:
    given = json.loads(json.dumps(SAMPLE.detail())) | {name: value}
    with pytest.raises(MalformedEventError, match=f"^{name} is "):
        Sample.from_detail(given)


@pytest.mark.parametrize("body", ["", "[]", "{", '{"version": 1}', ARRIVAL_OF_VERSION_1.replace("10,", '"10",')])
def test_no_arrival(body: str) -> None:
    with pytest.raises(MalformedArrivalError):
        Arrival.read(body)
