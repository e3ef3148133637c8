"""Differences between two runs as comparisons of dashboards: the same that reviewers of pull requests read. Pure."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard_snapshot.comparing import Comparison, Difference
from dashboard_snapshot.leaves import Leaf, leaves
from kaizen.dashboards import Change
from kaizen.dashboards.diff import Diff
from kaizen.dashboards.files import FileDiff, counted, file_diff
from kaizen.dashboards.sentences import plain

MOST = 40  # dashboards that are compared part by part in one answer


@dataclass(frozen=True, slots=True)
class Told:
    """A difference with what it comes to. `diff` is None where only the folder is another, or where it was left out;
    and for what is no dashboard: there `leaves` are the places that differ."""

    difference: Difference
    diff: FileDiff | None = None
    leaves: tuple[Leaf, ...] = ()

    @property
    def quiet(self) -> bool:
        """Nothing but what Grafana changes by itself."""
        return self.difference.what == "changed" and self.diff is not None and not self.diff.problems and (
            self.diff.diff is not None and _untouched(self.diff.diff) and not self.moved
        )  # fmt: skip

    @property
    def moved(self) -> bool:
        before, after = self.difference.before, self.difference.after
        return before is not None and after is not None and before.folder_uid != after.folder_uid


def told(
    comparison: Comparison,
    content: Callable[[str], bytes],
    most: int = MOST,
    in_time: Callable[[], bool] = lambda: True,
) -> list[Told]:
    """Every difference; the first `most` of those with another content are compared, while there is time.

    `content` reads an object.
    """
    made: list[Told] = []
    room = most
    for each in comparison.differences:
        if each.what == "moved" or room <= 0 or not in_time():
            made.append(Told(each))
            continue
        room -= 1
        before, after = (None if side is None else content(side.sha256) for side in (each.before, each.after))
        if each.entry.kind == "dashboard":
            made.append(Told(each, file_diff(each.entry.path, before, after)))
        else:
            found = leaves(json.loads(before), json.loads(after)) if before and after else ()
            made.append(Told(each, leaves=found))
    return made


def one_line(given: Told) -> str:
    """What changed, in plain words; empty where there is nothing to say."""
    difference, found = given.difference, given.diff
    parts = []
    if given.moved:
        assert difference.before is not None
        parts.append(f"moved here from {difference.before.folder or 'the root'}")
    if found is not None and (found.diff is None or difference.what == "changed"):
        words = words_of(found, room=2 - len(parts))
        parts += [words] if words else []
    parts += [str(each) for each in given.leaves[:2]]
    if len(given.leaves) > 2:
        parts.append(f"{len(given.leaves) - 2} more")
    return "; ".join(parts)


def alike(one: bytes, other: bytes) -> bool:
    """Whether two versions differ in nothing but what Grafana changes by itself."""
    found = file_diff("", one, other)
    return found.diff is not None and _untouched(found.diff) and not found.problems


def _untouched(diff: Diff) -> bool:
    """Unlike a reviewer, who need not look at it, a snapshot tells of the time range that somebody saved, too."""
    return diff.empty and not diff.views


def words_of(found: FileDiff, room: int = 2) -> str:
    """The worst of it first, at most so many things, and how many more; or why it is not compared."""
    if found.diff is None:
        return "; ".join(found.problems[:1])
    breaking = [plain(each) for each in found.diff.breaking[:1]]
    parts = breaking + [_change(each) for each in found.diff.changes[: max(room - len(breaking), 1)]]
    parts += [plain(each) for each in found.diff.views[: max(room - len(parts), 0)]]
    rest = len(found.diff.breaking) + len(found.diff.changes) + len(found.diff.views) - len(parts)
    return "; ".join(parts + ([f"{rest} more"] if rest > 0 else []))


def summary(given: Sequence[Told]) -> str:
    """`2 panels changed, 1 panel added`, over all dashboards."""
    return counted([each.diff.diff for each in given if each.diff is not None and each.diff.diff is not None])


def _change(given: Change) -> str:
    words = "; ".join(plain(each) for each in (*given.words, *(w for q in given.queries for w in q.words))[:2])
    what = "" if given.what in ("changed", "renamed", "moved") and words else given.what
    head = " ".join(each for each in (given.subject, " → ".join(given.titles), what) if each)
    return f"{head}: {words}" if words else head
