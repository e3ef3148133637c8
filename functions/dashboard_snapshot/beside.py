"""What Grafana holds beside dashboards: library panels and alert rules, asked for as dashboards are.

https://grafana.com/docs/grafana/latest/developers/http_api/library_element/
https://grafana.com/docs/grafana/latest/developers/http_api/alerting_provisioning/
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dashboard_snapshot.errors import GrafanaError
from dashboard_snapshot.grafana import Grafana
from dashboard_snapshot.model import Entry, Kind

_PAGE = 100  # what every version gives
_PAGES = 1000
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """How one kind is read. `listed` gives all of it, `one` asks for a single one by its uid; both raise GrafanaError.

    `needs` is the right that the token must have. `entry` is what a manifest says of one, but for its content.
    """

    kind: Kind
    listed: Callable[[Grafana], list[Json]]
    one: Callable[[Grafana, str], object]
    needs: str
    entry: Callable[[Json], Entry]
    dropped: tuple[str, ...]  # what Grafana changes by itself


def _panels(grafana: Grafana) -> list[Json]:
    """Page by page, until there are as many as Grafana says that there are."""
    found: list[Json] = []
    for page in range(1, _PAGES + 1):
        answer = grafana.get("/api/library-elements", kind=1, perPage=_PAGE, page=page)
        result = answer.get("result") if isinstance(answer, dict) else None
        elements = result.get("elements") if isinstance(result, dict) else None
        total = result.get("totalCount") if isinstance(result, dict) else None
        if not isinstance(elements, list) or not isinstance(total, int):
            raise GrafanaError("unreadable", "the answer holds no library panels")
        found += _all(elements, "name")
        if len(found) >= total:
            return found
        if not elements:
            raise GrafanaError("unreadable", f"Grafana tells of {total} library panels and gives {len(found)}")
    raise GrafanaError("unreadable", f"the list has more than {_PAGES} pages")


def _rules(grafana: Grafana) -> list[Json]:
    """All in one answer."""
    answer = grafana.get("/api/v1/provisioning/alert-rules")
    if not isinstance(answer, list):
        raise GrafanaError("unreadable", "the answer holds no alert rules")
    return _all(answer, "title")


def _all(given: list[Any], title: str) -> list[Json]:
    for each in given:
        if not isinstance(each, dict) or not all(isinstance(each.get(name), str) for name in ("uid", title)):
            raise GrafanaError("unreadable", f"the answer has an entry without uid or {title}")
    return given


def _panel_entry(given: Json) -> Entry:
    about = given.get("meta")
    meta: Json = about if isinstance(about, dict) else {}

    def who(name: str) -> str:
        person = meta.get(name)
        return str(person.get("name") or "") if isinstance(person, dict) else ""

    version = given.get("version")
    return Entry(
        uid=given["uid"], title=given["name"], folder=str(meta.get("folderName") or ""),
        folder_uid=str(given.get("folderUid") or ""), sha256="", size=0,
        version=version if isinstance(version, int) else 0, created_by=who("createdBy"),
        created_at=str(meta.get("created") or ""), updated_by=who("updatedBy"),
        updated_at=str(meta.get("updated") or ""), external="", url="/library-panels", stored_at="",
        kind="library_panel",
    )  # fmt: skip


def _rule_entry(given: Json) -> Entry:
    """Grafana names nobody who saved a rule. A provenance is what a file, a program or a conversion put in."""
    return Entry(
        uid=given["uid"], title=given["title"], folder="", folder_uid=str(given.get("folderUID") or ""), sha256="",
        size=0, version=0, created_by="", created_at="", updated_by="", updated_at=str(given.get("updated") or ""),
        external=str(given.get("provenance") or ""), url=f"/alerting/grafana/{quote(given['uid'], safe='')}/view",
        stored_at="", kind="alert_rule",
    )  # fmt: skip


SOURCES = (
    Source(
        "library_panel", _panels, lambda grafana, uid: grafana.get(f"/api/library-elements/{quote(uid, safe='')}"),
        "library.panels:read", _panel_entry, ("orgId", "folderId", "meta"),
    ),
    Source(
        "alert_rule", _rules,
        lambda grafana, uid: grafana.get(f"/api/v1/provisioning/alert-rules/{quote(uid, safe='')}"),
        "alert.rules:read", _rule_entry, ("orgID", "updated"),
    ),
)  # fmt: skip
