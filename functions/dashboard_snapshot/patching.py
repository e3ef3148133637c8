"""A dashboard's file made to hold what Grafana holds, as a patch for `git apply`. Pure."""

import json
import re
from collections.abc import Callable
from typing import Any

from dashboard_snapshot.canonical import DROPPED
from dashboard_snapshot.jsonedit import edited
from dashboard_snapshot.jsontext import JsonTextError, parse
from dashboard_snapshot.model import Manifest
from dashboard_snapshot.unidiff import unified

_PLAIN = re.compile(r"[^\x00-\x1f\x7f\"\\]+")


class PatchError(Exception):
    """There is no patch; the message says why."""


def patch(path: str, file: bytes, live: bytes) -> str:
    """Empty where the file says the same already. The numbers that are Grafana's own stay as the file has them.

    Raises PatchError.
    """
    if not _PLAIN.fullmatch(path):
        raise PatchError("the file's name holds what a patch cannot name")
    try:
        old = file.decode("utf-8")
        new = edited(old, wanted(parse(old).root.value, json.loads(live)))
        new.encode()
    except UnicodeError as error:
        raise PatchError(f"{path}: a text of it is not UTF-8") from error
    except JsonTextError as error:
        raise PatchError(f"{path}: {error}") from error
    return unified(old, new, f"a/{path}", f"b/{path}")


def wanted(file: Any, live: dict[str, Any]) -> Any:
    """The file's value with the dashboard in it as Grafana has it. Raises PatchError."""
    if not isinstance(file, dict):
        raise PatchError("the file is no JSON object")
    if isinstance(file.get("apiVersion"), str) and isinstance(file.get("kind"), str):
        spec = file.get("spec")
        if not isinstance(spec, dict) or isinstance(spec.get("json"), str):
            raise PatchError("the file keeps the dashboard as text in a Kubernetes object: no patch is made for these")
        named = {name: value for name, value in live.items() if name != "uid" or "uid" in spec}
        return file | {"spec": _own(spec, named)}
    if isinstance(file.get("dashboard"), dict):
        return file | {"dashboard": _own(file["dashboard"], live)}
    return _own(file, live)


def _own(old: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in live.items() if name not in DROPPED} | {
        name: old[name] for name in DROPPED if name in old
    }


def model_of(file: Any, uid: str) -> dict[str, Any]:
    """The dashboard that a file holds. Raises PatchError."""
    if isinstance(file, dict) and isinstance(file.get("apiVersion"), str) and isinstance(file.get("spec"), dict):
        spec = file["spec"]
        return model_of(json.loads(spec["json"]), uid) if isinstance(spec.get("json"), str) else spec | {"uid": uid}
    if isinstance(file, dict) and isinstance(file.get("dashboard"), dict):
        file = file["dashboard"]
    if not isinstance(file, dict):
        raise PatchError("the file is no JSON object")
    return file


def patch_of(manifest: Manifest, uid: str, content: Callable[[str], bytes]) -> tuple[str, str]:
    """The patch that brings a run's dashboard to git, and a word of caution. `content` reads an object.

    Raises PatchError.
    """
    drift = manifest.drift
    if drift is None or not drift.judged_at:
        raise PatchError(f"run {manifest.run} did not compare git and Grafana: no path in the policy, or no GitHub")
    item = next((each for each in drift.items if each.uid == uid), None)
    if item is None:
        known = uid in manifest.by_uid
        raise PatchError(
            "git and Grafana hold the same, but for what Grafana writes by itself"
            if known
            else f"run {manifest.run} knows no {uid!r}"
        )
    match item.kind:
        case "unmanaged":
            raise PatchError("git has no file of it: `export` writes one")
        case "missing":
            raise PatchError("Grafana holds it no more: there is no edit to bring to git")
        case "not_deployed":
            raise PatchError("it was not edited in the UI: git is ahead of it, and has to be deployed")
    if not item.head:
        raise PatchError("git has dropped its file: `export` writes it anew")
    caution = "git has changed it, too: this patch undoes that where the two differ" if item.kind == "conflict" else ""
    if not drift.base:
        caution = "no deployment is known: this patch also undoes what is in git and not deployed yet"
    return patch(item.path, content(item.head), content(item.live)), caution
