"""Runs against the double of Grafana: complete or partial and why, nothing stored twice, nothing falsely deleted."""

import pytest

from dashboard_snapshot.comparing import compared
from dashboard_snapshot.model import Manifest
from dashboard_snapshot.snapshot import PartialRunError
from local import paths
from tests.contract.dashboard_snapshot.snapshot_world import World

# What the double holds: the dashboards of this repository, and two of a shop.
HELD = 2 + len(list((paths.ROOT / "grafana" / "dashboards").glob("*.json")))


def partial(world: World, match: str = "is partial") -> Manifest:
    with pytest.raises(PartialRunError, match=match):
        world.run()
    found = world.last()
    assert not found.complete
    assert found.gone == ()
    return found


def removed(world: World, older: Manifest, newer: Manifest) -> list[str]:
    return [each.entry.uid for each in compared(older, newer).differences if each.what == "removed"]


def test_all_dashboards_are_kept_with_their_folders_and_authors(world: World) -> None:
    found = world.run()
    assert (found.outcome, found.found, len(found.entries)) == ("complete", HELD, HELD)
    entry = found.by_uid["checkout"]
    assert (entry.path, entry.updated_by, entry.version) == ("Shop / Payments / Checkout", "ana", 1)
    assert (found.git_ref, found.git_ref_from) == ("v1", "event")
    assert b'"title":"Checkout"' in world.store.content(entry.sha256)
    assert world.last() == found
    assert world.told == {}


def test_an_unchanged_run_is_one_manifest_and_no_object(world: World) -> None:
    world.run()
    before = world.stored()
    world.save("checkout", "pay")  # saved again, and nothing changed: a version more
    world.run()
    assert [each for each in world.stored() if each not in before] == world.stored("runs/")[-1:]
    assert world.told == {}
    assert world.counted("runs_total") == {("complete",): 2}
    assert world.counted("dashboards") == {(): HELD}


def test_objects_that_runs_still_hold_are_written_again_before_they_expire(world: World) -> None:
    first = world.run()
    world.now = world.now.replace(month=12, day=31)
    assert world.run().by_uid["checkout"].stored_at > first.by_uid["checkout"].stored_at


def test_an_edit_in_the_ui_is_told_once_with_its_author_and_what_it_changes(world: World) -> None:
    base = world.run()
    world.save("checkout", author="ben", expr="rate(orders_total[10m])")
    run = world.run()
    world.run()
    assert world.posts == [f"edits/{base.run}"]
    note = world.note()
    assert "*1 dashboard* changed in the UI" in note
    assert "Checkout" in note
    assert "by *ben*" in note
    assert "window 5m → 10m" in note
    assert f"from={base.run}&amp;to={run.run}" in note
    assert world.counted("edits_total") == {("ui",): 1}


def test_provisioning_and_programs_are_counted_and_not_told(world: World) -> None:
    world.run()
    (uid,) = [each.uid for each in world.world.dashboards.values() if each.title == "Kaizen tickets"] or [
        next(each.uid for each in world.world.dashboards.values() if each.external)
    ]
    world.world.save(world.world.dashboards[uid].model | {"title": "Renamed"}, "Anonymous")
    world.save("search", author="sa-1-terraform", expr="up")
    world.run()
    assert world.told == {}
    assert world.counted("edits_total") == {("provisioning",): 1, ("program",): 1}
    world.world.save(world.world.dashboards[uid].model | {"title": "By hand"}, "ana")
    world.run()
    assert "a file provisions it" in world.note()


def test_what_slack_did_not_take_is_told_by_the_next_run(world: World) -> None:
    base = world.run()
    world.save("checkout", author="ben", expr="up")
    world.slack_down = True
    with pytest.raises(ConnectionError):
        world.run()
    assert world.last().complete
    world.slack_down = False
    world.run()
    assert world.posts == [f"edits/{base.run}"]
    assert "by *ben*" in world.note()


def test_a_note_of_a_partial_run_is_edited_by_the_next_one(world: World) -> None:
    world.run()
    world.save("checkout", author="ben", expr="up")
    world.grafana.trouble("403", at="/dashboards/uid/search")
    partial(world)
    assert "this run is partial" in world.note()
    world.save("checkout", author="ana")  # as it was
    world.run()
    assert len(world.posts) == 1
    assert "as it was" in world.note()


@pytest.mark.parametrize(
    "at", ["/folders", "/search", "/dashboards/uid/checkout", "/library-elements", "/v1/provisioning/alert-rules"]
)
@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("401", "unauthorized"),
        ("403", "forbidden"),
        ("404", "not_found"),
        ("429", "rate_limited"),
        ("500", "unavailable"),
        ("empty", "unreadable"),
        ("html", "unreadable"),
    ],
)
def test_each_fault_at_each_call_makes_a_partial_run_that_deletes_nothing(
    world: World, kind: str, why: str, at: str
) -> None:
    world.beside()
    base = world.run()
    world.grafana.trouble(*[kind] * 8, at=at)
    found = partial(world)
    assert why in {each.kind for each in found.reasons}
    assert removed(world, base, found) == []
    assert world.told == {}
    assert world.counted("runs_total")["partial",] == 1
    assert world.counted("dashboards") == {(): HELD}
    world.grafana._troubles.clear()
    after = world.run()
    assert compared(base, after).differences == ()


def test_a_pause_that_grafana_asks_for_is_kept_and_the_run_is_complete(world: World) -> None:
    world.grafana.trouble("429", "500", at="/dashboards")
    assert world.run().complete
    assert sorted(world.waited) == [1, 1]


def test_no_pause_goes_beyond_the_time_that_is_left(world: World) -> None:
    world.left = 90.5
    world.grafana.trouble(*["429"] * 8)
    assert [each.kind for each in partial(world).reasons] == ["rate_limited"]
    assert world.waited == []


def test_what_there_was_no_time_for_is_named(world: World) -> None:
    base = world.run()
    world.left = 0
    found = partial(world, "no time left")
    assert found.entries == ()
    assert removed(world, base, found) == []


def test_a_deleted_dashboard_is_deleted_and_one_that_is_hidden_is_not(world: World) -> None:
    base = world.run()
    world.world.remove("search")
    found = world.run()
    assert (found.gone, removed(world, base, found)) == (("search",), ["search"])
    assert "deleted: Grafana does not say by whom" in world.note()
    world.world.rights.hidden.add("pay")
    hidden = partial(world, "a permission was taken away: checkout")
    assert removed(world, found, hidden) == []


def test_a_token_to_which_grafana_does_not_tell_deleted_from_hidden(world: World) -> None:
    base = world.run()
    world.world.rights.everywhere = False
    world.world.remove("search")
    assert removed(world, base, partial(world, "does not tell this token whether it was deleted or hidden")) == []
    accepted = world.run(accept=True)
    assert (accepted.outcome, accepted.gone) == ("complete", ("search",))


def test_mass_disappearance_is_no_deletion_unless_somebody_says_so(world: World) -> None:
    for number in range(12):
        world.save(f"more{number}", "shop")
    base = world.run()
    for number in range(12):
        world.world.remove(f"more{number}")
    found = partial(world, f"12 of {HELD + 12} dashboards are gone at once")
    assert removed(world, base, found) == []
    assert len(removed(world, base, world.run(accept=True))) == 12


def test_an_empty_list_is_no_empty_grafana(world: World) -> None:
    base = world.run()
    world.grafana.trouble(*["none"] * 2, at="/search")
    found = partial(world, "lists no dashboard at all")
    assert removed(world, base, found) == []
    assert len(found.entries) == HELD  # each was asked for by itself


def test_nothing_readable_is_a_partial_manifest_too(world: World) -> None:
    world.token = "glsa_expired"
    found = partial(world, "401")
    assert (found.found, found.entries) == (0, ())
    assert world.told == {}


def test_pages_that_move_lose_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit of a title between two pages moves a dashboard over the border; the next pass finds it."""
    monkeypatch.setattr("dashboard_snapshot.grafana.PAGE", 2)
    world.save("aaa", "shop")
    asked = world.grafana.answer
    moved: list[str] = []

    def answer(request):  # type: ignore[no-untyped-def]
        if "page=2" in request.query and "/search" in request.path and not moved:
            moved.append("aaa")
            world.world.remove("aaa")
        return asked(request)

    monkeypatch.setattr(world.grafana, "answer", answer)
    found = world.run()
    assert moved
    assert {"checkout", "search"} <= set(found.by_uid)
    assert (found.outcome, found.found, len(found.entries)) == ("complete", HELD, HELD)
