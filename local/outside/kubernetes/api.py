"""The API itself: paths and verbs (https://kubernetes.io/docs/reference/using-api/api-concepts/)."""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from kaizen.times import format_instant
from local.outside.kubernetes import kinds, refusals
from local.outside.kubernetes.checks import Object
from local.outside.kubernetes.cluster import Cluster
from local.outside.kubernetes.kinds import Kind
from local.outside.kubernetes.patches import FailedError, PatchError, merged, patched
from local.outside.kubernetes.refusals import JSON, Refused
from local.outside.kubernetes.rights import User
from local.outside.kubernetes.selectors import fields, labels
from local.outside.service import Reply, Request

_MERGE, _JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_ANYBODY = User("system:anonymous", ())


@dataclass(frozen=True, slots=True)
class Call:
    """One request, its path read. `name` is "" for a whole list, `part` is a subresource."""

    kind: Kind
    namespace: str
    name: str
    part: str
    query: dict[str, str]
    request: Request

    @property
    def manager(self) -> str:
        given = self.query.get("fieldManager") or self.request.headers.get("user-agent", "unknown").partition("/")[0]
        return given[:128]

    @property
    def dry(self) -> bool:
        wanted = self.query.get("dryRun", "")
        if wanted not in ("", "All"):
            message = f'Unsupported value: "{wanted}": supported values: "All"'
            raise refusals.invalid(self.kind, "", "dryRun", message)
        return wanted == "All"


class Api:
    """Answers one call after the other; `prefix` stands before every path."""

    def __init__(self, cluster: Cluster, prefix: str) -> None:
        self._cluster = cluster
        self._prefix = prefix

    def answer(self, request: Request) -> Reply:
        with self._cluster.lock:
            self._cluster.settle()
            try:
                reply = self._answer(request)
            except Refused as refusal:
                reply = refusal.reply
            self._cluster.settle()
            return self.dated(reply)

    def dated(self, reply: Reply) -> Reply:
        at = format_datetime(self._cluster.clock(), usegmt=True)
        return Reply(reply.status, reply.body, (*reply.headers, ("date", at)))

    def _answer(self, request: Request) -> Reply:
        user = self._user(request.headers.get("authorization", ""))
        path = request.path.removeprefix(self._prefix)
        if path == "/version" and request.method == "GET":
            return _json(200, {"major": "1", "minor": "33", "gitVersion": "v1.33.0-double", "platform": "linux/amd64"})
        if path == "/apis" and request.method == "GET" and user is not _ANYBODY:
            return _json(200, self._groups())
        call = self._call(path, request)
        self._authorize(user, call)
        if call.part == "token" and request.method == "POST":
            return self._token_of(call)
        match request.method, bool(call.name):
            case "GET", False:
                return self._list(call)
            case "GET", True:
                return _json(200, self._cluster.get(call.kind, call.namespace, call.name))
            case "POST", False if call.namespace or not call.kind.namespaced:
                made = self._cluster.create(call.kind, call.namespace, _content(call), call.manager, dry=call.dry)
                return _json(201, made)
            case "PUT", True:
                return self._written(call, _content(call))
            case "PATCH", True:
                return self._written(call, self._patched(call))
            case "DELETE", True if not call.part:
                return self._delete(call)
        raise refusals.not_allowed()

    def _groups(self) -> Object:
        """What is served, which anybody may ask who is known."""
        served = sorted({(each.group, each.version) for each in self._cluster.kinds if each.group})
        found: dict[str, list[Object]] = {}
        for group, version in served:
            found.setdefault(group, []).append({"groupVersion": f"{group}/{version}", "version": version})
        groups = [{"name": name, "versions": each, "preferredVersion": each[0]} for name, each in found.items()]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}

    def _user(self, authorization: str) -> User:
        if not authorization:
            return _ANYBODY
        kind, _, token = authorization.partition(" ")
        user = self._cluster.users.get(token) if kind.lower() == "bearer" else None
        if user is None:
            raise refusals.unauthorized()
        return user

    def _call(self, path: str, request: Request) -> Call:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts[:2] == ["api", "v1"]:
            group, version, rest = "", "v1", parts[2:]
        elif parts[0] == "apis" and len(parts) > 3:
            group, version, rest = parts[1], parts[2], parts[3:]
        else:
            raise refusals.no_path()
        namespace = ""
        if rest[:1] == ["namespaces"] and len(rest) > 2 and rest[2] != "status":
            namespace, rest = rest[1], rest[2:]
        named = [each for each in self._cluster.kinds if (each.group, each.version) == (group, version)]
        kind = next((each for each in named if rest and each.plural == rest[0]), None)
        name, part = (*rest[1:], "", "")[:2]
        if kind is None or len(rest) > 3 or (part and not _has(kind, part)) or (namespace and not kind.namespaced):
            raise refusals.no_path()
        if name and kind.namespaced and not namespace:
            raise refusals.no_path()
        query = {key: values[-1] for key, values in parse_qs(request.query, keep_blank_values=True).items()}
        return Call(kind, namespace, name, part, query, request)

    def _authorize(self, user: User, call: Call) -> None:
        verb = _VERBS.get(call.request.method, call.request.method.lower())
        verb = "list" if verb == "get" and not call.name else verb
        resource = f"{call.kind.plural}/{call.part}" if call.part else call.kind.plural
        # The rights on a namespace itself may be given within it.
        within = call.name if call.kind is kinds.NAMESPACES else call.namespace
        if not user.may(verb, call.kind.group, resource, within):
            raise refusals.forbidden(user.name, verb, call.kind, resource, call.namespace, call.name)

    def _list(self, call: Call) -> Reply:
        if call.query.get("watch") in ("1", "true"):
            raise refusals.bad("watches are not served here")
        try:
            wanted, matched = labels(call.query.get("labelSelector", "")), fields(call.query.get("fieldSelector", ""))
        except ValueError as error:
            raise refusals.bad(str(error)) from error
        limit = _whole(call.query.get("limit", "0"))
        items, version, start = self._state(call)
        items = [
            each
            for each in items
            if (not call.namespace or each["metadata"]["namespace"] == call.namespace)
            and _place(each) > start
            and wanted(each)
            and matched(each)
        ]
        meta: Object = {"resourceVersion": str(version)}
        if limit and len(items) > limit:
            meta["continue"] = _follow(version, _place(items[limit - 1]))
            if not call.query.get("labelSelector") and not call.query.get("fieldSelector"):
                meta["remainingItemCount"] = len(items) - limit
            items = items[:limit]
        kind = call.kind
        shown = [{key: value for key, value in each.items() if key not in ("kind", "apiVersion")} for each in items]
        listed = items if kind.own else shown  # own resources keep both
        return _json(
            200, {"kind": f"{kind.name}List", "apiVersion": kind.api_version, "metadata": meta, "items": listed}
        )

    def _state(self, call: Call) -> tuple[list[Object], int, str]:
        """The objects of a kind as a list sees them, their version, and after which place the list goes on."""
        follow = call.query.get("continue", "")
        if not follow:
            self._cluster.keep(call.kind)
            return self._cluster.every(call.kind), self._cluster.version, ""
        try:
            given = json.loads(base64.urlsafe_b64decode(follow))
            version, start = int(given["rv"]), str(given["start"])
        except (ValueError, KeyError, TypeError) as error:
            raise refusals.bad(f"continue key is not valid: {error}") from error
        if version < 0:
            self._cluster.keep(call.kind)
            return self._cluster.every(call.kind), self._cluster.version, start
        kept = self._cluster.kept(call.kind, version)
        if kept is None:
            raise refusals.expired(_follow(-1, start))
        return kept, version, start

    def _patched(self, call: Call) -> Object:
        form = call.request.headers.get("content-type", "").partition(";")[0].strip()
        if form not in (_MERGE, _JSON_PATCH):
            accepted = ", ".join((_JSON_PATCH, _MERGE))
            message = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
            raise refusals.refused(415, message)
        before = self._cluster.get(call.kind, call.namespace, call.name)
        try:
            given = json.loads(call.request.body)
            if form == _MERGE and not isinstance(given, dict):
                raise PatchError("a merge patch of an object is an object")
            after = merged(before, given) if form == _MERGE else patched(before, given)
        except FailedError as error:
            message = "the server rejected our request due to an error in our request"
            raise refusals.refused(422, message, details={"causes": [{"message": str(error)}]}) from error
        except ValueError as error:
            raise refusals.bad(f"error decoding patch: {error}") from error
        if not isinstance(after, dict):
            raise refusals.bad("the patch leaves no object")
        return after

    def _written(self, call: Call, given: Object) -> Reply:
        if call.part not in ("", "status"):
            raise refusals.not_allowed()
        place = (call.kind, call.namespace, call.name)
        return _json(200, self._cluster.update(*place, given, call.manager, part=call.part, dry=call.dry))

    def _delete(self, call: Call) -> Reply:
        place = (call.kind, call.namespace, call.name)
        gone = self._cluster.get(*place) if call.dry else self._cluster.delete(*place)
        if call.kind is kinds.NAMESPACES:
            return _json(200, gone | {"status": {"phase": "Terminating"}})
        details = refusals.about(call.kind, call.name) | {"uid": gone["metadata"]["uid"]}
        return _json(
            200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        )

    def _token_of(self, call: Call) -> Reply:
        """A token of a ServiceAccount, which has no rights here unless a test gives it some."""
        self._cluster.get(call.kind, call.namespace, call.name)
        token = secrets.token_urlsafe(24)
        self._cluster.user(token, f"system:serviceaccount:{call.namespace}:{call.name}", ())
        until = format_instant(self._cluster.clock() + timedelta(hours=1))
        status = {"token": token, "expirationTimestamp": until}
        return _json(201, {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "status": status})


def _has(kind: Kind, part: str) -> bool:
    return (part == "status" and kind.status) or (part == "token" and kind is kinds.ACCOUNTS)


def _content(call: Call) -> Object:
    form = call.request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if form != "application/json":
        raise refusals.refused(415, f"the body of the request was in an unknown format: {form}")
    try:
        given: Any = json.loads(call.request.body)
    except ValueError as error:
        raise refusals.bad(f"the object provided is unrecognized: {error}") from error
    if not isinstance(given, dict) or not isinstance(given.get("metadata"), dict):
        raise refusals.bad("the object provided is unrecognized: it is no object with metadata")
    if call.kind.own and not (given.get("kind") and given.get("apiVersion")):
        raise refusals.bad("the object provided is unrecognized: Object 'Kind' is missing")
    return given


def _place(given: Object) -> str:
    meta = given["metadata"]
    return f"{meta.get('namespace', '')}/{meta['name']}"


def _follow(version: int, start: str) -> str:
    return base64.urlsafe_b64encode(
        json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start}).encode()
    ).decode()


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise refusals.bad(f'unable to parse "limit": {text!r}')
    return int(text)


def _json(status: int, content: Any) -> Reply:
    return Reply(status, json.dumps(content), (JSON,))
