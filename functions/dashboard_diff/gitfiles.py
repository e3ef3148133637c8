"""Both versions of the files that differ between two commits of the repository at hand, read with git."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kaizen.policy.paths import fits


class GitError(Exception):
    """git did not do it; the message is its own."""


_SUBMODULE, _LINK = "160000", "120000"  # modes: a commit of another repository, a symbolic link


@dataclass(frozen=True, slots=True)
class Names:
    """A file's names as git has them, before and now; empty where there is no such version. `link` says that one of
    both is a symbolic link, of which git knows the target's name alone."""

    old: str
    new: str
    link: bool = False

    @property
    def path(self) -> str:
        return shown(self.new or self.old)


def merge_base(base: str, head: str) -> str:
    """The commit that both come from. Raises GitError."""
    return _git("merge-base", "--end-of-options", base, head).decode().strip()


def changed(start: str, head: str, paths: Sequence[str]) -> list[Names]:
    """Files within these paths that differ, all of them for no paths; renames are followed. Raises GitError."""
    given = _decoded(_git("diff", "--raw", "--no-abbrev", "-z", "-M", "--end-of-options", start, head, "--", *paths))
    parts = iter(given.split("\0"))
    found = []
    for raw in parts:
        if not raw:
            continue
        old_mode, new_mode, _, _, status = raw.removeprefix(":").split(" ")
        old = next(parts)
        new = next(parts) if status[0] in "RC" else old
        if _SUBMODULE not in (old_mode, new_mode):
            link = _LINK in (old_mode, new_mode)
            found.append(Names("" if status[0] == "A" else old, "" if status[0] == "D" else new, link))
    return found


def content(commit: str, name: str) -> bytes | None:
    """None for no name. Raises GitError."""
    return _git("show", "--end-of-options", f"{commit}:{name}") if name else None


def names(commit: str, paths: Sequence[str]) -> list[str]:
    """Every file of a commit within these paths, which git reads as `changed` does. Raises GitError."""
    nothing = _git("hash-object", "-t", "tree", "--stdin").decode().strip()
    found = _git("diff", "--name-only", "--no-renames", "-z", "--end-of-options", nothing, commit, "--", *paths)
    return [each for each in _decoded(found).split("\0") if each]


def unpack(commit: str, folder: Path) -> None:
    """All files of a commit, in an empty folder. An index beside it leaves the user's own as it is. Raises GitError."""
    own = _git("rev-parse", "--absolute-git-dir").decode().rstrip("\n")
    git = ("env", f"GIT_INDEX_FILE={folder}.index", "git", "-C", str(folder), f"--git-dir={own}", "--work-tree=.")
    _run(*git, "read-tree", "--end-of-options", commit)
    _run(*git, "checkout-index", "--all", "--quiet")


def at(commit: str, globs: Sequence[str]) -> dict[str, bytes]:
    """Every file of these patterns. Raises GitError."""
    lines = _decoded(_git("ls-tree", "-r", "-z", "--full-tree", commit)).split("\0")
    given = [line.partition("\t") for line in lines if line and not line.startswith(_SUBMODULE)]
    return {
        shown(name): _git("show", "--end-of-options", f"{commit}:{name}")
        for _, _, name in given
        if fits(shown(name), globs)
    }


def shown(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decoded(given: bytes) -> str:
    """Names are bytes to git: those that are no UTF-8 are given back to it as they are."""
    return given.decode("utf-8", "surrogateescape")


def _git(*arguments: str) -> bytes:
    return _run("git", *arguments)


def _run(*command: str) -> bytes:
    try:
        return subprocess.run(  # noqa: S603 - no shell; what the user gives comes after --end-of-options or --
            command,
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
        ).stdout
    except FileNotFoundError as error:
        raise GitError("git is not installed") from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or ["git failed"]
        raise GitError(lines[0]) from error
