"""One dashboard put back: as a run holds it, or as git had it at that run. A look comes first, then the save.

The look says which version Grafana holds; only with that version is anything saved: nobody's newer edit is lost.
"""

import json
from dataclasses import dataclass
from typing import Any

from dashboard_snapshot.canonical import canonical
from dashboard_snapshot.diffs import alike
from dashboard_snapshot.errors import GrafanaError, NotFoundError
from dashboard_snapshot.grafana import Full, Grafana
from dashboard_snapshot.model import Entry, Manifest
from dashboard_snapshot.patching import model_of
from dashboard_snapshot.store import SnapshotStore
from kaizen.dashboards.files import FileDiff, file_diff
from kaizen.times import format_instant, parse_instant

_LOOKED_BACK = 30  # complete runs


class RestoreError(Exception):
    """Nothing was saved; the message says why."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a restore would do. `version` is what Grafana holds now, 0 where it holds no such dashboard; `number` is
    Grafana's own of it. `place` says into which folder it goes. `same`: there is nothing to put back."""

    model: dict[str, Any]
    folder_uid: str
    place: str
    source: str
    version: int
    number: int | None
    diff: FileDiff
    same: bool


def look(grafana: Grafana, store: SnapshotStore, manifest: Manifest, uid: str, *, git: bool) -> Look:
    """Raises RestoreError, GrafanaError, and what the store raises."""
    entry = manifest.by_uid.get(uid)
    if git:
        model, source = _in_git(store, manifest, uid)
    elif entry is None:
        raise RestoreError(f"run {manifest.run} holds no dashboard {uid!r}")
    else:
        model, source = json.loads(store.content(entry.sha256)), f"run {manifest.run}"
    try:
        live: Full | None = grafana.dashboard(uid)
    except NotFoundError:
        live = None
    now = live.model if live is not None else None
    wanted = canonical(model)
    version = live.meta.get("version") if live is not None else 0
    there = str(live.meta.get("folderUid") or "") if live is not None else ""
    held = entry or (_held_before(store, manifest, uid) if live is None else None)
    folder = held.folder_uid if held is not None else there
    moved = live is not None and there != folder
    return Look(
        model=model,
        folder_uid=folder,
        place=_place(manifest, held, folder, live, there),
        source=source,
        version=version if isinstance(version, int) else 0,
        number=now.get("id") if now is not None else None,
        diff=file_diff(str(model.get("title", uid)), canonical(now) if now is not None else None, wanted),
        same=now is not None and canonical(now) == wanted and not moved,
    )


def put_back(grafana: Grafana, uid: str, found: Look, version: int) -> None:
    """`version` is the one that a look showed. Raises RestoreError, GrafanaError."""
    if found.version != version:
        raise RestoreError(f"Grafana holds version {found.version} by now, not {version}: look again")
    model = found.model | {"id": found.number, "uid": uid, "version": found.version}
    grafana.save(model, found.folder_uid, f"put back from {found.source}")
    saved = grafana.dashboard(uid)
    if not alike(canonical(found.model), canonical(saved.model)):
        raise GrafanaError("changed", "Grafana saved it, and made something else of it: look again")


def _held_before(store: SnapshotStore, manifest: Manifest, uid: str) -> Entry:
    """A dashboard that is gone as the last run knew it that held it: nothing else says in which folder it was.

    Raises RestoreError.
    """
    drift = manifest.drift
    item = next((each for each in drift.items if each.uid == uid), None) if drift is not None else None
    went = parse_instant(item.since) if item is not None else manifest.started_at
    last = store.last(went, "complete", before=f"{went:%Y%m%dT%H%M%SZ}")
    for _ in range(_LOOKED_BACK):
        if last is None or uid in last.by_uid:
            break
        last = store.run(last.base) if last.base else None
    if last is None or uid not in last.by_uid:
        raise RestoreError(
            f"no run before {format_instant(went)} holds {uid!r}: it would go to the root, where everybody may see it. "
            "Make a dashboard with this uid in its folder in Grafana first, and restore it then"
        )
    return last.by_uid[uid]


def _place(manifest: Manifest, held: Entry | None, folder: str, live: Full | None, there: str) -> str:
    names = {"": "the root"} | dict(manifest.folders)
    to = (held.folder if held is not None else "") or names.get(folder, folder)
    return f"folder: {to}" if live is None or there == folder else f"moves from {names.get(there, there)} to {to}"


def _in_git(store: SnapshotStore, manifest: Manifest, uid: str) -> tuple[dict[str, Any], str]:
    drift = manifest.drift
    item = next((each for each in drift.items if each.uid == uid), None) if drift is not None else None
    if drift is None or item is None:
        raise RestoreError(f"run {manifest.run} knows of no difference between git and Grafana for {uid!r}")
    if not item.head:
        raise RestoreError(f"git holds no dashboard {uid!r}")
    model = model_of(json.loads(store.content(item.head).decode("utf-8-sig")), uid)
    return model, f"{drift.repository} {drift.head[:12]} {item.path}"
