"""One dashboard, rule or file that cannot be kept stops no run: it is named, and everything else is kept."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dashboard_snapshot.canonical import ContentError, canonical
from dashboard_snapshot.comparing import compared
from dashboard_snapshot.snapshot import PartialRunError
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from local.outside.service import Reply, Request
from tests.contract.dashboard_snapshot.snapshot_world import World

BAD = {"too large a number": "1e400", "too deep": "[" * 300 + "]" * 300, "no number": "NaN"}


@pytest.fixture
def world(world: World) -> World:
    """With a library panel and an alert rule."""
    world.beside()
    return world


def answering(world: World, monkeypatch: pytest.MonkeyPatch, end: str, was: str, now: str) -> None:
    """Answers for what ends so hold other text."""
    ask = world.grafana.answer

    def answer(request: Request) -> Reply:
        found = ask(request)
        assert isinstance(found.body, str)
        return replace(found, body=found.body.replace(was, now)) if request.path.endswith(end) else found

    monkeypatch.setattr(world.grafana, "answer", answer)


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize(
    ("end", "was", "uid"),
    [("/uid/search", '"schemaVersion"', "search"), ("/alert-rules", '"condition"', "down"),
     ("/library-elements", '"description"', "queue")],
)  # fmt: skip
def test_one_that_cannot_be_kept_is_named_and_the_rest_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, bad: str, end: str, was: str, uid: str
) -> None:
    base = world.run()
    world.save("checkout", author="ben", expr="up")
    with monkeypatch.context() as patch:
        answering(world, patch, end, was, f'"bad": {bad}, {was}')
        with pytest.raises(PartialRunError, match="cannot be kept"):
            world.run()
    found = world.last()
    assert [(each.kind, each.uids) for each in found.reasons] == [("unreadable", (uid,))]
    assert len(found.entries) + len(found.beside) == len(base.entries) + len(base.beside) - 1
    assert [(each.what, each.entry.uid) for each in compared(base, found).differences] == [("changed", "checkout")]
    assert "by *ben*" in world.note()
    assert world.run().complete


def test_a_file_of_git_that_cannot_be_kept_is_not_compared(world: World) -> None:
    name = "example-org/boards"
    world.policy = DashboardSnapshotPolicy(repository=name, path="boards")
    text = json.dumps({"title": "A", "uid": "a", "panels": [], "x": 0}).replace('"x": 0', '"x": 1e400')
    world.git.world.repository(name, {"boards/a.json": text})
    drift = world.run().drift
    assert drift is not None
    assert drift.problems == ("boards/a.json: it holds a number that is none, or too large",)


def test_a_title_that_is_half_a_character_is_written_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(world, monkeypatch, "/uid/search", '"title": "Search"', r'"title": "\ud83d"')
    assert world.run().by_uid["search"].title == "\ud83d"
    assert world.last().by_uid["search"].title == "\ud83d"


@pytest.mark.parametrize("deep", [199, 10_000])
def test_how_deep_is_too_deep_does_not_hang_on_who_asks(deep: int) -> None:
    model: Any = []
    for _ in range(deep - 1):
        model = [model]
    if deep < 200:
        assert canonical({"a": model}).count(b"[") == deep
    else:
        with pytest.raises(ContentError, match="levels deep"):
            canonical({"a": model})
