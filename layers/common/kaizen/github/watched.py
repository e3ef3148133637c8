"""The watched files of a repository at two commits, each blob read once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kaizen.github.client import Github
from kaizen.github.errors import TooLargeFileError
from kaizen.github.trees import Blob, blob, files_below
from kaizen.policy.paths import fits
from kaizen.policy.sections.rule_lint import folders
from kaizen.yamltree import LARGEST

MOST_FILES = 400  # a request each: more would not be read within the function's time
MOST_BYTES = 8 * 1024 * 1024  # of all files


@dataclass(frozen=True, slots=True)
class Files:
    """Contents by path. `left_out` says in words what could not be read, `unread` are paths of it that are known."""

    contents: dict[str, bytes] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()


class Reader:
    """Of one repository. Equal content has one blob: what did not change is read for both commits at once."""

    def __init__(self, github: Github, repository: str) -> None:
        self._github = github
        self._repository = repository
        self._known: dict[str, bytes] = {}

    def read(self, commit: str, globs: Sequence[str]) -> Files:
        """Every file of these patterns at a commit. Raises GithubError."""
        blobs: dict[str, Blob] = {}
        left_out = []
        for folder in folders(globs):
            listing = files_below(self._github, self._repository, commit, folder)
            blobs |= {path: found for path, found in listing.files.items() if fits(path, globs)}
            if not listing.complete:
                left_out.append(f"GitHub does not list all files below {folder or 'the root'}: some may be missing.")
        contents = {}
        room = MOST_BYTES
        for path in sorted(blobs)[:MOST_FILES]:
            if blobs[path].size > room:
                left_out.append(f"{path} was not read: the watched files are larger than {MOST_BYTES >> 20} MiB.")
                continue
            room -= blobs[path].size
            try:
                contents[path] = self._content(blobs[path])
            except TooLargeFileError:
                left_out.append(f"{path} is larger than {LARGEST // 1024} KiB and was not read.")
        if len(blobs) > MOST_FILES:
            left_out.append(f"{len(blobs) - MOST_FILES} of {len(blobs)} watched files were not read.")
        return Files(contents, tuple(left_out), frozenset(blobs.keys() - contents.keys()))

    def _content(self, found: Blob) -> bytes:
        if found.sha not in self._known:
            self._known[found.sha] = blob(self._github, self._repository, found, LARGEST)
        return self._known[found.sha]
