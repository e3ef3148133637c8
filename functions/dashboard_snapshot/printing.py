"""Two runs compared, as the command line prints them: what kept them from being whole comes first. Pure."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from dashboard_snapshot.comparing import Comparison
from dashboard_snapshot.diffs import Told
from dashboard_snapshot.model import KINDS, Kind, Manifest, reasons_of
from kaizen.dashboards import report


def cautions(comparison: Comparison) -> Iterator[str]:
    """A line for each thing that was not compared."""
    for run in (comparison.older, comparison.newer):
        if not run.complete:
            yield f"run {run.run} is partial: {reasons_of(run.reasons)}"
    for kind, runs in _not_compared(comparison):
        yield f"{KINDS[kind]}s are not compared: run {' and run '.join(runs)} did not read them whole"


def as_json(comparison: Comparison, told: Sequence[Told]) -> str:
    """Everything, with the changes of each dashboard as `dashboard_diff` writes them in `files`."""
    files = json.loads(report.as_json([each.diff for each in told if each.diff is not None]))
    runs = {"older": _run(comparison.older), "newer": _run(comparison.newer)}
    not_compared = [kind for kind, _ in _not_compared(comparison)]
    found = runs | {
        "not_compared": not_compared,
        "not_read": [each.path for each in comparison.unread],
        "differences": [_difference(each) for each in told],
    }
    return json.dumps(found | files, indent=2, ensure_ascii=False)


def _run(run: Manifest) -> dict[str, Any]:
    return {"run": run.run, "outcome": run.outcome, "reasons": [str(each) for each in run.reasons]}


def _difference(told: Told) -> dict[str, Any]:
    given = told.difference
    return {
        "what": given.what,
        "kind": given.entry.kind,
        "uid": given.entry.uid,
        "path": given.entry.path,
        "moved_from": given.before.folder if told.moved and given.before is not None else None,
        "source": given.source,
        "author": given.author,
        "places": [str(each) for each in told.leaves],
    }


def _not_compared(comparison: Comparison) -> Iterator[tuple[Kind, list[str]]]:
    """A kind that one of two runs read whole, with the runs that did not. What neither reads nobody asked for."""
    sides = (comparison.older, comparison.newer)
    for kind in KINDS:
        lacking = [each.run for each in sides if kind not in each.kinds]
        if kind != "dashboard" and len(lacking) == 1:
            yield kind, lacking
