"""Dashboards that are written in Jsonnet: what each source gives at both commits, compared."""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard_diff import gitfiles
from dashboard_diff.gitfiles import Names
from dashboard_diff.imports import UnsafeError
from dashboard_diff.rendering import ALL_SECONDS, RenderError, Side
from kaizen.dashboards import joining
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.joining import Found

SOURCE = ".jsonnet"
_KINDS = (SOURCE, ".libsonnet")
_MOST = 200  # dashboards of one source


def is_source(name: str) -> bool:
    return name.endswith(SOURCE)


def is_jsonnet(name: str) -> bool:
    """Also what others import, which is no dashboard by itself."""
    return name.endswith(_KINDS)


def pairs(old: Set[str], new: Set[str], changed: Sequence[Names]) -> list[Names]:
    """The sources of both commits, those that were renamed under both names."""
    renamed = {each.new: each.old for each in changed if each.new in new and each.old in old}
    found = [Names(renamed.get(each, each if each in old else ""), each) for each in new]
    gone = old - {each.old for each in found}
    return sorted([*found, *(Names(each, "") for each in gone)], key=lambda each: each.path)


def compared(start: str, head: str, sources: Sequence[Names], program: str | None) -> list[Found]:
    """Every source that differs, or of which something that it imports differs. `program` is where jsonnet lies, None
    where there is none. Raises GitError."""
    if not sources:
        return []
    with tempfile.TemporaryDirectory(prefix="kaizen-jsonnet-") as given:
        until = time.monotonic() + ALL_SECONDS
        before, now = (Side(Path(given).resolve() / name, program, until) for name in ("before", "now"))
        for side, commit in ((before, start), (now, head)):
            side.root.mkdir()
            gitfiles.unpack(commit, side.root)
        return [found for each in sources for found in _source(each, before, now)]


def _source(names: Names, before: Side, now: Side) -> Iterator[Found]:
    if names.old == names.new and _same(names.new, before, now):
        return
    problems: list[str] = []
    old = _dashboards(before, names.old, "before", problems)
    new = _dashboards(now, names.new, "now", problems)
    old_path = gitfiles.shown(names.old)
    if new is None or (not names.new and old is None):
        yield Found(FileDiff(names.path, old_path if old_path != names.path else "", None, tuple(problems)))
        return
    if old is None:
        problems.append("All of it counts as new.")
    for found in _each(names.path, old_path, old or {}, new):
        told = replace(found.diff, problems=(*problems, *found.diff.problems))
        yield Found(told, b"" if problems else found.content)  # what was there before is not known then


def _same(name: str, before: Side, now: Side) -> bool:
    try:
        return before.reached(name) == now.reached(name)
    except UnsafeError:
        return False  # and why it is not rendered will be said


def _dashboards(side: Side, name: str, when: str, problems: list[str]) -> dict[str, bytes] | None:
    """By their names, the empty one for a single one; nothing where there is no source, None for a problem."""
    if not name:
        return {}
    try:
        return _split(side.rendered(name))
    except RenderError as error:
        problems.append(f"Not rendered: {when}, {error}.")
        return None


def _split(content: bytes) -> dict[str, bytes]:
    """A source may give several dashboards, as a list or as an object of them by name. Raises RenderError."""
    try:
        given = json.loads(content)
    except (ValueError, RecursionError):
        return {"": content}  # reading it says what is wrong
    if isinstance(given, list):
        parts = _listed(given)
    elif isinstance(given, dict) and all(isinstance(each, dict) for each in given.values()) and not _enveloped(given):
        parts = given
    else:
        parts = {}
    if len(parts) > _MOST:
        raise RenderError(f"it gives {len(parts)} dashboards, and no more than {_MOST} are compared")
    return {name: json.dumps(each).encode() for name, each in parts.items()} or {"": content}


def _enveloped(given: dict[str, Any]) -> bool:
    """Whether it is one dashboard as Grafana's API gives it, and none of several that has this name."""
    return "dashboard" in given and given.keys() <= {"dashboard", "meta"} and "title" not in given.get("meta", {})


def _listed(given: list[Any]) -> dict[str, Any]:
    """By uid, else by title, else by place: another order is no change."""
    found: dict[str, Any] = {}
    for place, each in enumerate(given, 1):
        known = each if isinstance(each, dict) else {}
        names = (known.get("uid"), known.get("title"), f"number {place}")
        name = next(name for name in names if name and isinstance(name, str))
        found[name if name not in found else f"{name}, number {place}"] = each
    return found


def _each(path: str, old_path: str, old: dict[str, bytes], new: dict[str, bytes]) -> Iterator[Found]:
    """Of several dashboards those that differ; all of them where none does."""
    names = sorted(old.keys() | new.keys())
    for name in [each for each in names if old.get(each) != new.get(each)] or names:
        more = f": {name}" if name else ""
        yield from joining.compared(
            f"{path}{more}", old.get(name), new.get(name), f"{old_path}{more}" if old_path else ""
        )
