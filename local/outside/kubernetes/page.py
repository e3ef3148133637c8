"""Namespaces with what runs in them as a page. Pure; all text is escaped."""

import html
from collections import Counter
from collections.abc import Iterable
from typing import Any

from local.html import cell, number, table
from local.html import page as framed
from local.outside.kubernetes import kinds
from local.outside.kubernetes.cluster import Cluster
from local.outside.kubernetes.kinds import Kind

REFRESH_SECONDS = 5
_SHOWN = 100  # namespaces
_WORKLOADS = (kinds.DEPLOYMENTS, kinds.STATEFUL_SETS, kinds.SANDBOXES, kinds.CRON_JOBS, kinds.JOBS)
_OTHERS = (kinds.AUTOSCALERS, kinds.SCALED_OBJECTS)
_OWN = ("kubernetes.io/metadata.name",)
_HEADS = ("Workload", "Annotations", "Wanted", "Running")
_STYLE = """<style>
header { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; }
.state { display: inline-flex; gap: 6px; align-items: center; font-size: 13px; font-weight: 600; padding: 2px 10px;
  border-radius: 999px; background: var(--wash); color: var(--soft); }
.state::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: currentColor; }
.state.good { color: var(--good); background: var(--good-wash); }
.state.warn { color: var(--warn); background: var(--warn-wash); } .state.warn::before { border-radius: 2px; }
.notes { display: flex; flex-wrap: wrap; gap: 4px 6px; }
.kind { color: var(--soft); font-size: 13px; font-weight: 400; }
@media (min-width: 641px) { td.first { width: 38%; } td.number, th.number { width: 6em; } }
</style>"""


def page(cluster: Cluster) -> str:
    """Namespaces by their names, with workloads, sizes and annotations."""
    spaces = cluster.every(kinds.NAMESPACES)
    pods = Counter(_owner(each) for each in cluster.every(kinds.PODS) if _runs(each))
    sets = {each["metadata"]["uid"]: _owner(each) for each in cluster.every(kinds.REPLICA_SETS)}
    running: Counter[str] = Counter()
    for owner, count in pods.items():
        running[sets.get(owner, owner)] += count
    found: dict[str, list[tuple[Kind, dict[str, Any]]]] = {}
    for kind in (*_WORKLOADS, *_OTHERS, kinds.PODS):
        for each in cluster.every(kind):
            if kind in (*_WORKLOADS, *_OTHERS) or not _owner(each):
                found.setdefault(each["metadata"]["namespace"], []).append((kind, each))
    shown = "".join(_namespace(each, found.get(each["metadata"]["name"], []), running) for each in spaces[:_SHOWN])
    empty = '<article class="soft">There is no namespace yet.</article>'
    rest = len(spaces) - _SHOWN
    more = f'<p class="soft">and {rest} more</p>' if rest > 0 else ""
    about = (
        f"Stands for a Kubernetes API server on this machine. {len(spaces)} namespaces, {sum(pods.values())} pods run."
    )
    body = f'{_STYLE}<h1>Namespaces</h1><p class="soft">{about}</p>{shown or empty}{more}'
    return framed("Kubernetes", body, refresh=REFRESH_SECONDS)


def _namespace(given: dict[str, Any], content: Iterable[tuple[Kind, dict[str, Any]]], running: Counter[str]) -> str:
    meta = given["metadata"]
    content = list(content)
    count = sum(_running(kind, each, running) for kind, each in content)
    if "deletionTimestamp" in meta:
        colour, words = "warn", "is being deleted"
    elif count:
        colour, words = "good", "1 pod runs" if count == 1 else f"{count} pods run"
    else:
        colour, words = "", "nothing runs"
    rows = "".join(_row(kind, each, running) for kind, each in content)
    labels = {name: value for name, value in meta.get("labels", {}).items() if name not in _OWN}
    name = html.escape(meta["name"])
    return (
        f'<article id="{name}"><header><h2>{name}</h2><span class="state {colour}">{words}</span></header>'
        + _notes(labels | meta.get("annotations", {}))
        + (table(_HEADS, rows, numbers=_HEADS[2:]) if rows else "")
        + "</article>"
    )


def _row(kind: Kind, given: dict[str, Any], running: Counter[str]) -> str:
    meta = given["metadata"]
    name = f'<b>{html.escape(meta["name"])}</b> <span class="kind">{kind.name}</span>'
    notes = _notes((meta.get("labels", {}) if kind is kinds.SANDBOXES else {}) | meta.get("annotations", {}))
    cells = f'<td class="first">{name}</td>{cell(_HEADS[1], notes) if notes else "<td></td>"}'
    if kind is kinds.CRON_JOBS:
        wanted = "suspended" if given["spec"]["suspend"] else html.escape(given["spec"]["schedule"])
        return f'<tr>{cells}<td class="number" data-name="{_HEADS[2]}">{wanted}</td><td></td></tr>'
    if kind in _OTHERS:
        return f"<tr>{cells}<td></td><td></td></tr>"
    if kind is kinds.SANDBOXES:
        mode = f'<td class="number" data-name="{_HEADS[2]}">{html.escape(given["spec"]["operatingMode"].lower())}</td>'
        return f"<tr>{cells}{mode}{number(_HEADS[3], _running(kind, given, running))}</tr>"
    wanted_size = given["spec"].get("replicas", 1)
    return f"<tr>{cells}{number(_HEADS[2], wanted_size)}{number(_HEADS[3], _running(kind, given, running))}</tr>"


def _running(kind: Kind, given: dict[str, Any], running: Counter[str]) -> int:
    return int(_runs(given)) if kind is kinds.PODS else running[given["metadata"]["uid"]]


def _notes(given: dict[str, str]) -> str:
    shown = "".join(
        f"<code>{html.escape(name)}{'=' if value else ''}{html.escape(value)}</code>" for name, value in given.items()
    )
    return f'<div class="notes">{shown}</div>' if shown else ""


def _owner(given: dict[str, Any]) -> str:
    """The uid of who controls an object; "" for nobody."""
    return next((str(each["uid"]) for each in given["metadata"].get("ownerReferences", [])), "")


def _runs(pod: dict[str, Any]) -> bool:
    return str(pod["status"].get("phase")) == "Running"
