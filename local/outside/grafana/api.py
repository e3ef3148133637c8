"""Grafana's HTTP API over the world: search, folders, dashboards and their versions, with the rights of one token."""

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, unquote

from kaizen.times import format_instant
from local.outside.grafana.world import ANONYMOUS, GENERAL, Dashboard, Folder, World
from local.outside.service import Reply, Request

ROOT = "/grafana"
PREFIX, APIS = f"{ROOT}/api", f"{ROOT}/apis"  # the legacy API, and the one of Kubernetes' form
_JSON = (("content-type", "application/json"),)
_PAGE, _LARGEST_PAGE = 1000, 5000
_LIBRARY, _RULES = "/library-elements", "/v1/provisioning/alert-rules"
_RESOURCE = re.compile(r"/dashboard\.grafana\.app/(v2[a-z0-9]*)/namespaces/default/dashboards/([^/]{1,253})")
_UID = re.compile(r"/dashboards/uid/([^/]{1,40})(/versions)?")


class Api:
    """`token` is the service account's; the world says what it may see."""

    def __init__(self, world: World, token: str) -> None:
        self._world = world
        self._token = token

    def answer(self, request: Request) -> Reply:
        path = request.path.removeprefix(PREFIX)
        if path == "/health":
            return _json(200, {"database": "ok", "version": "13.0.0"})
        if not self._known(request.headers.get("authorization", "")):
            return refused(401, "Invalid API key", messageId="api-key.invalid")
        if request.path.startswith(f"{APIS}/"):
            with self._world.lock:
                return self._resource(request.method, request.path.removeprefix(APIS))
        if (request.method, path) == ("POST", "/dashboards/db"):
            with self._world.lock:
                return self._save(request.body)
        if request.method != "GET":
            return refused(403, "You'll need additional permissions to perform this action.")
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        with self._world.lock:
            if path == "/search":
                return self._search(query)
            if path == "/folders":
                return self._folders(query)
            if path.startswith("/folders/"):
                return self._one_folder(unquote(path.removeprefix("/folders/")))
            if path == _LIBRARY or path.startswith(f"{_LIBRARY}/"):
                return self._library(unquote(path.removeprefix(_LIBRARY)[1:]), query)
            if path == _RULES or path.startswith(f"{_RULES}/"):
                return self._rules(unquote(path.removeprefix(_RULES)[1:]))
            if found := _UID.fullmatch(path):
                return self._dashboard(unquote(found[1]), versions=bool(found[2]))
        return refused(404, "Not found")

    def _known(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        return scheme == "Bearer" and given == self._token

    def _search(self, query: dict[str, str]) -> Reply:
        """By title, as Grafana sorts: an edit of a title moves what is behind it to another page."""
        if query.get("type", "dash-db") != "dash-db":
            return _json(200, [])
        seen = [each for each in self._world.dashboards.values() if self._world.sees(each)]
        ordered = sorted(seen, key=lambda each: (each.title.lower(), each.number))
        return _json(200, [self._hit(each) for each in _page(ordered, query)])

    def _hit(self, dashboard: Dashboard) -> dict[str, Any]:
        folder = self._world.folders.get(dashboard.folder)
        hit: dict[str, Any] = {
            "id": dashboard.number, "uid": dashboard.uid, "orgId": 1, "title": dashboard.title, "uri": "db/x",
            "url": _url(dashboard), "slug": "", "type": "dash-db", "tags": dashboard.model.get("tags", []),
            "isStarred": False, "sortMeta": 0,
        }  # fmt: skip
        return hit | ({"folderUid": folder.uid, "folderTitle": folder.title} if folder else {})

    def _folders(self, query: dict[str, str]) -> Reply:
        parent = query.get("parentUid", "")
        if parent and parent not in self._world.folders:
            return refused(404, "folder not found", messageId="folder.notFound")
        if parent and not self._world.sees_folder(parent):
            return refused(403, "You'll need additional permissions to perform this action.")
        below = [
            each for each in self._world.folders.values() if each.parent == parent and self._world.sees_folder(each.uid)
        ]
        return _json(200, [_folder(each) for each in _page(sorted(below, key=lambda each: each.title), query)])

    def _one_folder(self, uid: str) -> Reply:
        """Without the right to read all, Grafana does not tell whether there is such a folder."""
        if uid == GENERAL:
            root = _json(200, {"id": 0, "uid": GENERAL, "title": "General"})
            return root if self._world.sees_folder("") else _denied()
        known = self._world.folders.get(uid)
        if known is None:
            return refused(404, "folder not found") if self._world.rights.everywhere else _denied()
        return _json(200, _folder(known)) if self._world.sees_folder(uid) else _denied()

    def _dashboard(self, uid: str, *, versions: bool) -> Reply:
        known, rights = self._world.dashboards.get(uid), self._world.rights
        if versions and not rights.writes:
            return refused(403, "Permissions needed: dashboards:write", title="Access denied")
        if known is None:
            # Without the right to read all, Grafana does not tell whether there is such a dashboard.
            return refused(404, "Dashboard not found") if rights.everywhere else _denied()
        if not self._world.sees(known):
            return _denied()
        if versions:
            listed = [
                {"id": each.number, "dashboardId": known.number, "uid": uid, "version": each.number,
                 "created": format_instant(each.at), "createdBy": each.author, "message": each.message}
                for each in reversed(known.versions)
            ]  # fmt: skip
            return _json(200, {"continueToken": "", "versions": listed})
        if known.api:
            path = f"/apis/dashboard.grafana.app/{known.api}/namespaces/default/dashboards/{uid}"
            return refused(406, f"dashboard api version not supported, use {path} instead")
        return _json(200, {"dashboard": known.model, "meta": self._meta(known)})

    def _resource(self, method: str, path: str) -> Reply:
        """Only dashboards of schema v2, and only to be read: the legacy API gives the others."""
        found = _RESOURCE.fullmatch(path)
        known = self._world.dashboards.get(unquote(found[2])) if found else None
        if method != "GET" or (known is not None and not self._world.sees(known)):
            return _failure(403, "Forbidden", f"dashboards.dashboard.grafana.app is forbidden: cannot {method} {path}")
        if found is None or known is None or known.api != found[1]:
            return _failure(404, "NotFound", f'dashboards.dashboard.grafana.app "{path.rpartition("/")[2]}" not found')
        first, last = known.versions[0], known.versions[-1]
        notes = {"createdBy": first.author, "updatedBy": last.author, "updatedTimestamp": format_instant(last.at)}
        notes |= {"folder": known.folder} if known.folder else {}
        notes |= {"managedBy": "classic-file-provisioning", "sourcePath": known.external} if known.external else {}
        metadata = {
            "name": known.uid, "namespace": "default", "uid": f"0-{known.number}", "generation": last.number,
            "resourceVersion": str(int(last.at.timestamp() * 1000) + last.number),
            "creationTimestamp": format_instant(first.at),
            "labels": {"grafana.app/deprecatedInternalID": str(known.number)},
            "annotations": {f"grafana.app/{name}": value for name, value in notes.items()},
        }  # fmt: skip
        resource = {"kind": "Dashboard", "apiVersion": f"dashboard.grafana.app/{known.api}", "metadata": metadata}
        return _json(200, resource | {"spec": known.model, "status": {}})

    def _library(self, uid: str, query: dict[str, str]) -> Reply:
        """By name; a uid asks for one. https://grafana.com/docs/grafana/latest/developers/http_api/library_element/"""
        world = self._world
        seen = [each for each in world.library_panels.values() if world.sees_folder(each["folderUid"])]
        if uid:
            found = next((each for each in seen if each["uid"] == uid), None)
            return _json(200, {"result": found}) if found else refused(404, "library element could not be found")
        size, page = _whole(query.get("perPage", ""), 100), _whole(query.get("page", ""), 1)
        ordered = sorted(seen, key=lambda each: str(each["name"]).lower())
        result = {"totalCount": len(seen), "page": page, "perPage": size}
        return _json(200, {"result": result | {"elements": ordered[(page - 1) * size : page * size]}})

    def _rules(self, uid: str) -> Reply:
        """All that the token may see. https://grafana.com/docs/grafana/latest/developers/http_api/alerting_provisioning/"""
        if not self._world.rights.alerting:
            return refused(403, "You'll need additional permissions to perform this action. Permissions needed: any of "
                                "alert.provisioning:read, alert.rules:read", title="Access denied")  # fmt: skip
        seen = [each for each in self._world.alert_rules.values() if self._world.sees_folder(each["folderUID"])]
        if not uid:
            return _json(200, seen)
        found = next((each for each in seen if each["uid"] == uid), None)
        return _json(200, found) if found else refused(404, "could not find alert rule")

    def _save(self, body: bytes) -> Reply:
        """https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/#create--update-dashboard"""
        if not self._world.rights.writes:
            return refused(403, "Permissions needed: dashboards:write", title="Access denied")
        try:
            given = json.loads(body)
            model, folder = dict(given["dashboard"]), str(given.get("folderUid") or "")
        except (ValueError, KeyError, TypeError):
            return refused(400, "bad request data")
        if not model.get("title"):
            return refused(400, "Dashboard title cannot be empty")
        if folder and folder not in self._world.folders:
            return refused(400, "folder not found")
        known = self._world.dashboards.get(str(model.get("uid") or ""))
        if known is None and model.get("id"):
            return refused(404, "Dashboard not found", status="not-found")
        if known is not None:
            if self._meta(known)["provisioned"]:
                return refused(400, "Cannot save provisioned dashboard")
            if not given.get("overwrite") and model.get("version") != known.versions[-1].number:
                return refused(412, "The dashboard has been changed by someone else", status="version-mismatch")
        made = self._world.save(model, "sa-1-kaizen", folder=folder, message=str(given.get("message", "")))
        said = {"id": made.number, "uid": made.uid, "url": _url(made), "status": "success"}
        return _json(200, said | {"version": made.versions[-1].number})

    def _meta(self, known: Dashboard) -> dict[str, Any]:
        first, last = known.versions[0], known.versions[-1]
        folder = self._world.folders.get(known.folder)
        return {
            "type": "db", "canSave": False, "canEdit": False, "canAdmin": False, "canStar": True, "canDelete": False,
            "slug": "", "url": _url(known), "expires": "0001-01-01T00:00:00Z", "isFolder": False, "hasAcl": False,
            "created": format_instant(first.at), "createdBy": first.author,
            "updated": format_instant(last.at), "updatedBy": last.author, "version": last.number,
            "folderId": folder.number if folder else 0, "folderUid": folder.uid if folder else "",
            "folderTitle": folder.title if folder else "General",
            "provisioned": bool(known.external) and last.author == ANONYMOUS,
            "provisionedExternalId": known.external,
        }  # fmt: skip


def _page[T](items: Sequence[T], query: dict[str, str]) -> Sequence[T]:
    size, page = _whole(query.get("limit", ""), _PAGE), _whole(query.get("page", ""), 1)
    size = min(size, _LARGEST_PAGE)
    return items[(page - 1) * size : page * size]


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 8 and int(text) else default


def _folder(folder: Folder) -> dict[str, Any]:
    shown = {"id": folder.number, "uid": folder.uid, "title": folder.title}
    return shown | ({"parentUid": folder.parent} if folder.parent else {})


def _url(dashboard: Dashboard) -> str:
    return f"/d/{dashboard.uid}/{re.sub(r'[^a-z0-9]+', '-', dashboard.title.lower()).strip('-') or 'dashboard'}"


def _denied() -> Reply:
    return refused(403, "You'll need additional permissions to perform this action: dashboards:read",
                   title="Access denied", accessErrorId="ACE0000000000")  # fmt: skip


def refused(status: int, message: str, /, *headers: tuple[str, str], **more: str) -> Reply:
    """An error as Grafana words it."""
    return Reply(status, json.dumps({"message": message, **more}), (*_JSON, *headers))


def _failure(status: int, reason: str, message: str) -> Reply:
    """An error as Kubernetes words it."""
    said = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    return _json(status, said | {"reason": reason, "code": status})


def _json(status: int, content: Any) -> Reply:
    return Reply(status, json.dumps(content), _JSON)
