"""Both versions of the files that differ between two commits of the repository at hand, read with git."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from kaizen.policy.paths import fits


class GitError(Exception):
    """git did not do it; the message is its own."""


@dataclass(frozen=True, slots=True)
class Versions:
    """`old_path` is the name before; contents are None where there is no such version."""

    path: str
    old_path: str
    before: bytes | None
    after: bytes | None


def changed(base: str, head: str, paths: Sequence[str]) -> list[Versions]:
    """Since the commit that both come from; renames are followed. Raises GitError."""
    start = _git("merge-base", "--end-of-options", base, head).decode().strip()
    given = _git("diff", "--name-status", "-z", "-M", "--end-of-options", start, head, "--", *paths).decode()
    parts = iter(given.split("\0"))
    found = []
    for status in parts:
        if not status:
            continue
        old = next(parts)
        new = next(parts) if status[0] in "RC" else old
        before = None if status[0] == "A" else _git("show", "--end-of-options", f"{start}:{old}")
        after = None if status[0] == "D" else _git("show", "--end-of-options", f"{head}:{new}")
        found.append(Versions(new, old, before, after))
    return found


def at(commit: str, globs: Sequence[str]) -> dict[str, bytes]:
    """Every file of these patterns. Raises GitError."""
    names = _git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).decode().split("\0")
    return {each: _git("show", "--end-of-options", f"{commit}:{each}") for each in names if fits(each, globs)}


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
