"""What changed between two commits, as GitHub lists it: renames found, patches made. Pure."""

import difflib
from collections.abc import Iterator, Mapping

from local.outside.github.world import Json, Pull, Repository

MOST_FILES = 3000
_LONGEST_PATCH = 100_000  # characters; GitHub leaves out longer ones


def changed(repository: Repository, pull: Pull) -> list[Json]:
    """Files in the order of their names, against the merge base: all of them, though the API lists MOST_FILES."""
    head = repository.commits[pull.head_sha]
    base = repository.merge_base(repository.commits[pull.base_sha], head)
    before = base.files if base else {}
    return list(_listed(repository, before, head.files, pull.renames))


def _listed(
    repository: Repository, before: Mapping[str, str], after: Mapping[str, str], given: Mapping[str, str]
) -> Iterator[Json]:
    gone = {path: sha for path, sha in before.items() if path not in after}
    renames = {new: old for new, old in given.items() if old in gone and new in after and new not in before}
    for path in sorted(after.keys() - before.keys() - renames.keys()):
        same = [old for old, sha in gone.items() if sha == after[path] and old not in renames.values()]
        if same:
            renames[path] = min(same)
    for path in sorted(before.keys() | after.keys()):
        if path in renames.values() and path not in after:
            continue
        old = renames.get(path, path)
        one, other = before.get(old), after.get(path)
        if one == other and old == path:
            continue
        yield _entry(repository, path, old, one, other)


def _entry(repository: Repository, path: str, old: str, one: str | None, other: str | None) -> Json:
    status = "removed" if other is None else "added" if one is None else "renamed" if old != path else "modified"
    entry: Json = {"filename": path, "status": status, "sha": other or one, "previous_filename": old}
    if status != "renamed":
        del entry["previous_filename"]
    patch = _patch(repository.blobs[one] if one else b"", repository.blobs[other] if other else b"")
    if patch is None:  # binary, or too long: GitHub leaves out the patch and counts 0
        return entry | {"additions": 0, "deletions": 0, "changes": 0}
    added = sum(line.startswith("+") for line in patch)
    removed = sum(line.startswith("-") for line in patch)
    entry |= {"additions": added, "deletions": removed, "changes": added + removed}
    return entry | ({"patch": "\n".join(patch)} if patch else {})


def _patch(one: bytes, other: bytes) -> list[str] | None:
    try:
        before, after = one.decode().splitlines(), other.decode().splitlines()
    except UnicodeDecodeError:
        return None
    if len(one) + len(other) > _LONGEST_PATCH:
        return None
    return list(difflib.unified_diff(before, after, lineterm=""))[2:]
