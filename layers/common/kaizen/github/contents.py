"""What a pull request changes: its files with their old names, the merge base, and any file at any commit."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Literal, cast
from urllib.parse import quote

from kaizen.github import reading
from kaizen.github.client import Github, repository_path
from kaizen.github.errors import NotAFileError, TooLargeFileError, UnavailableError

LARGEST_BLOB = 100 * 1024 * 1024  # bytes

Status = Literal["added", "removed", "modified", "renamed", "copied", "changed", "unchanged"]
_STATUSES = ("added", "removed", "modified", "renamed", "copied", "changed", "unchanged")


@dataclass(frozen=True, slots=True)
class PullRequest:
    """`head_repository` is empty where the fork is gone; `changed_files` is GitHub's own count."""

    number: int
    title: str
    state: str
    address: str
    author: str
    base_ref: str
    base_sha: str
    head_ref: str
    head_sha: str
    head_repository: str
    changed_files: int


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """`path` is the name at the head; `previous_path` the one before a rename, else empty. `patch` may be missing."""

    path: str
    status: Status
    previous_path: str
    sha: str
    additions: int
    deletions: int
    patch: str

    @property
    def base_path(self) -> str:
        """The name at the merge base; empty for a file that is new."""
        return "" if self.status == "added" else self.previous_path or self.path

    @property
    def head_path(self) -> str:
        """The name at the head; empty for a file that is gone."""
        return "" if self.status == "removed" else self.path


@dataclass(frozen=True, slots=True)
class ChangedFiles:
    """`complete` is False where GitHub lists fewer files than the pull request has."""

    files: tuple[ChangedFile, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    sha: str  # of the blob: equal content has an equal one


def pull_request(github: Github, repository: str, number: int) -> PullRequest:
    """Raises GithubError."""
    answer = github.get(f"{repository_path(repository)}/pulls/{number}")
    return PullRequest(
        number=reading.number(answer, "number"),
        title=reading.text(answer, "title"),
        state=reading.text(answer, "state"),
        address=reading.text(answer, "html_url"),
        author=reading.optional_text(answer, "user.login"),
        base_ref=reading.text(answer, "base.ref"),
        base_sha=reading.text(answer, "base.sha"),
        head_ref=reading.text(answer, "head.ref"),
        head_sha=reading.text(answer, "head.sha"),
        head_repository=reading.optional_text(answer, "head.repo.full_name"),
        changed_files=reading.number(answer, "changed_files"),
    )


def changed_files(github: Github, repository: str, pull: PullRequest) -> ChangedFiles:
    """Every file of a pull request that GitHub lists. Raises GithubError, also where it lists none of several: a review
    of that would find nothing wrong."""
    listed = github.pages(f"{repository_path(repository)}/pulls/{pull.number}/files")
    files = tuple(_changed(each) for each in listed)
    if pull.changed_files and not files:
        raise UnavailableError(0, f"GitHub lists none of {pull.changed_files} changed files")
    return ChangedFiles(files, complete=len(files) >= pull.changed_files)


def _changed(given: Any) -> ChangedFile:
    status = reading.text(given, "status")
    if status not in _STATUSES:
        raise reading.fault("status")
    return ChangedFile(
        path=reading.text(given, "filename"),
        status=cast(Status, status),
        previous_path=reading.optional_text(given, "previous_filename"),
        sha=reading.optional_text(given, "sha"),
        additions=reading.optional_number(given, "additions"),
        deletions=reading.optional_number(given, "deletions"),
        patch=reading.optional_text(given, "patch"),
    )


def merge_base(github: Github, repository: str, base: str, head: str) -> str:
    """The commit that both come from: what a pull request changes is changed since there. Raises GithubError."""
    pair = f"{quote(base, safe='')}...{quote(head, safe='')}"
    answer = github.get(f"{repository_path(repository)}/compare/{pair}", per_page=1)
    return reading.text(answer, "merge_base_commit.sha")


def head_of(github: Github, repository: str, branch: str) -> str:
    """The newest commit of a branch. Raises GithubError."""
    return reading.text(github.get(f"{repository_path(repository)}/commits/{quote(branch)}"), "sha")


def file_at(github: Github, repository: str, path: str, ref: str, limit: int = LARGEST_BLOB) -> File:
    """A file at a commit, branch or tag; above 1 MB by way of its blob. `limit` is in bytes.

    Raises NotFoundError, NotAFileError, TooLargeFileError (before the content is fetched),
    UnavailableError (also for an answer that is cut short), another GithubError.
    """
    if not path or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError(f"{path[:200]!r} is no path in a repository")
    root = repository_path(repository)
    answer = github.get(f"{root}/contents/{quote(path)}", ref=ref)
    if isinstance(answer, list) or reading.text(answer, "type") != "file":
        raise NotAFileError(f"{path[:200]} is no file")
    sha, size = reading.text(answer, "sha"), reading.number(answer, "size")
    if size > limit:
        raise TooLargeFileError(f"{path[:200]} has {size} bytes, and no more than {limit} are read")
    if reading.value(answer, "encoding") != "base64":  # `none`: larger than 1 MB
        answer = github.get(f"{root}/git/blobs/{quote(sha, safe='')}")
    content = decoded(answer)
    if len(content) < size:
        raise UnavailableError(0, f"GitHub's answer has {len(content)} of the {size} bytes of {path[:200]}")
    if len(content) > limit:
        raise TooLargeFileError(f"{path[:200]} has {len(content)} bytes, and no more than {limit} are read")
    return File(content, sha)


def decoded(answer: Any) -> bytes:
    """The content of an answer that holds a file's. Raises UnavailableError where there is none."""
    if reading.value(answer, "encoding") == "utf-8":
        return reading.text(answer, "content").encode()
    try:
        return base64.b64decode(reading.text(answer, "content"))  # in lines of 60 characters
    except (binascii.Error, ValueError) as error:
        raise reading.fault("content") from error
