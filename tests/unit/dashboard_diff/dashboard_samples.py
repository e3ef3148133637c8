"""Small dashboards for tests."""

import copy
import json
from typing import Any

from kaizen.dashboards import Dashboard, Diff, compare, read
from kaizen.dashboards.sentences import plain

Json = dict[str, Any]


def panel(title: str, expr: str = "", number: int = 1, y: int = 0, x: int = 0, **more: Any) -> Json:
    found: Json = {
        "id": number, "type": "timeseries", "title": title, "gridPos": {"x": x, "y": y, "w": 12, "h": 8},
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "targets": [{"refId": "A", "expr": expr or f"rate({title.lower()}_total[5m])"}],
    }  # fmt: skip
    return found | more


def row(title: str, y: int, number: int = 90, panels: list[Json] | None = None) -> Json:
    return {"type": "row", "title": title, "id": number, "collapsed": panels is not None, "panels": panels or [],
            "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}}  # fmt: skip


def dashboard(*panels: Json, **more: Any) -> Json:
    found: Json = {
        "uid": "checkout", "title": "Checkout", "schemaVersion": 39, "version": 1, "panels": list(panels),
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
    }  # fmt: skip
    return found | more


def of(given: Json) -> Dashboard:
    return read(json.dumps(given).encode())


def diff(before: Json | None, after: Json | None) -> Diff:
    return compare(of(before) if before else None, of(after) if after else None)


def told(found: Diff) -> list[str]:
    """Every change in a line."""
    lines = []
    for each in found.changes:
        words = "; ".join(map(plain, each.words))
        queries = "; ".join(plain(sentence) for query in each.queries for sentence in query.words)
        lines.append(f"{each.what} {each.subject} {' → '.join(each.titles)}: {words}{queries}".rstrip(": "))
    return lines


def edited(given: Json, path: str, value: Any) -> Json:
    """A copy with one value set, or removed (...); the path's parts are names and positions."""
    found = copy.deepcopy(given)
    at: Any = found
    *way, last = path.split(".")
    for name in way:
        at = at[int(name)] if isinstance(at, list) else at.setdefault(name, {})
    if value is ...:
        at.pop(last, None)
    elif isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return found
