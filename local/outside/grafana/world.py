"""What the double knows: folders, dashboards with their versions, users, and what the token may see.

https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/ and .../folder/ and .../folder_dashboard_search/
"""

import copy
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kaizen.times import format_instant
from local.paths import ROOT

Json = dict[str, Any]
ANONYMOUS = "Anonymous"  # how Grafana calls an author that is no user: file provisioning, above all
GENERAL = "general"  # Grafana's uid of the root, where it asks for one
PROVISIONED = "kaizen"  # the folder of what this repository's own files provision


@dataclass(frozen=True, slots=True)
class Folder:
    uid: str
    title: str
    parent: str = ""  # empty for the root
    number: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    author: str
    at: datetime
    message: str


@dataclass(slots=True)
class Dashboard:
    """`external` is the path that it was provisioned from, empty for one that people made. `api` is empty for the older
    schema, else the version of a dashboard of schema v2, such as `v2beta1`: `model` is its spec then."""

    number: int
    uid: str
    folder: str
    model: Json
    external: str = ""
    api: str = ""
    versions: list[Version] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(self.model["title"])


@dataclass(slots=True)
class Rights:
    """What the token may do. `hidden` are uids of folders (`general` for the root) and dashboards that it may not see,
    `shared` those of dashboards that it sees wherever they lie. `everywhere`: it may read
    `dashboards:*`, so that Grafana tells it apart whether a dashboard is gone or hidden."""

    hidden: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    everywhere: bool = True
    writes: bool = False
    alerting: bool = True  # `alert.rules:read`


class World:
    """One organisation. Every method may be called by several threads at once."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.folders: dict[str, Folder] = {}
        self.dashboards: dict[str, Dashboard] = {}
        self.users = ["ana", "ben"]
        self.library_panels: dict[str, Json] = {}
        self.alert_rules: dict[str, Json] = {}
        self.rights = Rights()

    def folder(self, uid: str, title: str, parent: str = "") -> Folder:
        with self.lock:
            made = Folder(uid, title, parent, len(self.folders) + 1)
            self.folders[uid] = made
            return made

    def save(
        self, model: Json, author: str, *, folder: str = "", message: str = "", external: str = "",
        uid: str = "", api: str = "",
    ) -> Dashboard:  # fmt: skip
        """What the UI, a program or provisioning does: one version more, whatever is different. A model of schema v2
        (see Dashboard.api) does not hold its own uid; its authors are `user:…` or `service-account:…`."""
        with self.lock:
            uid = uid or str(model["uid"])
            known = self.dashboards.get(uid)
            if known is None:
                known = Dashboard(1000 + len(self.dashboards), uid, folder, {}, external)
                self.dashboards[uid] = known
            number = len(known.versions) + 1
            known.api = api
            known.model = copy.deepcopy(model) | ({} if api else {"id": known.number, "uid": uid, "version": number})
            known.folder = folder or known.folder
            known.versions.append(Version(number, author, self.clock(), message))
            return known

    def edit(self, uid: str, panel: int, title: str, expression: str, author: str, message: str = "") -> Dashboard:
        """A person changes a panel on the page; raises LookupError where there is no such dashboard or panel."""
        with self.lock:
            model = copy.deepcopy(self.dashboards[uid].model)
            found = panels(model)[panel]
            found["title"] = title
            if expression and found.get("targets"):
                found["targets"][0]["expr"] = expression
            return self.save(model, author, message=message)

    def library_panel(self, uid: str, name: str, model: Json, author: str, folder: str = "") -> None:
        """Saved by a person: one version more."""
        with self.lock:
            known = self.library_panels.get(uid)
            now = format_instant(self.clock())
            person = {"id": 2, "name": author, "avatarUrl": "/avatar/2"}
            made = known["meta"] if known else {"created": now, "createdBy": person}
            self.library_panels[uid] = {
                "id": known["id"] if known else len(self.library_panels) + 1, "orgId": 1, "folderUid": folder,
                "uid": uid, "name": name, "kind": 1, "type": model.get("type", ""), "description": "",
                "model": copy.deepcopy(model), "version": known["version"] + 1 if known else 1,
                "meta": {
                    "folderName": self.folders[folder].title if folder else "General", "folderUid": folder,
                    "connectedDashboards": 0, "created": made["created"], "createdBy": made["createdBy"],
                    "updated": now, "updatedBy": person,
                },
            }  # fmt: skip

    def alert_rule(
        self, uid: str, title: str, expression: str, pending: str, folder: str, provenance: str = ""
    ) -> None:
        """Saved by whoever it was: Grafana names nobody."""
        with self.lock:
            known = self.alert_rules.get(uid)
            query = {"refId": "A", "expr": expression, "instant": True}
            self.alert_rules[uid] = {
                "id": known["id"] if known else len(self.alert_rules) + 1, "uid": uid, "orgID": 1, "folderUID": folder,
                "ruleGroup": "Shop", "title": title, "condition": "A",
                "data": [
                    {"refId": "A", "queryType": "", "relativeTimeRange": {"from": 600, "to": 0},
                     "datasourceUid": "prometheus", "model": query}
                ],
                "updated": format_instant(self.clock()), "noDataState": "NoData", "execErrState": "Error",
                "for": pending, "annotations": {}, "labels": {"severity": "page"}, "provenance": provenance,
                "isPaused": False, "notification_settings": None, "record": None,
            }  # fmt: skip

    def remove(self, uid: str) -> None:
        with self.lock:
            del self.dashboards[uid]

    def sees(self, dashboard: Dashboard) -> bool:
        if dashboard.uid in self.rights.shared:
            return True
        return dashboard.uid not in self.rights.hidden and self.sees_folder(dashboard.folder)

    def sees_folder(self, uid: str) -> bool:
        """Rights go down: whoever may not see a folder sees nothing in it. Empty for the root."""
        if not uid:
            return GENERAL not in self.rights.hidden
        while uid:
            if uid in self.rights.hidden:
                return False
            uid = self.folders[uid].parent
        return True

    def provision(self, files: Path = ROOT / "grafana" / "dashboards") -> None:
        """This repository's own dashboards, as Grafana reads them from files."""
        self.folder(PROVISIONED, "Kaizen Loop")
        for path in sorted(files.glob("*.json")):
            model = json.loads(path.read_text(encoding="utf-8"))
            self.save(model, ANONYMOUS, folder=PROVISIONED, external=path.name)


def panels(model: Json) -> list[Json]:
    """Panels in the order of the file, those of collapsed rows too; rows are left out."""
    return list(_panels(model.get("panels", [])))


def _panels(given: list[Json]) -> Iterator[Json]:
    for each in given:
        if each.get("type") == "row":
            yield from _panels(each.get("panels", []))
        else:
            yield each


def utc_now() -> datetime:
    return datetime.now(UTC)
