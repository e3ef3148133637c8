"""One file's two versions: compared, or the reason why not. Pure, but that a fault of ours is logged."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from kaizen.dashboards.compare import compare
from kaizen.dashboards.diff import Diff
from kaizen.dashboards.model import Dashboard
from kaizen.dashboards.reading import NoDashboardError, NotComparedError, read
from kaizen.dashboards.sentences import many


@dataclass(frozen=True, slots=True)
class FileDiff:
    """`old_path` is empty where the file kept its name. `diff` is None where nothing could be compared; `problems` say
    why, or what was left out of account."""

    path: str
    old_path: str = ""
    diff: Diff | None = None
    problems: tuple[str, ...] = ()


def file_diff(path: str, before: bytes | None, after: bytes | None, old_path: str = "") -> FileDiff:
    """None for a version that does not exist. It never fails: the other files of a review stand, whatever is in one."""
    try:
        return _compared(path, before, after, old_path)
    except Exception as error:  # whatever it is, it must not take the other files with it
        logging.getLogger(__name__).exception("a comparison failed: %r", path)
        problem = f"Not compared: the comparison failed with {type(error).__name__}, by a fault of this program."
        return FileDiff(path, old_path if old_path != path else "", None, (problem,))


def _compared(path: str, before: bytes | None, after: bytes | None, old_path: str) -> FileDiff:
    problems: list[str] = []
    old, new = _version(before, "before", problems), _version(after, "now", problems)
    renamed = old_path if old_path != path else ""
    if (after is not None and new is None) or (new is None and old is None):
        return FileDiff(path, renamed, None, tuple(problems))
    if before is not None and old is None:
        problems.append("All of it counts as new.")
    return FileDiff(path, renamed, compare(old, new), tuple(problems))


def file_diffs(path: str, before: bytes | None, after: bytes | None, old_path: str = "") -> list[FileDiff]:
    """Two where git takes one dashboard that went and another one that came for a new name."""
    found = file_diff(path, before, after, old_path)
    if not found.old_path or found.diff is None:
        return [found]
    old, new = _known_by(before), _known_by(after)
    if not old or not new or old & new:
        return [found]
    return [file_diff(found.old_path, before, None), file_diff(path, None, after)]


def _known_by(content: bytes | None) -> set[str]:
    """What a dashboard is known by: its uid and its title."""
    dashboard = _version(content, "", [])
    return {f"uid {dashboard.uid}", f"title {dashboard.title}"} if dashboard is not None else set()


def _version(content: bytes | None, when: str, problems: list[str]) -> Dashboard | None:
    if content is None:
        return None
    try:
        return read(content)
    except NotComparedError as error:
        problems.append(f"Not compared: {when}, {error}.")
    except NoDashboardError as error:
        problems.append(f"Not a dashboard: {when}, {error}.")
    return None


def urgency(given: FileDiff) -> tuple[bool, bool, bool, str]:
    """Sorts files: first what breaks, then what goes blank, then other changes."""
    diff = given.diff
    return diff is None or not diff.breaking, diff is None or not diff.blank, diff is None or diff.empty, given.path


def verdict(files: Sequence[FileDiff], left_out: Sequence[str] = ()) -> tuple[str, str]:
    """A sign, and what it comes to in a few words. `left_out` says what was not looked at: then nothing is green."""
    diffs = [each.diff for each in files if each.diff is not None]
    broken = sum(len(each.breaking) for each in diffs)
    blank = sum(each.blank for each in diffs)
    troubles = [many(broken, "thing breaks", "things break")] if broken else []
    troubles += [many(blank, "panel will be blank", "panels will be blank")] if blank else []
    read = not left_out and not any(each.problems for each in files)
    words = counted(diffs)
    lacking = f"; {len(files) - len(diffs)} of {len(files)} dashboards not compared" if len(diffs) < len(files) else ""
    if troubles or words:
        if not troubles:
            return "🟡", f"{words}; {_harmless(diffs, read=read)}{lacking}"
        return "🔴", ", ".join(troubles) + (f" (in all: {words})" if words else "") + lacking
    if not diffs and (files or left_out):
        return "⚪", "nothing that could be compared"
    noise = sum(sum(each.noise.values()) for each in diffs)
    more = f": {many(noise, 'difference')} left out, of the kinds that Grafana makes by itself" if noise else ""
    if left_out:
        return "⚪", f"no changes in what was read{more}{lacking}"
    return "⚪" if lacking else "🟢", f"no changes{more}{lacking}"


def _harmless(diffs: Sequence[Diff], *, read: bool) -> str:
    """Why nothing is red, with what was not looked at. `read` says that the files were, all of them."""
    read = read and not any(each.metrics.approximate for each in diffs)
    where = "" if read else " in what was read"
    asked = [each for diff in diffs for each in diff.asked]
    if empty := sum(each.blank for each in asked):
        return f"nothing breaks{where}, but {many(empty, 'query gives', 'queries give')} nothing"
    unasked = sum(not each.answered for each in asked)
    if unasked or any(each.unasked for each in diffs):
        which = "not all changed queries were asked" if unasked < len(asked) else "changed queries were not asked"
        return f"nothing breaks{where} ({which})"
    return f"nothing breaks{where}"


def counted(diffs: Sequence[Diff]) -> str:
    """`2 panels changed, 1 panel added`; empty for no changes."""
    found: dict[tuple[str, str], int] = {}
    for change in (change for diff in diffs for change in diff.changes):
        subject, count = str(change.subject), 1
        if change.subject == "panels" and change.what == "moved":
            subject, count = "panel", change.leaves
        found[subject, change.what] = found.get((subject, change.what), 0) + count
    parts = []
    for (subject, what), count in found.items():
        if subject == "panels":
            parts.append(many(count, "change of many panels", "changes of many panels"))
        else:
            parts.append(f"{many(count, subject)} {what}")
    return ", ".join(parts)
