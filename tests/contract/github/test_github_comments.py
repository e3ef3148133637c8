"""One comment of ours for each marker, whoever else writes and however many pages there are."""

from collections.abc import Iterator

import pytest

from kaizen.github.comments import LONGEST, upsert
from kaizen.github.errors import NotFoundError, TooLongError, UnprocessableError
from local.outside.github.world import Identity
from tests.contract.github.github_world import NAME, US, World, github

MARKER = "<!-- kaizen:dashdiff:v1 -->"


@pytest.fixture
def world() -> Iterator[World]:
    with github() as made:
        yield made


def written(world: World, number: int, login: str, body: str) -> int:
    """A comment that somebody has written; its id."""
    world.service.world.token(f"token of {login}", login)
    was, world.token = world.token, f"token of {login}"
    made = world.by_token().post(f"/repos/{NAME}/issues/{number}/comments", {"body": body})
    world.token = was
    return int(made["id"])


def test_it_is_written_once_and_then_in_its_place(world: World) -> None:
    number = world.repository.pull_request("A change", {"a": "b"})
    first = upsert(world.by_token(), NAME, number, MARKER, US, "one")
    assert first.done == "created"
    assert upsert(world.by_token(), NAME, number, MARKER, US, "one").done == "unchanged"
    second = upsert(world.by_token(), NAME, number, MARKER, US, "two")
    assert (second.done, second.comment_id) == ("updated", first.comment_id)
    (comment,) = world.repository.comments.values()
    assert comment.body == f"{MARKER}\ntwo"


def test_a_pasted_marker_changes_nothing(world: World) -> None:
    number = world.repository.pull_request("A change", {"a": "b"})
    pasted = written(world, number, "mallory", f"{MARKER} mine")
    other = written(world, number, US.login, "<!-- kaizen:rules:v1 --> another purpose")
    kept = upsert(world.by_token(), NAME, number, MARKER, US, "ours")
    assert kept.done == "created"
    assert world.repository.comments[pasted].body == f"{MARKER} mine"
    assert "another purpose" in world.repository.comments[other].body


def test_it_is_found_on_a_late_page(world: World) -> None:
    number = world.repository.pull_request("A change", {"a": "b"})
    for _ in range(250):
        written(world, number, "octo-dev", "me too")
    kept = upsert(world.by_token(), NAME, number, MARKER, US, "ours")
    for _ in range(60):
        written(world, number, "octo-dev", "and me")
    world.heard.clear()
    again = upsert(world.by_token(), NAME, number, MARKER, US, "ours, again")
    assert (again.done, again.comment_id) == ("updated", kept.comment_id)
    assert [line.partition(" ")[0] for line in world.lines()] == ["GET"] * 4 + ["PATCH"]


def test_of_two_the_oldest_is_kept(world: World) -> None:
    number = world.repository.pull_request("A change", {"a": "b"})
    oldest = written(world, number, US.login, f"{MARKER} a")
    written(world, number, US.login, f"{MARKER} b")
    assert upsert(world.by_token(), NAME, number, MARKER, US, "c").comment_id == oldest


def test_one_that_was_just_deleted_is_written_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = world.repository.pull_request("A change", {"a": "b"})
    old = upsert(world.by_token(), NAME, number, MARKER, US, "one").comment_id
    client = world.by_token()
    patch = client.patch

    def deleted_meanwhile(path: str, given: dict[str, object]) -> object:
        world.repository.comments.pop(old, None)
        return patch(path, given)

    monkeypatch.setattr(client, "patch", deleted_meanwhile)
    kept = upsert(client, NAME, number, MARKER, US, "two")
    assert kept.done == "created"
    assert list(world.repository.comments) == [kept.comment_id]


def test_the_longest_body(world: World) -> None:
    number = world.repository.pull_request("A change", {"a": "b"})
    room = LONGEST - len(MARKER) - 1
    assert upsert(world.by_token(), NAME, number, MARKER, US, "x" * room).done == "created"
    heard = len(world.heard)
    for body in ("x" * (room + 1), "🔥" * (room // 2 + 1)):
        with pytest.raises(TooLongError):
            upsert(world.by_token(), NAME, number, MARKER, US, body)
    assert len(world.heard) == heard
    for refused in ("x" * (LONGEST + 1), "  "):
        with pytest.raises(UnprocessableError, match=r"too long|blank"):
            world.by_token().post(f"/repos/{NAME}/issues/{number}/comments", {"body": refused})


def test_an_author_is_the_app_or_the_login_and_never_nobody(world: World) -> None:
    number = world.repository.pull_request("A change", {"a": "b"})
    world.service.world.tokens["ghs_app"] = (Identity("other[bot]", 8, "other"), None)
    world.token = "ghs_app"
    upsert(world.by_token(), NAME, number, MARKER, US, "not found as ours")
    assert len(world.repository.comments) == 1
    with pytest.raises(NotFoundError):
        upsert(world.by_token(), NAME, 999, MARKER, US, "nowhere")
