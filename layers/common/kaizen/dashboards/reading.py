"""A file's bytes made into a Dashboard; what is none is said to be none, in words. Pure.

Files come from whoever opens a pull request: size and depth are limited, and nothing else than JSON is read.
"""

import json
import re
from typing import Any

from kaizen.dashboards.model import Dashboard, Json
from kaizen.dashboards.rows import in_rows, rows_of

LARGEST = 10 * 1024 * 1024  # bytes; the largest of 5,400 real ones has 3 MB
DEEPEST = 60
MOST_PANELS = MOST_QUERIES = 5000
MOST_PARTS = 2000  # variables, annotations or links
# Numbers of Grafana's own, which say nothing about the dashboard.
_DROPPED = ("id", "version", "iteration")
# Told in one line, never as edits: how the file was made, and how it is first looked at.
_NOTES = (
    "schemaVersion", "pluginVersion", "__inputs", "__requires", "__elements", "gnetId", "fiscalYearStartMonth",
    "weekStart", "liveNow", "preload", "style", "time", "refresh", "hideControls", "sharedCrosshair",
)  # fmt: skip
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_WORDS = {"templating": "variables"}
_OPERATORS = "GrafanaDashboard"  # the kind of the Grafana operator
_ELSEWHERE = ("gzipJson", "jsonnet", "jsonnetLib", "url", "grafanaCom", "configMapRef")
_PARTS = ("uid", "title", "rows", "panels", "templating", "annotations", "links")


class NoDashboardError(ValueError):
    """The file is no dashboard; the message says what is wrong with it."""


class NotComparedError(ValueError):
    """The file may be a dashboard, of a form that is not compared yet; the message says which."""


def read(content: bytes) -> Dashboard:
    """Raises NoDashboardError, NotComparedError."""
    given, twice = _json(content)
    uid, spec = _unwrapped(given)
    if not isinstance(spec.get("title"), str) or not ("panels" in spec or "rows" in spec or "schemaVersion" in spec):
        raise NoDashboardError("it has no title with panels, rows or a schema version, as every dashboard has")
    try:
        rows = rows_of(spec)
    except ValueError as error:
        raise NoDashboardError(str(error)) from error
    if len(rows) > MOST_PANELS:
        raise NoDashboardError(f"it has more than {MOST_PANELS} rows")
    if sum(len(row.panels) for row in rows) > MOST_PANELS:
        raise NoDashboardError(f"it has more than {MOST_PANELS} panels")
    asked = [panel.content.get("targets") for row in rows for panel in row.panels]
    if sum(len(each) for each in asked if isinstance(each, list)) > MOST_QUERIES:
        raise NoDashboardError(f"it has more than {MOST_QUERIES} queries")
    own_uid = spec.get("uid")
    return Dashboard(
        uid=uid or (own_uid if isinstance(own_uid, str) else ""),
        title=spec["title"],
        rows=rows,
        variables=_objects(spec, "templating"),
        annotations=_objects(spec, "annotations"),
        links=tuple(each for each in _list(spec.get("links"), "links") if isinstance(each, dict)),
        settings={name: value for name, value in spec.items() if name not in (*_DROPPED, *_NOTES, *_PARTS)},
        notes={name: spec[name] for name in _NOTES if name in spec} | _left_over(spec),
        dropped={name: spec[name] for name in _DROPPED if name in spec},
        inputs=_inputs(spec.get("__inputs")),
        twice=twice,
        old_rows=in_rows(spec),
    )


def _left_over(spec: Json) -> Json:
    """Rows that lie beside the panels unread."""
    return {"rows": spec["rows"]} if spec.get("rows") and not in_rows(spec) else {}


def _json(content: bytes) -> tuple[Json, tuple[str, ...]]:
    if len(content) > LARGEST:
        raise NoDashboardError(f"it is larger than {LARGEST // 1024 // 1024} MiB")
    twice: list[str] = []

    def pairs(given: list[tuple[str, Any]]) -> Json:
        found = dict(given)
        if len(found) < len(given):
            names = [name for name, _ in given]
            twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return found

    try:
        given = json.loads(content.decode("utf-8-sig"), object_pairs_hook=pairs, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise NoDashboardError("it is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise NoDashboardError(f"it is not JSON: {error.msg} (line {error.lineno})") from error
    except (ValueError, RecursionError) as error:
        raise NoDashboardError("it is not JSON that can be read safely") from error
    if not isinstance(given, dict):
        raise NoDashboardError("it is no JSON object")
    _check_depth(given)
    if _SURROGATE.search(content):
        given = _readable(given)
    return given, tuple(dict.fromkeys(twice))


def _readable(given: Any) -> Any:
    """Halves of surrogate pairs as they are escaped in JSON: no text with one can be written."""
    if isinstance(given, str):
        return given.encode("utf-8", "backslashreplace").decode()
    if isinstance(given, list):
        return [_readable(each) for each in given]
    if isinstance(given, dict):
        return {_readable(name): _readable(value) for name, value in given.items()}
    return given


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _check_depth(given: Any) -> None:
    level, depth = [given], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise NoDashboardError(f"it is more than {DEEPEST} levels deep")
        level = [
            each
            for part in level
            for each in (part.values() if isinstance(part, dict) else part)
            if isinstance(each, (dict, list))
        ]


def _unwrapped(given: Json) -> tuple[str, Json]:
    """The uid that the envelope gives, empty for none, and the dashboard: it may lie in an answer of Grafana's API or
    in a Kubernetes object."""
    if isinstance(given.get("apiVersion"), str) and isinstance(given.get("kind"), str):
        return _of_kubernetes(given)
    if isinstance(given.get("dashboard"), dict):
        given = given["dashboard"]
    if isinstance(given.get("elements"), dict) and "layout" in given:
        raise NotComparedError("it is a dashboard of schema v2, which is not compared yet")
    return "", given


def _of_kubernetes(given: Json) -> tuple[str, Json]:
    spec, metadata = given.get("spec"), given.get("metadata")
    if given["kind"] not in ("Dashboard", _OPERATORS) or not isinstance(spec, dict):
        raise NoDashboardError(f"it is a Kubernetes object of the kind {given['kind'][:60]!r}")
    if isinstance(spec.get("json"), str):
        return _of_text(spec)
    if given["kind"] == _OPERATORS:
        kept = next((f"spec.{name}" for name in _ELSEWHERE if name in spec), "no place that is known")
        raise NotComparedError(f"it is a {_OPERATORS} with its dashboard in {kept}, and only spec.json is compared")
    if "/v2" in given["apiVersion"] or "elements" in spec:
        raise NotComparedError("it is a dashboard of schema v2, which is not compared yet")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else "", spec


def _of_text(spec: Json) -> tuple[str, Json]:
    """As the Grafana operator keeps a dashboard; a uid beside it is stronger than its own."""
    try:
        uid, found = _unwrapped(_json(spec["json"].encode())[0])
    except NoDashboardError as error:
        raise NoDashboardError(f"in spec.json, {error}") from error
    outer = spec.get("uid")
    return outer if isinstance(outer, str) and outer else uid, found


def _list(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise NoDashboardError(f"its {name} are no list")
    if len(value) > MOST_PARTS:
        raise NoDashboardError(f"it has more than {MOST_PARTS} {_WORDS.get(name, name)}")
    return value


def _objects(spec: Json, name: str) -> tuple[Json, ...]:
    """The objects of `templating` or `annotations`, which keep them in a list of their own."""
    holder = spec.get(name)
    listed = holder.get("list") if isinstance(holder, dict) else holder
    return tuple(each for each in _list(listed, name) if isinstance(each, dict))


def _inputs(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(each["name"] for each in value if isinstance(each, dict) and isinstance(each.get("name"), str))
