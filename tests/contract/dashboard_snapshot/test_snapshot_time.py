"""The time of a run: whatever is slow, a manifest is written before Lambda ends it, and the next run goes on."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dashboard_snapshot.model import Manifest
from dashboard_snapshot.snapshot import PartialRunError
from kaizen.runtime.outbound import Answer
from tests.contract.dashboard_snapshot.snapshot_world import World


@pytest.fixture
def world(world: World) -> World:
    """With a library panel and an alert rule."""
    world.beside()
    return world


def run(world: World) -> Manifest:
    try:
        return world.run()
    except PartialRunError:
        return world.last()


def slow(world: World, at: str, seconds: float) -> list[float]:
    """Each answer to what has `at` in its path takes this long. What is left after each of them."""
    ask = world.grafana.answer
    left: list[float] = []

    def answer(request: Any) -> Any:
        if at in request.path:
            world.left -= seconds
            left.append(world.left)
        return ask(request)

    world.grafana.answer = answer  # type: ignore[method-assign]
    return left


@pytest.mark.parametrize(
    "at", ["/folders", "/search", "/dashboards/uid/", "/library-elements", "/alert-rules", "/versions"]
)
def test_whatever_is_slow_a_manifest_is_written_in_time(world: World, at: str) -> None:
    """Grafana's answers take 25 s each: one that is under way may end after the time, and no other one begins."""
    for number in range(40):
        world.world.folder(f"f{number}", f"F{number}")
        world.world.library_panel(f"p{number}", f"P{number}", {}, "ana", "shop")
        world.save(f"d{number:02}", "shop")
    world.world.rights.writes = True
    base = world.run()
    for number in range(40):
        world.save(f"d{number:02}", "shop", author="ben", expr="up")
        world.world.library_panels.pop(f"p{number}")
    left = slow(world, at, 25)
    found = run(world)
    assert found.run > base.run
    assert left
    assert world.left > 90 - 25 * 6, "six are asked at once"
    few = at in ("/search", "/alert-rules", "/versions")
    assert few or (min(left) < 180 and "time" in {each.kind for each in found.reasons})
    assert (found.gone, found.beside_gone) == ((), ())


def test_what_is_slow_from_the_start_is_named(world: World) -> None:
    world.left = 80
    found = run(world)
    assert [each.kind for each in found.reasons] == ["time"]
    assert world.grafana.asked == []


def test_a_failure_in_between_does_not_lose_what_was_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six dashboards a run, and every second run meets a Grafana that is away."""
    monkeypatch.setattr("dashboard_snapshot.harvest.AT_ONCE", 1)
    for number in range(14):
        world.save(f"d{number:02}", "shop")
    slow(world, "/dashboards/uid/", 100)
    runs: list[Manifest] = []
    for number in range(7):
        world.left = 750
        if number % 2:
            world.grafana.trouble(*["500"] * 4, at="/folders" if number % 4 == 1 else "/search")
        runs.append(run(world))
    assert [len(each.entries) for each in runs] == [6, 6, 12, 12, 18, 18, len(world.world.dashboards)]
    assert [each.complete for each in runs] == [False] * 6 + [True]
    assert [each.found for each in runs[1:6:2]] == [6, 12, 18]
    assert {each.kind for one in runs[1:6:2] for each in one.reasons} == {"unavailable"}


def test_from_four_to_eight_are_asked_at_once(world: World) -> None:
    """The first four answers wait for each other; then more than eight would be seen to wait together."""
    for number in range(40):
        world.save(f"d{number:02}", "shop")
    send: Callable[..., Answer] = world.send
    four, free = threading.Event(), threading.Event()
    lock, inside, most = threading.Lock(), 0, 0

    def counting(method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        nonlocal inside, most
        if "/dashboards/uid/" not in address:
            return send(method, address, headers, body)
        with lock:
            inside += 1
            most = max(most, inside)
        if most >= 4:
            four.set()
        if most > 8 or not four.wait(30) or not free.wait(0.3):
            free.set()
        try:
            return send(method, address, headers, body)
        finally:
            with lock:
                inside -= 1

    world.send = counting  # type: ignore[method-assign]
    assert world.run().complete
    assert 4 <= most <= 8


def test_folders_of_one_level_are_asked_for_at_once(world: World) -> None:
    """The answers for two of them wait for each other."""
    send: Callable[..., Answer] = world.send
    world.world.folder("ops", "Ops")
    two = threading.Barrier(2)

    def meeting(method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        if address.partition("&")[0].endswith(("parentUid=shop", "parentUid=ops")):
            two.wait(30)
        return send(method, address, headers, body)

    world.send = meeting  # type: ignore[method-assign]
    assert world.run().folders["pay"] == "Shop / Payments"
