"""Both versions of the files that differ between two commits of the repository at hand, read with git."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kaizen.policy.paths import fits


class GitError(Exception):
    """git did not do it; the message is its own."""


_SUBMODULE = "160000"  # a mode: a commit of another repository


@dataclass(frozen=True, slots=True)
class Versions:
    """`old_path` is the name before; contents are None where there is no such version."""

    path: str
    old_path: str
    before: bytes | None
    after: bytes | None


def changed(base: str, head: str, paths: Sequence[str], wanted: Callable[[str], bool]) -> list[Versions]:
    """Those of wanted names, since the commit that both come from; renames are followed. Raises GitError."""
    start = _git("merge-base", "--end-of-options", base, head).decode().strip()
    given = _names(_git("diff", "--raw", "--no-abbrev", "-z", "-M", "--end-of-options", start, head, "--", *paths))
    parts = iter(given.split("\0"))
    found = []
    for raw in parts:
        if not raw:
            continue
        old_mode, new_mode, _, _, status = raw.removeprefix(":").split(" ")
        old = next(parts)
        new = next(parts) if status[0] in "RC" else old
        if _SUBMODULE in (old_mode, new_mode) or not (wanted(_shown(old)) or wanted(_shown(new))):
            continue
        before = None if status[0] == "A" else _git("show", "--end-of-options", f"{start}:{old}")
        after = None if status[0] == "D" else _git("show", "--end-of-options", f"{head}:{new}")
        found.append(Versions(_shown(new), _shown(old), before, after))
    return found


def at(commit: str, globs: Sequence[str]) -> dict[str, bytes]:
    """Every file of these patterns. Raises GitError."""
    lines = _names(_git("ls-tree", "-r", "-z", "--full-tree", commit)).split("\0")
    given = [line.partition("\t") for line in lines if line and not line.startswith(_SUBMODULE)]
    return {
        _shown(name): _git("show", "--end-of-options", f"{commit}:{name}")
        for _, _, name in given
        if fits(_shown(name), globs)
    }


def _names(given: bytes) -> str:
    """Names are bytes to git: those that are no UTF-8 are given back to it as they are."""
    return given.decode("utf-8", "surrogateescape")


def _shown(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _git(*arguments: str) -> bytes:
    try:
        return subprocess.run(  # noqa: S603 - no shell; what the user gives comes after --end-of-options or --
            ["git", *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            check=True,
        ).stdout
    except FileNotFoundError as error:
        raise GitError("git is not installed") from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or ["git failed"]
        raise GitError(lines[0]) from error
