"""Which files lie below a folder at a commit, by their blobs: equal content has an equal name, and is read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kaizen.github import reading
from kaizen.github.client import Github, repository_path
from kaizen.github.contents import decoded
from kaizen.github.errors import TooLargeFileError


@dataclass(frozen=True, slots=True)
class Blob:
    sha: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Listing:
    """Paths from the root with their blobs. `complete` is False where GitHub did not list all (100,000 entries)."""

    files: Mapping[str, Blob]
    complete: bool


def files_below(github: Github, repository: str, commit: str, folder: str) -> Listing:
    """Every file below a folder, empty for the root; none where there is no such folder. Raises GithubError.

    A request for each level down to the folder and one for all below it: the rest of the repository is not listed.
    """
    sha = commit
    for part in folder.split("/") if folder else ():
        found = [each for each in _entries(_tree(github, repository, sha)) if reading.text(each, "path") == part]
        if not found or reading.text(found[0], "type") != "tree":
            return Listing({}, complete=True)
        sha = reading.text(found[0], "sha")
    answer = _tree(github, repository, sha, recursive=1)
    above = f"{folder}/" if folder else ""
    files = {
        above + reading.text(each, "path"): Blob(reading.text(each, "sha"), reading.optional_number(each, "size"))
        for each in _entries(answer)
        if reading.text(each, "type") == "blob" and reading.text(each, "mode") != _LINK
    }
    return Listing(files, complete=reading.value(answer, "truncated") is not True)


def blob(github: Github, repository: str, found: Blob, limit: int) -> bytes:
    """The content. Raises TooLargeFileError before it is fetched, GithubError."""
    if found.size > limit:
        raise TooLargeFileError(f"a file has {found.size} bytes, and no more than {limit} are read")
    return decoded(github.get(f"{repository_path(repository)}/git/blobs/{quote(found.sha, safe='')}"))


_LINK = "120000"  # a symbolic link: its content is a path


def _tree(github: Github, repository: str, sha: str, **query: int) -> Any:
    return github.get(f"{repository_path(repository)}/git/trees/{quote(sha, safe='')}", **query)


def _entries(answer: Any) -> list[Any]:
    return reading.items(reading.value(answer, "tree"))
