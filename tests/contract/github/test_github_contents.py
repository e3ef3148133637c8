"""Files of pull requests: pages, the limit, renames, the merge base, and content of every size and kind."""

from collections.abc import Iterator

import pytest

from kaizen.github.contents import changed_files, file_at, merge_base, pull_request
from kaizen.github.errors import NotAFileError, NotFoundError, TooLargeFileError, UnavailableError
from local.outside.github.world import blob_sha
from tests.contract.github.github_world import NAME, World, github

LONG = "\n".join(f"line {number}" for number in range(40))


@pytest.fixture
def world() -> Iterator[World]:
    with github() as made:
        made.repository.commit("main", {"a.yml": "one\n", "old name.json": LONG, "gone.md": "x", "dir/in.txt": "deep"})
        yield made


def test_files_with_their_names_before_and_after(world: World) -> None:
    changes: dict[str, str | bytes | None] = {
        "a.yml": "two\n",
        "old name.json": None,
        "new name.json": LONG,
        "gone.md": None,
        "born.bin": b"\xff\x00",
    }
    number = world.repository.pull_request("A change", changes)
    pull = pull_request(world.by_token(), NAME, number)
    found = changed_files(world.by_token(), NAME, pull)
    assert found.complete
    assert [(each.status, each.base_path, each.head_path) for each in found.files] == [
        ("modified", "a.yml", "a.yml"),
        ("added", "", "born.bin"),
        ("removed", "gone.md", ""),
        ("renamed", "old name.json", "new name.json"),
    ]
    modified, binary, _, renamed = found.files
    assert (modified.additions, modified.deletions) == (1, 1)
    assert modified.patch.endswith("-one\n+two")
    assert (binary.patch, binary.additions) == ("", 0)
    assert renamed.patch == ""


def test_many_files_come_in_pages_and_the_limit_is_told(world: World) -> None:
    number = world.repository.pull_request("Many", {f"f{each:04}": f"{each}" for each in range(250)})
    pull = pull_request(world.by_token(), NAME, number)
    world.heard.clear()
    found = changed_files(world.by_token(), NAME, pull)
    assert (len(found.files), found.complete, len(world.heard)) == (250, True, 3)
    assert len({each.path for each in found.files}) == 250
    world.repository.push(number, {f"g{each:04}": "x" for each in range(2800)})
    pull = pull_request(world.by_token(), NAME, number)
    listed = changed_files(world.by_token(), NAME, pull)
    assert (pull.changed_files, len(listed.files), listed.complete) == (3050, 3000, False)


def test_a_list_without_any_of_the_changed_files_is_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong with no file: a review of an empty list would be green."""
    number = world.repository.pull_request("One", {"a.yml": "x"})
    client = world.by_token()
    pull = pull_request(client, NAME, number)
    monkeypatch.setattr(client, "pages", lambda path: iter(()))
    with pytest.raises(UnavailableError, match="none of 1 changed files"):
        changed_files(client, NAME, pull)


def test_changes_count_from_the_merge_base(world: World) -> None:
    base = world.repository.branches["main"]
    number = world.repository.pull_request("A change", {"a.yml": "mine\n"})
    world.repository.commit("main", {"a.yml": "theirs\n", "later.md": "x"})
    pull = pull_request(world.by_token(), NAME, number)
    assert merge_base(world.by_token(), NAME, "main", pull.head_sha) == base
    assert [each.path for each in changed_files(world.by_token(), NAME, pull).files] == ["a.yml"]
    assert file_at(world.by_token(), NAME, "a.yml", base).content == b"one\n"
    assert file_at(world.by_token(), NAME, "a.yml", pull.head_sha).content == b"mine\n"
    assert file_at(world.by_token(), NAME, "a.yml", "main").content == b"theirs\n"
    with pytest.raises(NotFoundError):
        merge_base(world.by_token(), NAME, "main", "0" * 40)


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024])
def test_content_of_every_size(world: World, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    sha = world.repository.commit("main", {"dir/some file #1?.bin": content})
    world.heard.clear()
    found = file_at(world.by_token(), NAME, "dir/some file #1?.bin", sha)
    assert found.content == content
    assert found.sha == blob_sha(content)
    assert len(world.heard) == (1 if size <= 1024 * 1024 else 2)


def test_a_file_that_is_too_large_is_not_fetched(world: World) -> None:
    world.repository.commit("main", {"large.json": b"x" * 2_000_000})
    world.heard.clear()
    with pytest.raises(TooLargeFileError, match="2000000 bytes"):
        file_at(world.by_token(), NAME, "large.json", "main", limit=1_999_999)
    assert len(world.heard) == 1


def test_what_is_no_file(world: World) -> None:
    with pytest.raises(NotAFileError):
        file_at(world.by_token(), NAME, "dir", "main")
    with pytest.raises(NotFoundError):
        file_at(world.by_token(), NAME, "nothing", "main")
    for path in ("", "/etc", "a//b", "../x", "a/./b"):
        with pytest.raises(ValueError, match="no path"):
            file_at(world.by_token(), NAME, path, "main")


def test_a_fork_that_is_gone(world: World) -> None:
    number = world.repository.pull_request("From afar", {"a.yml": "x"}, fork=None)
    assert pull_request(world.by_token(), NAME, number).head_repository == ""
    fork = world.repository.pull_request("From afar", {"a.yml": "y"}, fork="somebody/checkout")
    assert pull_request(world.by_token(), NAME, fork).head_repository == "somebody/checkout"
