"""Files below a folder by their blobs, and whose token it is."""

from collections.abc import Iterator

import pytest

from kaizen.github import comments, viewer
from kaizen.github.comments import Author
from kaizen.github.errors import NotFoundError, TooLargeFileError, UnauthorizedError
from kaizen.github.trees import Blob, blob, files_below
from local.outside.github.service import LOGIN
from local.outside.github.world import blob_sha
from tests.contract.github.github_world import NAME, World, github

FILES = {"a/b/one.yml": "1\n", "a/b/deep/two.yml": "22\n", "a/three.yml": "3\n", "b/four.yml": "1\n", "five.yml": "5\n"}


@pytest.fixture
def world() -> Iterator[World]:
    with github() as made:
        made.repository.commit("main", dict(FILES))
        yield made


def head(world: World) -> str:
    return world.repository.branches["main"]


def test_files_of_a_folder_with_their_blobs(world: World) -> None:
    found = files_below(world.by_token(), NAME, head(world), "a/b")
    assert found.complete
    assert found.files == {
        "a/b/one.yml": Blob(blob_sha(b"1\n"), 2),
        "a/b/deep/two.yml": Blob(blob_sha(b"22\n"), 3),
    }
    assert len(world.heard) == 3


def test_the_root_and_folders_that_there_are_not(world: World) -> None:
    assert set(FILES) < set(files_below(world.by_token(), NAME, head(world), "").files)
    for folder in ("c", "a/c", "five.yml", "a/b/one.yml/x"):
        assert files_below(world.by_token(), NAME, head(world), folder).files == {}
    with pytest.raises(NotFoundError):
        files_below(world.by_token(), NAME, "0" * 40, "a")


def test_content_by_its_blob(world: World) -> None:
    listed = files_below(world.by_token(), NAME, head(world), "a/b").files["a/b/deep/two.yml"]
    assert blob(world.by_token(), NAME, listed, 3) == b"22\n"
    heard = len(world.heard)
    with pytest.raises(TooLargeFileError):
        blob(world.by_token(), NAME, listed, 2)
    assert len(world.heard) == heard


def test_who_we_are_and_whether_we_commented(world: World) -> None:
    author = viewer.author(world.by_token())
    assert author == Author(login=LOGIN)
    number = world.repository.pull_request("A change", {"five.yml": "6\n"})
    marker = "<!-- kaizen:test:v1 -->"
    assert not comments.there(world.by_token(), NAME, number, marker, author)
    comments.upsert(world.by_token(), NAME, number, marker, author, "Hello")
    assert comments.there(world.by_token(), NAME, number, marker, author)
    assert not comments.there(world.by_token(), NAME, number, "<!-- kaizen:other:v1 -->", author)
    world.token = "ghp_wrong"
    with pytest.raises(UnauthorizedError):
        viewer.author(world.by_token())
