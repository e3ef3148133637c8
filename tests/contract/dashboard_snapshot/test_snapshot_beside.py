"""Library panels and alert rules are kept beside dashboards; and a run that has no time goes on with the next one."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from dashboard_snapshot.comparing import compared
from dashboard_snapshot.diffs import one_line, told
from dashboard_snapshot.exporting import export
from dashboard_snapshot.model import Manifest, from_json, to_json
from dashboard_snapshot.page import html_page, text_page
from dashboard_snapshot.snapshot import PartialRunError
from tests.contract.dashboard_snapshot.snapshot_world import World


@pytest.fixture
def world(world: World) -> World:
    """With a library panel and an alert rule."""
    world.beside()
    return world


def partial(world: World) -> Manifest:
    with pytest.raises(PartialRunError):
        world.run()
    return world.last()


def test_they_are_kept_whole_and_an_unchanged_run_stores_nothing(world: World) -> None:
    found = world.run()
    queue, down = found.by_key["library_panel/queue"], found.by_key["alert_rule/down"]
    assert (queue.path, queue.updated_by, queue.version) == ("Shop / Queue", "ana", 1)
    assert (down.path, down.url) == ("Shop / Payments / Shop is down", "/alerting/grafana/down/view")
    kept = json.loads(world.store.content(down.sha256))
    assert (kept["for"], kept["data"][0]["model"]["expr"]) == ("5m", 'up{job="shop"} == 0')
    objects = world.stored("objects/")
    world.world.alert_rule("down", "Shop is down", 'up{job="shop"} == 0', "5m", "pay")  # saved, and nothing changed
    world.run()
    assert world.stored("objects/") == objects
    assert world.counted("beside") == {("library_panel",): 1, ("alert_rule",): 1}


def test_an_edit_is_told_in_the_note_and_shown_place_by_place(world: World) -> None:
    before = world.run()
    world.world.alert_rule("down", "Shop is down", 'up{job="shop"} < 1', "1h", "pay")
    world.world.library_panel("queue", "Queue", {"type": "gauge", "title": "Queue"}, "ben", "shop")
    world.world.alert_rule("new", "By a file", "vector(1)", "0s", "pay", "file")
    after = world.run()
    assert "*1 library panel and 1 alert rule* changed" in world.note()
    assert "alert rule *" in world.note()
    assert "for: 5m → 1h" in world.note()
    assert "by *ben*" in world.note()
    assert "besides 1 by provisioning" in world.note()
    found = compared(before, after)
    differences = told(found, world.store.content)
    lines = {each.difference.entry.uid: one_line(each) for each in differences}
    assert lines["down"] == 'data.0.model.expr: up{job="shop"} == 0 → up{job="shop"} < 1; for: 5m → 1h'
    page = html_page(found, differences, "https://grafana.example.org", "/reports/dashboards", {})
    assert "<code>data.0.model.expr</code>" in page
    assert "up{job=&quot;shop&quot;} &lt; 1" in page
    assert "model.type: stat → gauge" in text_page(found, differences, "b")


def test_a_right_that_is_missing_makes_the_run_partial_and_says_what_to_do(world: World) -> None:
    base = world.run()
    world.world.rights.alerting = False
    found = partial(world)
    (reason,) = found.reasons
    assert reason.kind == "forbidden"
    assert "alert.rules:read; or leave them out of `also`" in str(reason)
    assert compared(base, found).differences == ()
    world.policy = replace(world.policy, also=("library_panel",))
    assert world.run().kinds == ("library_panel",)


def test_what_is_deleted_is_deleted_and_what_is_hidden_is_not(world: World) -> None:
    for number in range(4):
        world.world.alert_rule(f"rule{number}", f"Rule {number}", "vector(1)", "0s", "shop")
    base = world.run()
    del world.world.alert_rules["rule0"]
    (gone,) = compared(base, world.run()).differences
    assert (gone.what, gone.entry.key) == ("removed", "alert_rule/rule0")
    world.world.rights.hidden.add("pay")  # with one of the four that are left
    hidden = partial(world)
    assert {each.kind for each in hidden.reasons} >= {"hidden"}
    world.world.rights.hidden.clear()
    world.run()
    for number in range(1, 4):
        del world.world.alert_rules[f"rule{number}"]
    found = partial(world)
    assert [each.kind for each in found.reasons] == ["mass"]
    assert found.beside_gone == ()
    assert world.run(accept=True).complete


def test_a_run_of_an_older_version_is_not_compared_with_what_it_could_not_know(world: World) -> None:
    whole = world.run()
    old = to_json(whole)
    for name in ("beside", "beside_gone", "kinds", "carried"):
        del old[name]
    for each in old["entries"]:
        del each["kind"]
    assert compared(from_json(old), whole).differences == ()


def test_an_export_has_them_in_folders_of_their_own(world: World, tmp_path: Path) -> None:
    export(world.store, world.run(), tmp_path)
    world.world.alert_rule("down", "Shop is down", 'up{job="shop"} == 0', "1h", "pay")
    files = export(world.store, world.run(), tmp_path)
    assert json.loads((tmp_path / "alert-rules/down.json").read_text())["for"] == "1h"
    assert json.loads((tmp_path / "library-panels/queue.json").read_text())["name"] == "Queue"
    assert json.loads((tmp_path / "previous/alert-rules/down.json").read_text())["for"] == "5m"
    assert [name for name in files if name.startswith("diffs/")] == ["diffs/alert-rules/down.json.diff"]
    assert export(world.store, world.last(), tmp_path).keys() == files.keys()


def test_a_run_without_time_for_all_goes_on_with_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six dashboards a run: what has not been read comes first, so that each is read in turn."""
    for number in range(14):
        world.save(f"d{number:02}", "shop")
    read: list[str] = []
    ask = world.grafana.answer

    def counting(request):  # type: ignore[no-untyped-def]
        if "/dashboards/uid/" in request.path:
            read.append(request.path.rpartition("/")[2])
            world.left -= 100
        return ask(request)

    monkeypatch.setattr(world.grafana, "answer", counting)
    monkeypatch.setattr("dashboard_snapshot.harvest.AT_ONCE", 1)
    runs: list[Manifest] = []
    for _ in range(4):
        world.left = 750
        try:
            runs.append(world.run())
        except PartialRunError:
            runs.append(world.last())
    everything = {each.uid for each in runs[-1].entries}
    assert [each.complete for each in runs] == [False, False, False, True]
    assert set(read[: len(everything)]) == everything, "nothing is read twice before all is read once"
    assert runs[-1].carried
    for one, two in pairwise(runs):
        assert not any(each.what == "removed" for each in compared(one, two).differences)
    world.left = 10**6
    whole = world.run()
    assert whole.carried == ()
