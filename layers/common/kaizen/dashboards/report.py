"""The comparison for a terminal and for programs. Pure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from kaizen.dashboards import edits, marks
from kaizen.dashboards.diff import Change, QueryChange
from kaizen.dashboards.drops import unlisted
from kaizen.dashboards.files import FileDiff, verdict
from kaizen.dashboards.marks import Effort
from kaizen.dashboards.sentences import plain


def text(files: Sequence[FileDiff], *, noise: bool = False) -> str:
    """`noise` tells all that was left out, not only how much."""
    effort = Effort()
    return "\n".join(line for each in files for line in _file(each, effort, noise=noise)) + f"\n{verdict(files)[1]}"


def _file(given: FileDiff, effort: Effort, *, noise: bool) -> Iterator[str]:
    yield given.path + (f" (was {given.old_path})" if given.old_path else "")
    yield from (f"  {each}" for each in given.problems)
    if given.diff is None:
        return
    yield from (f"  BREAKS  {plain(each)}" for each in given.diff.breaking)
    for each in given.diff.changes:
        yield from _change(each, effort)
    if given.diff.empty:
        yield "  no changes"
    yield from (f"  layout  {each}" for each in given.diff.layout)
    metrics = given.diff.metrics
    for said, names in metrics.groups:
        yield f"  metrics {said}: {', '.join(names)}"
    yield from (f"  metrics {plain(each)}" for each in metrics.behind)
    yield from (f"  note    {plain(each)}" for each in given.diff.notes)
    if given.diff.noise:
        yield f"  {unlisted(given.diff.noise)}"
    if noise:
        yield from (f"    {each.kind}: {plain(each.sentence)}" for each in given.diff.drops)


def _change(given: Change, effort: Effort) -> Iterator[str]:
    words = "; ".join(plain(each) for each in given.words)
    where = f" [{given.where}]" if given.where else ""
    name = " → ".join(given.titles)
    yield f"  {given.what:8}{given.subject} {name}{where}{': ' if words else ''}{words}".rstrip()
    for each in given.queries if given.what != "removed" else ():
        query = f"query {each.name}".rstrip()
        yield f"          {query}: {'; '.join(map(plain, each.words))}".rstrip(" :")
        yield from (f"            {line}" for line in marks.lines(each.before, each.after, effort))


def as_json(files: Sequence[FileDiff], *, noise: bool = False) -> str:
    """Every change with all that is known of it; with `noise` all that was left out, too."""
    found = [_json(each) | (_left_out(each) if noise else {}) for each in files]
    return json.dumps({"version": 1, "files": found}, indent=2, ensure_ascii=False)


def _left_out(given: FileDiff) -> dict[str, Any]:
    drops = given.diff.drops if given.diff is not None else ()
    return {"left_out": [{"kind": each.kind, "difference": plain(each.sentence)} for each in drops]}


def _json(given: FileDiff) -> dict[str, Any]:
    found: dict[str, Any] = {"path": given.path, "old_path": given.old_path, "problems": list(given.problems)}
    diff = given.diff
    if diff is None:
        return found | {"state": "not compared"}
    return found | {
        "state": diff.state,
        "title": diff.title,
        "uid": diff.uid,
        "breaking": [plain(each) for each in diff.breaking],
        "changes": [
            asdict(each)
            | {
                "words": [plain(words) for words in each.words],
                "queries": [_query(query) for query in each.queries],
            }
            for each in diff.changes
        ],
        "notes": [plain(each) for each in diff.notes],
        "noise": diff.noise,
        "metrics": asdict(diff.metrics) | {"behind": [plain(each) for each in diff.metrics.behind]},
        "layout": list(diff.layout),
        "edits": edits.as_json(diff.edits) if diff.edits is not None else None,
    }


def _query(given: QueryChange) -> dict[str, Any]:
    found = asdict(given) | {"words": [plain(words) for words in given.words], "live": plain(given.live)}
    del found["chart"]  # for people
    return found
