"""Dashboards of schema v2, which the legacy API answers with 406: read where it says, and kept as they are."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard_snapshot.answers import content
from dashboard_snapshot.comparing import compared
from dashboard_snapshot.errors import ElsewhereError, GrafanaError
from dashboard_snapshot.exporting import export
from dashboard_snapshot.restoring import look, put_back
from dashboard_snapshot.snapshot import PartialRunError
from kaizen.runtime.outbound import Answer
from tests.contract.dashboard_snapshot.snapshot_world import World, aws, board_v2

AT = "/apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/board"


@pytest.fixture
def world() -> Iterator[World]:
    with aws() as clients:
        made = World(*clients)
        saved(made)
        yield made


def saved(world: World, expr: str = "up", author: str = "user:ana") -> None:
    world.world.save(board_v2("Board", expr), author, folder="pay", uid="board", api="v2beta1")


def test_it_is_kept_as_it_is_and_the_run_is_complete(world: World) -> None:
    found = world.run()
    assert found.complete
    entry = found.by_uid["board"]
    assert (entry.path, entry.updated_by, entry.version) == ("Shop / Payments / Board", "user:ana", 1)
    assert (entry.url, entry.updated_at, entry.external) == ("/d/board", "2026-11-28T14:00:00Z", "")
    assert json.loads(world.store.content(entry.sha256)) == {
        "apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "metadata": {"name": "board"},
        "spec": board_v2("Board"),
    }  # fmt: skip
    objects = world.stored("objects/")
    saved(world)  # saved again, and nothing changed
    assert world.run().by_uid["board"].version == 2
    assert world.stored("objects/") == objects


def test_an_edit_of_it_is_told_with_its_author_and_a_program_is_not(world: World, tmp_path: Path) -> None:
    base = world.run()
    saved(world, "down", "service-account:terraform")
    edited = world.run()
    assert (world.told, world.counted("edits_total")) == ({}, {("program",): 1})
    saved(world, "up", "user:ben")
    found = world.run()
    assert "by *user:ben*" in world.note()
    assert "schema v2" in world.note()
    assert [each.entry.uid for each in compared(base, edited).differences] == ["board"]
    assert export(world.store, found, tmp_path).keys() >= {"board.json"}
    assert json.loads((tmp_path / "board.json").read_text())["spec"]["title"] == "Board"


def test_one_that_a_file_provisions_is_known_by_it(world: World) -> None:
    world.world.save(board_v2("Filed"), "access-policy:1", external="filed.json", uid="filed", api="v2")
    entry = world.run().by_uid["filed"]
    assert (entry.external, entry.updated_by) == ("filed.json", "Anonymous")


@pytest.mark.parametrize(
    ("kind", "why"),
    [("401", "unauthorized"), ("403", "forbidden"), ("404", "unsettled"), ("429", "rate_limited"),
     ("500", "unavailable"), ("empty", "unreadable"), ("html", "unreadable"), ("none", "unreadable")],
)  # fmt: skip
@pytest.mark.parametrize("listed", [True, False])
def test_no_fault_at_its_address_deletes_it(
    world: World, kind: str, why: str, listed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = world.run()
    world.grafana.trouble(*[kind] * 8, at=AT)
    if not listed:
        whole = world.client().listed()
        monkeypatch.setattr(
            "dashboard_snapshot.grafana.Grafana.listed", lambda _: [uid for uid in whole if uid != "board"]
        )
    with pytest.raises(PartialRunError):
        world.run()
    found = world.last()
    assert {each.kind for each in found.reasons} == ({why} if listed or kind != "403" else {"hidden"})
    assert (found.gone, [each.what for each in compared(base, found).differences]) == ((), [])


def test_what_is_deleted_is_deleted(world: World) -> None:
    world.run()
    world.world.remove("board")
    found = world.run()
    assert (found.outcome, found.gone) == ("complete", ("board",))


def test_it_is_not_saved_in_a_form_that_grafana_would_take_for_another(world: World) -> None:
    old = world.run()
    saved(world, "down")
    world.world.rights.writes = True
    found = look(world.client(), world.store, old, "board", git=False)
    assert (found.version, found.same) == (2, False)
    with pytest.raises(GrafanaError, match="schema v2 is not saved"):
        put_back(world.client(), "board", found, 2)
    assert len(world.world.dashboards["board"].versions) == 2


@pytest.mark.parametrize(
    "address",
    ["https://evil.example.org/x", "/api/admin/settings", "/apis/other.grafana.app/v1/namespaces/default/dashboards/a",
     "/apis/dashboard.grafana.app/v2/namespaces/../../api/dashboards/a"],
)  # fmt: skip
def test_no_other_address_is_followed(address: str) -> None:
    body = json.dumps({"message": f"dashboard api version not supported, use {address} instead"}).encode()
    with pytest.raises(GrafanaError) as caught:
        content(Answer(406, {}, body))
    assert not isinstance(caught.value, ElsewhereError)
    assert caught.value.kind == "refused"
