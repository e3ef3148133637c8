"""The door through which a sandbox says that it is busy, down to the reaper that leaves it alone."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kaizen.runtime.secrets import secret
from kaizen.times import format_instant
from sandbox_actions import busy
from sandbox_actions import handler as actions
from tests.contract.sandboxes.reaper_world import BUSY, ReaperWorld, reaper_world

UID = "0f6c1f4e-6c6d-4a3c-9b1e-0f4f6d2f5a10"


@pytest.fixture
def world() -> Iterator[ReaperWorld]:
    with reaper_world() as made:
        yield made


def until(world: ReaperWorld, **ahead: float) -> str:
    return json.dumps({"until": format_instant(world.clock[0] + timedelta(**ahead))})


def beat(world: ReaperWorld, body: str, uid: str = UID, secret: str = "busy-secret", **changed: Any) -> dict[str, Any]:
    return world.beat(uid, body, f"Bearer {busy.token(uid, secret)}", **changed)


def test_what_is_declared_busy_is_neither_told_of_nor_stopped(world: ReaperWorld) -> None:
    world.sandbox("agent")
    world.sandbox("shop")
    world.later(days=1)
    world.run()
    assert len(world.slack.listed()) == 2
    answer = beat(world, until(world, hours=4), world.uid("agent"))
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["busy_until"] == format_instant(world.clock[0] + timedelta(hours=4))
    for _ in range(10):
        world.later(minutes=5)
        world.run()
    assert world.sizes("agent") == {"web": 2, "db": 1}
    assert world.sizes("shop") == {"web": 0, "db": 0}
    assert "it says that it is busy until" in json.dumps(world.message("is in use again")["blocks"])
    assert world.metric("kaizen_sandbox_beats_total") == {'["taken"]': 1}


def test_a_beat_never_makes_the_time_shorter_and_is_kept_once(world: ReaperWorld) -> None:
    assert beat(world, until(world, hours=2))["statusCode"] == 200
    later = json.loads(beat(world, until(world, hours=1))["body"])["busy_until"]
    assert later == format_instant(world.clock[0] + timedelta(hours=2))
    (rows,) = world.store().requests(UID).values()
    assert [(each.kind, each.until) for each in rows] == [("busy", world.clock[0] + timedelta(hours=2))]
    assert world.store().requests("another") == {}


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic x", "Bearer wrong", "Bearer busy-secret"])
def test_the_door_opens_by_the_token_of_this_sandbox_alone(world: ReaperWorld, authorization: str) -> None:
    others = f"Bearer {busy.token('another-sandbox', 'busy-secret')}"
    for given in (authorization, others):
        answer = world.beat(UID, until(world, hours=1), given)
        assert answer["statusCode"] == 401
        assert answer["headers"]["www-authenticate"] == 'Bearer realm="sandboxes"'
    assert world.store().requests() == {}
    assert world.metric("kaizen_sandbox_beats_total") == {'["refused"]': 2}


def test_another_secret_makes_every_token_void(world: ReaperWorld) -> None:
    """In a rotation, two are good at once."""
    assert beat(world, until(world, hours=1), secret="older-secret")["statusCode"] == 200
    world.put(BUSY, "new-secret")
    secret(BUSY, fresh=True)
    assert beat(world, until(world, hours=1))["statusCode"] == 401
    assert beat(world, until(world, hours=1), secret="new-secret")["statusCode"] == 200


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("", 400, "not JSON"),
        ("{", 400, "not JSON"),
        ("[" * 900, 400, "not JSON"),
        ("[]", 400, "no object"),
        ("{}", 400, "`until` is missing"),
        ('{"until": null}', 400, "`until` is missing"),
        ('{"until": 4}', 400, "no instant"),
        ('{"until": "soon"}', 400, "no instant"),
        ('{"until": "2026-03-02T10:00:00"}', 400, "no instant with a time zone"),
        ('{"until": "9999-12-31T23:59:59-10:00"}', 400, "no instant"),
        ('{"until": "2020-01-01T00:00:00Z"}', 400, "is over"),
        ('{"until": "2999-01-01T00:00:00Z"}', 400, "more than 4 hours ahead"),
        ('{"untill": "x"}', 400, "unknown: 'untill'; `until` is missing"),
        (json.dumps({"until": "x" * 2000}), 413, "at most 1024"),
    ],
)
def test_each_fault_is_named(world: ReaperWorld, body: str, status: int, words: str) -> None:
    answer = beat(world, body)
    assert answer["statusCode"] == status
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert words in json.loads(answer["body"])["detail"]
    assert world.store().requests() == {}


def test_four_hours_are_the_most(world: ReaperWorld) -> None:
    assert beat(world, until(world, hours=4, seconds=1))["statusCode"] == 400
    assert beat(world, until(world, seconds=1))["statusCode"] == 200
    assert beat(world, "!", isBase64Encoded=True)["statusCode"] == 400


def test_a_store_or_a_secret_that_does_not_answer_asks_for_a_repeat(
    world: ReaperWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        context.setenv("SANDBOXES_TABLE", "gone")
        actions.settings.cache_clear()
        answer = beat(world, until(world, hours=1))
        assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "10")
        context.setenv("BUSY_SECRET_PARAMETER", "/none")
        actions.settings.cache_clear()
        assert beat(world, until(world, hours=1))["statusCode"] == 503
    actions.settings.cache_clear()


@pytest.mark.parametrize("uid", ["", "a b", "a#busy", "x" * 129, "\udcff"])
def test_what_is_no_uid_gets_no_token(uid: str) -> None:
    with pytest.raises(ValueError, match="no uid"):
        busy.token(uid, "secret")
    with pytest.raises(ValueError, match="empty"):
        busy.token(UID, " ")


def test_the_command_line_makes_the_token(world: ReaperWorld) -> None:
    answer = world.beat(UID, until(world, hours=1), f"Bearer {actions.token(UID)}")
    assert answer["statusCode"] == 200
