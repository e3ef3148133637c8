"""Runs that meet, break off or come from another version, over the real store: nothing stays open, red or unset."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from canary_monitor import parts
from canary_monitor.monitor import CanaryFailedError
from canary_monitor.plan import RUN
from canary_monitor.store import CanaryStore
from kaizen.policy.sections.canary import CanaryPolicy
from kaizen.runtime.secrets import SecretError
from tests.contract.canary.test_canary_store import dynamodb
from tests.unit.canary.canary_world import KEY, World, at
from tests.unit.canary.test_canary_presses import open_incidents

__all__ = ["dynamodb"]


@pytest.fixture
def world(dynamodb: Any) -> World:
    made = World()
    made.table = CanaryStore(dynamodb, "canaries", "metrics")  # type: ignore[assignment]
    return made


def text(world: World) -> str:
    return next(message.text for key, message in reversed(world.shown) if key == KEY)


def in_the_midst(
    monkeypatch: pytest.MonkeyPatch, world: World, part: str, act: Callable[[], object], when: str
) -> None:
    """The first call of a part of the world meets another run, before or after it takes effect."""
    real, met = getattr(world, part), list[bool]()

    def call(*given: Any, **more: Any) -> None:
        first = not met
        met.append(True)
        if first and when == "before":
            act()
        real(*given, **more)
        if first and when == "after":
            act()

    monkeypatch.setattr(world, part, call)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("part", ["page", "show"])
@pytest.mark.parametrize(
    ("deployment", "state", "told"), [(1, "success", "finished"), (2, "in_progress", "superseded")]
)
def test_an_end_that_meets_the_page_is_told_and_resolves_it(
    world: World, monkeypatch: pytest.MonkeyPatch, part: str, when: str, deployment: int, state: str, told: str
) -> None:
    world.tell("in_progress", 1)
    in_the_midst(monkeypatch, world, part, lambda: world.tell(state, 122, deployment), when)
    world.check(122)
    assert open_incidents(world) == set()
    assert told in text(world)


@pytest.mark.parametrize("pager", [True, False])
def test_a_run_that_could_not_write_down_what_it_told_leaves_no_red_message(
    world: World, monkeypatch: pytest.MonkeyPatch, pager: bool
) -> None:
    world.pager = pager
    world.tell("in_progress", 1)
    save, calls = world.table.save, list[bool]()

    def failing(*given: Any, **more: Any) -> Any:
        calls.append(True)
        if len(calls) == 2:
            raise ConnectionError("DynamoDB")
        return save(*given, **more)

    monkeypatch.setattr(world.table, "save", failing)
    with pytest.raises(ConnectionError):
        world.check(122)
    world.tell("success", 123)
    assert open_incidents(world) == set()
    assert "finished" in text(world)


def test_a_message_whose_answer_was_lost_is_edited_at_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.pager = False
    world.tell("in_progress", 1)
    show = world.show

    def lost(*given: Any, **more: Any) -> None:
        show(*given, **more)
        raise ConnectionError("no answer in time")

    monkeypatch.setattr(world, "show", lost)
    with pytest.raises(CanaryFailedError):
        world.check(122)
    monkeypatch.setattr(world, "show", show)
    world.tell("success", 123)
    assert "finished" in text(world)


def test_a_page_that_arrives_after_its_end_from_a_run_that_is_cut_off_is_resolved_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tell("in_progress", 1)
    page, met = world.page, list[bool]()

    class CutOffError(BaseException):
        """Lambda's time-out: nothing after it runs."""

    def slow(event: Mapping[str, Any]) -> None:
        if met:
            page(event)
            return
        met.append(True)
        world.tell("success", 122)
        page(event)
        raise CutOffError

    monkeypatch.setattr(world, "page", slow)
    with pytest.raises(CutOffError):
        world.check(122)
    assert open_incidents(world) == {KEY}
    ((_, when),) = world.alarms.items()
    assert when == at(122) + RUN
    world.ring(122 + RUN / timedelta(minutes=1))
    assert open_incidents(world) == set()
    assert world.alarms == {}


@pytest.mark.parametrize(
    "order",
    [
        ("in_progress 1", "success 127", "end"),
        ("in_progress 100", "end", "success 128"),
        ("success 127", "end"),
        ("success 127", "in_progress 1", "end"),
        ("end", "in_progress 1", "success 128"),
    ],
)
def test_a_page_for_a_canary_that_becomes_known_later_is_resolved(world: World, order: tuple[str, ...]) -> None:
    world.alert(125, began=121)
    assert open_incidents(world) == {KEY}
    world.minutes = 126
    for step in order:
        if step == "end":
            world.alert(world.minutes + 1, firing=False, began=121)
            continue
        state, _, minutes = step.partition(" ")
        world.tell(state, float(minutes))
    world.check(129)
    assert open_incidents(world) == set()


def test_an_alarm_that_a_slower_run_overwrote_is_set_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.tell("in_progress", 1)
    world.broken = {"alarm"}
    with pytest.raises(CanaryFailedError):
        world.check(121)
    world.broken = set()
    in_the_midst(monkeypatch, world, "set", lambda: world.press("extend", 121.5), "before")
    world.check(121.4)
    assert list(world.alarms.values()) == [at(181.5)]


def test_the_earlier_of_two_starts_keeps_its_alarm(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_midst(monkeypatch, world, "set", lambda: world.tell("in_progress", 1), "before")
    world.tell("in_progress", 91)
    assert list(world.alarms.values()) == [at(121)]


def test_a_pager_that_is_away_for_a_while_resolves_later(world: World) -> None:
    world.tell("in_progress", 1)
    world.check(121)
    world.pager = False
    world.tell("success", 130)
    world.pager = True
    world.alert(131, firing=False, began=121)
    assert open_incidents(world) == set()


def test_a_longer_life_brings_nothing_back(world: World) -> None:
    world.tell("in_progress", 1)
    world.check(121)
    world.check(1 + 24 * 60)
    world.policy = CanaryPolicy(life_seconds=7 * 86400)
    shown = len(world.shown)
    world.check(1 + 25 * 60)
    assert open_incidents(world) == set()
    assert len(world.shown) == shown


def test_a_pointer_of_an_older_version_is_written_anew(world: World, dynamodb: Any) -> None:
    """It lay under `group`, and its item did not say which deployments can be found."""
    world.tell("in_progress", 1)
    dynamodb.delete_item(TableName="canaries", Key={"pk": {"S": "deployment#1"}, "sk": {"S": "production"}})
    dynamodb.update_item(
        TableName="canaries",
        Key={"pk": {"S": "group#7#production#deploy"}, "sk": {"S": "group"}},
        UpdateExpression="REMOVE findable",
    )
    world.check(121)
    world.press("extend", 125)
    world.alert(126, began=121)
    assert open_incidents(world) == set()


def test_a_secret_of_slacks_that_cannot_be_read_stops_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        each.name: "https://x.example" if "url" in each.name else each.name for each in fields(parts.CanarySettings)
    }

    def read(name: str, *, fresh: bool = False) -> str:
        if name == "button_secret_parameter":
            raise SecretError("AccessDenied")
        return "value"

    monkeypatch.setattr(parts, "secret", read)
    settings = parts.CanarySettings(**values)
    assert parts.buttons(settings, CanaryPolicy(channel="C0CANARIES", webhook_parameter=None)) is None
