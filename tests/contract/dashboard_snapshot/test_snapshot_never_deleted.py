"""What looks like a deletion and is none: lost rights, lists that leave something out, answers that are wrong once."""

from collections.abc import Callable
from typing import Any

import pytest

from dashboard_snapshot.comparing import compared
from dashboard_snapshot.model import Manifest
from dashboard_snapshot.snapshot import PartialRunError
from local.outside.service import Request
from tests.contract.dashboard_snapshot.snapshot_world import World


def partial(world: World, match: str = "is partial") -> Manifest:
    with pytest.raises(PartialRunError, match=match):
        world.run()
    return world.last()


def removed(older: Manifest, newer: Manifest) -> list[str]:
    return [each.entry.key for each in compared(older, newer).differences if each.what == "removed"]


def before(world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[Request, int], None]) -> None:
    """`act` is called before each answer with its request, and how many have asked for that path by then."""
    asked: dict[str, int] = {}
    answer = world.grafana.answer

    def acting(request: Request) -> Any:
        asked[request.path] = asked.get(request.path, 0) + 1
        act(request, asked[request.path])
        return answer(request)

    monkeypatch.setattr(world.grafana, "answer", acting)


@pytest.mark.parametrize("folder", ["ops", ""])
def test_a_lost_right_on_a_folder_deletes_nothing_that_lies_in_it_alone(world: World, folder: str) -> None:
    """No dashboard lies there, whose 403 would make the run partial anyway."""
    world.world.folder("ops", "Ops")
    world.world.library_panel("queue", "Queue", {"type": "stat", "title": "Queue"}, "ana", folder)
    world.world.alert_rule("down", "Shop is down", "up == 0", "5m", folder)
    base = world.run()
    world.world.rights.hidden.add(folder or "general")
    found = partial(world, "Grafana does not say that they are gone")
    assert (found.beside_gone, removed(base, found), world.told) == ((), [], {})
    assert [(each.kind, each.uids) for each in found.reasons] == [("hidden", ("queue",)), ("hidden", ("down",))]
    world.world.rights.hidden.clear()
    assert compared(base, world.run()).differences == ()
    assert world.told == {}


def test_what_goes_with_its_folder_is_gone(world: World) -> None:
    world.world.folder("ops", "Ops")
    world.world.alert_rule("down", "Shop is down", "up == 0", "5m", "ops")
    base = world.run()
    del world.world.alert_rules["down"], world.world.folders["ops"]
    found = world.run()
    assert (found.outcome, removed(base, found)) == ("complete", ["alert_rule/down"])


@pytest.mark.parametrize("empty", [("none",), ("none", "none")])
def test_an_empty_list_of_folders_makes_no_complete_run(world: World, empty: tuple[str, ...]) -> None:
    world.beside()
    base = world.run()
    world.grafana.trouble(*empty, at="/folders")
    found = partial(world, "the list of folders leaves out some")
    assert {"pay", "shop"} <= {uid for each in found.reasons for uid in each.uids}
    assert removed(base, found) == []
    assert world.run().by_uid["checkout"].path == "Shop / Payments / Checkout"


def test_a_dashboard_whose_folder_the_token_may_not_see_is_kept(world: World) -> None:
    """One dashboard may be shared with the token, and not its folder."""
    world.run()
    world.world.rights.shared.add("checkout")
    world.world.rights.hidden.add("pay")
    assert world.run().by_uid["checkout"].path == "Payments / Checkout"


@pytest.mark.parametrize("wrong", [("none",), ("none", "none", "none")])
def test_a_404_and_a_list_that_is_wrong_afterwards_delete_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, wrong: tuple[str, ...]
) -> None:
    base = world.run()

    def act(request: Request, times: int) -> None:
        if request.path.endswith("/search") and times == 3:
            world.grafana.trouble(*wrong, at="/search")

    before(world, monkeypatch, act)
    world.grafana.trouble("404", at="/dashboards/uid/checkout")
    found = partial(world)
    assert (found.gone, removed(base, found), world.told) == ((), [], {})
    assert "checkout" in {uid for each in found.reasons if each.kind == "not_found" for uid in each.uids}


def test_a_page_that_moves_after_a_404_deletes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list lacks it in one pass, and the question for it had failed: neither proves that it is gone."""
    base = world.run()
    held: dict[str, Any] = {}
    dashboards = world.world.dashboards

    def act(request: Request, times: int) -> None:
        if request.path.endswith("/search"):
            if times == 3:
                held["search"] = dashboards.pop("search")
            elif held:
                dashboards["search"] = held.pop("search")

    before(world, monkeypatch, act)
    world.grafana.trouble("404", at="/dashboards/uid/search")
    found = partial(world)
    assert (found.gone, removed(base, found)) == ((), [])


def test_what_is_deleted_while_a_run_reads_is_deleted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    base = world.run()

    def act(request: Request, times: int) -> None:
        if request.path.endswith("/dashboards/uid/search") and times == 1:
            world.world.remove("search")

    before(world, monkeypatch, act)
    found = world.run()
    assert (found.outcome, found.gone, removed(base, found)) == ("complete", ("search",), ["dashboard/search"])


def test_a_list_that_cannot_be_read_again_is_a_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    base = world.run()

    def act(request: Request, times: int) -> None:
        if request.path.endswith("/search") and times == 3:
            world.grafana.trouble(*["500"] * 4, at="/search")

    before(world, monkeypatch, act)
    world.grafana.trouble("404", at="/dashboards/uid/checkout")
    found = partial(world, "could not be read again")
    assert removed(base, found) == []
    assert {each.kind for each in found.reasons} == {"not_found", "unavailable"}


def test_a_rule_that_no_list_names_and_that_answers_is_not_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.beside()
    base = world.run()
    held: dict[str, Any] = {}
    rules = world.world.alert_rules

    def act(request: Request, _: int) -> None:
        if request.path.endswith("/alert-rules"):
            held.update(rules)
            rules.clear()
        elif "/alert-rules/" in request.path:
            rules.update(held)

    before(world, monkeypatch, act)
    found = partial(world, "Grafana does not say that they are gone: down")
    assert (found.beside_gone, removed(base, found)) == ((), [])


def test_library_panels_that_one_pass_lacks_are_found_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A panel that moves to another page while the list is read."""
    world.beside()
    held: dict[str, Any] = {}
    panels = world.world.library_panels

    def act(request: Request, times: int) -> None:
        if request.path.endswith("/library-elements"):
            if times == 1:
                held.update(panels)
                panels.clear()
            else:
                panels.update(held)

    before(world, monkeypatch, act)
    found = world.run()
    assert (found.outcome, "library_panel/queue" in found.by_key) == ("complete", True)


@pytest.mark.parametrize("still", [True, False], ids=["the list does not stand still", "it answers when asked again"])
def test_a_404_and_a_list_without_it_need_each_other_to_prove_a_deletion(
    world: World, monkeypatch: pytest.MonkeyPatch, still: bool
) -> None:
    base = world.run()
    dashboards, held = world.world.dashboards, dict(world.world.dashboards)

    def act(request: Request, times: int) -> None:
        if request.path.endswith("/search") and times >= 3:
            dashboards.pop("checkout", None)
            if still and times % 2:
                dashboards.pop("search", None)
            else:
                dashboards["search"] = held["search"]
        elif "/uid/checkout" in request.path and not still:
            dashboards["checkout"] = held["checkout"]

    before(world, monkeypatch, act)
    world.grafana.trouble("404", at="/dashboards/uid/checkout")
    found = partial(world)
    assert (found.gone, removed(base, found)) == ((), [])


def test_a_folder_of_which_grafana_says_nothing_proves_nothing(world: World) -> None:
    world.world.folder("ops", "Ops")
    world.world.alert_rule("down", "Shop is down", "up == 0", "5m", "ops")
    base = world.run()
    world.world.rights.hidden.add("ops")
    world.grafana.trouble(*["500"] * 4, at="/folders/ops")
    assert removed(base, partial(world, "does not say that they are gone")) == []
