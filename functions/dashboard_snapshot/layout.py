"""A run as files in a folder, with what the folder held before and the differences between the two. Pure.

<uid>.json             every dashboard, keys sorted, indented
library-panels/, alert-rules/  the same of those
.git_ref               the git ref of these
.run                   the run that they come from, and whether it was complete
previous/<uid>.json    what the folder held before
.previous_git_ref      the git ref of those
diffs/<uid>.json.diff  each dashboard that differs, as `diff -u` writes it
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboard_snapshot.canonical import digest
from dashboard_snapshot.model import Entry, Kind, Manifest, Outcome
from dashboard_snapshot.unidiff import unified

GIT_REF, PREVIOUS_GIT_REF, RUN = ".git_ref", ".previous_git_ref", ".run"
PREVIOUS, DIFFS = "previous", "diffs"
FOLDERS: dict[Kind, str] = {"dashboard": "", "library_panel": "library-panels/", "alert_rule": "alert-rules/"}
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")
_NOTHING = "/dev/null"


@dataclass(frozen=True, slots=True)
class Held:
    """What a folder holds of one run: files by name. `run` is empty for an empty folder."""

    run: str = ""
    outcome: Outcome = "complete"
    git_ref: str = ""
    files: Mapping[str, bytes] | None = None


def laid_out(current: Held, previous: Held) -> dict[str, bytes]:
    """Every file of the folder by its path. Without a previous run there is no `previous` and no `diffs`."""
    old, new = previous.files or {}, current.files or {}
    found = dict(new) | {RUN: f"{current.run} {current.outcome}\n".encode()}
    if current.git_ref:
        found[GIT_REF] = f"{current.git_ref}\n".encode()
    if previous.git_ref:
        found[PREVIOUS_GIT_REF] = f"{previous.git_ref}\n".encode()
    if previous.run:
        found[f"{PREVIOUS}/{RUN}"] = f"{previous.run} {previous.outcome}\n".encode()
    found |= {f"{PREVIOUS}/{name}": content for name, content in old.items()}
    for name in sorted(old.keys() | new.keys() if previous.run else ()):
        # What one of two runs did not read is neither new nor gone.
        unknown = (name not in new and current.outcome == "partial") or (
            name not in old and previous.outcome == "partial"
        )
        if not unknown and (text := compared(name, old.get(name), new.get(name))):
            found[f"{DIFFS}/{name}.diff"] = text
    return found


def held(manifest: Manifest, contents: Mapping[str, bytes], git_ref: str = "") -> Held:
    """A run as files. `contents` are objects by their hash; `git_ref` wins over the run's own."""
    files: dict[str, bytes] = {}
    for kind, folder in FOLDERS.items():
        entries = [each for each in (*manifest.entries, *manifest.beside) if each.kind == kind]
        names = file_names(entries)
        files |= {f"{folder}{names[each.uid]}": indented(contents[each.sha256]) for each in entries}
    return Held(manifest.run, manifest.outcome, git_ref or manifest.git_ref, files)


def file_names(entries: Iterable[Entry]) -> dict[str, str]:
    """uid -> file. A uid that is no name for a file, or that differs from another in capitals alone, gets a hash."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for uid in sorted(each.uid for each in entries):
        name = uid if _PLAIN.fullmatch(uid) and uid.lower() not in taken else f"uid-{digest(uid.encode())[:16]}"
        taken.add(name.lower())
        found[uid] = f"{name}.json"
    return found


def indented(content: bytes) -> bytes:
    """For people and for `diff`: a key a line."""
    text = json.dumps(json.loads(content), indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "surrogatepass")


def compared(name: str, old: bytes | None, new: bytes | None) -> bytes:
    """As `diff -u previous/NAME NAME` writes it, empty for no difference; None for a file that is not there."""
    before, after = ((each or b"").decode("utf-8", "surrogatepass") for each in (old, new))
    labels = _NOTHING if old is None else f"{PREVIOUS}/{name}", _NOTHING if new is None else name
    return unified(before, after, *labels).encode("utf-8", "surrogatepass")
