"""The dashboards of a repository at a commit. A file that is known by its blob is not read again."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from dashboard_snapshot.canonical import ContentError, canonical, digest
from kaizen.dashboards.reading import LARGEST, NoDashboardError, NotComparedError, read
from kaizen.github.client import Github
from kaizen.github.errors import TooLargeFileError
from kaizen.github.trees import blob, files_below

_ENDING = ".json"


class NoTimeError(Exception):
    """The time is over before every file was read. What was read is kept, and the next run goes on from there."""


@dataclass(frozen=True, slots=True)
class GitFile:
    """One version of a file: `blob` is git's name for it, `sha256` that of the object that holds its bytes, `canonical`
    that of its meaning as far as spelling goes. `uid` is empty where it cannot be compared; then `problem` says why,
    and is empty for a file that is no dashboard."""

    blob: str
    sha256: str
    canonical: str
    uid: str
    title: str
    problem: str
    stored_at: str


@dataclass(frozen=True, slots=True)
class Side:
    """One commit: the dashboards by uid, with their paths, what could not be compared, and all blobs of the folder."""

    files: Mapping[str, tuple[str, GitFile]]
    problems: tuple[str, ...]
    blobs: frozenset[str] = frozenset()


def read_files(
    github: Github,
    repository: str,
    commit: str,
    folder: str,
    known: dict[str, GitFile],
    keep: Callable[[str, bytes], str],
    in_time: Callable[[], bool],
) -> Side:
    """`known` are versions by blob, which are added to. `keep` stores bytes under their hash, and says when.

    Raises GithubError, NoTimeError.
    """
    listing = files_below(github, repository, commit, folder)
    found: dict[str, GitFile] = {}
    for path, each in sorted(listing.files.items()):
        if not path.endswith(_ENDING):
            continue
        if each.sha not in known:
            if not in_time():
                raise NoTimeError(f"{len(found)} of {len(listing.files)} files were read")
            try:
                content = blob(github, repository, each, LARGEST)
            except TooLargeFileError as error:
                known[each.sha] = GitFile(each.sha, "", "", "", "", str(error), "")
            else:
                sha256 = digest(content)
                known[each.sha] = described(each.sha, sha256, content, keep(sha256, content))
        found[path] = known[each.sha]
    more = () if listing.complete else ("GitHub does not list all files of the folder",)
    return side(found.items(), more)


def side(files: Collection[tuple[str, GitFile]], more: tuple[str, ...] = ()) -> Side:
    """The first file of a uid counts; another one with the same uid is a problem."""
    by_uid: dict[str, tuple[str, GitFile]] = {}
    problems = list(more)
    for path, file in files:
        if file.problem:
            problems.append(f"{path}: {file.problem}")
        elif file.uid in by_uid:
            problems.append(f"{path}: {by_uid[file.uid][0]} has the same uid {file.uid}")
        elif file.uid:
            by_uid[file.uid] = path, file
    return Side(by_uid, tuple(problems), frozenset(file.blob for _, file in files))


def described(blob_sha: str, sha256: str, content: bytes, stored_at: str) -> GitFile:
    """What a file is. Pure."""
    try:
        dashboard = read(content)
    except NotComparedError as error:
        return GitFile(blob_sha, sha256, "", "", "", str(error), stored_at)
    except NoDashboardError:
        return GitFile(blob_sha, sha256, "", "", "", "", stored_at)
    try:
        same = digest(canonical(json.loads(content.decode("utf-8-sig"))))
    except ContentError as error:
        return GitFile(blob_sha, sha256, "", "", "", str(error), stored_at)
    problem = "" if dashboard.uid else "it has no uid"
    return GitFile(blob_sha, sha256, same, dashboard.uid, dashboard.title, problem, stored_at)
