"""`export RUN FOLDER`: a run written as files, and what the folder held before kept beside them."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from dashboard_snapshot.layout import DIFFS, FOLDERS, GIT_REF, PREVIOUS, PREVIOUS_GIT_REF, RUN, Held, held, laid_out
from dashboard_snapshot.model import RUN as RUN_ID
from dashboard_snapshot.model import Manifest
from dashboard_snapshot.store import SnapshotStore


class FolderError(Exception):
    """The folder holds what no export wrote: nothing of it is touched."""


def export(store: SnapshotStore, manifest: Manifest, folder: Path, git_ref: str = "") -> dict[str, bytes]:
    """The files that were written. The same run again leaves `previous` as it is.

    Raises FolderError, OSError, and what the store raises.
    """
    there = _read(folder)
    contents = {each.sha256: store.content(each.sha256) for each in (*manifest.entries, *manifest.beside)}
    current = held(manifest, contents, git_ref)
    previous = _previous(folder) if there.run == current.run else there
    files = laid_out(current, previous)
    _write(folder, files)
    return files


def _read(folder: Path) -> Held:
    if not folder.exists() or not any(folder.iterdir()):
        return Held()
    run, _, outcome = _line(folder / RUN).partition(" ")
    if not RUN_ID.fullmatch(run) or outcome not in ("complete", "partial"):
        raise FolderError(f"{folder} is neither empty nor an export: choose another folder")
    return Held(run, "complete" if outcome == "complete" else "partial", _line(folder / GIT_REF), _files(folder))


def _previous(folder: Path) -> Held:
    files = _files(folder / PREVIOUS)
    run, _, outcome = _line(folder / PREVIOUS / RUN).partition(" ")
    return Held(run, "partial" if outcome == "partial" else "complete", _line(folder / PREVIOUS_GIT_REF), files)


def _line(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _files(folder: Path) -> dict[str, bytes]:
    """By their path below the folder, of each kind."""
    return {
        f"{name}{path.name}": path.read_bytes()
        for name in FOLDERS.values()
        for path in sorted((folder / name).glob("*.json"))
    }


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Old files go, and new ones come; other things in the folder stay, such as `.git`."""
    for old in (folder / PREVIOUS, folder / DIFFS):
        shutil.rmtree(old, ignore_errors=True)
    ours = [path for name in FOLDERS.values() for path in (folder / name).glob("*.json")]
    for path in (*ours, folder / GIT_REF, folder / PREVIOUS_GIT_REF):
        path.unlink(missing_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
