"""The objects and what a write does to them. Objects are never changed in place: a list that is kept stays as it was.

https://kubernetes.io/docs/reference/using-api/api-concepts/ (versions, paging, dry runs)
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from kaizen.times import format_instant
from local.outside.kubernetes import kinds, refusals
from local.outside.kubernetes.checks import Object, check, filled
from local.outside.kubernetes.kinds import Kind
from local.outside.kubernetes.rights import ADMIN, Rule, User

type Key = tuple[str, str, str]  # plural, namespace, name
CONTROLLER = "kube-controller-manager"
_KEPT = timedelta(minutes=5)  # how long etcd keeps a state that is being paged through
_FIRST_VERSION = 1000
_BORN = {kinds.NAMESPACES: {"phase": "Active"}, kinds.PODS: {"phase": "Pending"}}
_FIXED = ("uid", "creationTimestamp", "generation", "resourceVersion", "managedFields", "namespace")  # by the server


class Cluster:
    """`clock` gives aware UTC; `lock` is held by whoever calls anything here. `delay` is how late controllers act."""

    def __init__(self, clock: Callable[[], datetime], settle: Callable[["Cluster", Key], None]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.delay = timedelta(0)
        self.users: dict[str, User] = {}
        self.kinds = set(kinds.KINDS)
        self._version = _FIRST_VERSION
        self._objects: dict[Key, Object] = {}
        self._keys: dict[str, Key] = {}  # by uid
        self._owned: dict[str, set[Key]] = {}  # by the owner's uid
        self._kept: dict[tuple[str, int], tuple[datetime, list[Object]]] = {}
        self._due: dict[Key, datetime] = {}
        self._settle = settle
        self._settling = False
        self.stuck: dict[Key, str] = {}  # what controllers could not do, and why

    def user(self, token: str, name: str, rules: tuple[Rule, ...] = ADMIN) -> None:
        self.users[token] = User(name, rules)

    # -- reading

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """Raises Refused."""
        found = self._objects.get((kind.plural, namespace, name))
        if found is None:
            raise refusals.not_found(kind, name)
        return found

    def every(self, kind: Kind, namespace: str = "") -> list[Object]:
        """In the order of namespaces and names."""
        found = [
            (key, each)
            for key, each in self._objects.items()
            if key[0] == kind.plural and (not namespace or key[1] == namespace)
        ]
        return [each for _, each in sorted(found, key=lambda pair: pair[0])]

    @property
    def version(self) -> int:
        return self._version

    def keep(self, kind: Kind) -> None:
        """The present state of a kind can be paged through for some minutes."""
        now = self.clock()
        self._kept = {key: kept for key, kept in self._kept.items() if now - kept[0] < _KEPT}
        self._kept.setdefault((kind.plural, self._version), (now, self.every(kind)))

    def kept(self, kind: Kind, version: int) -> list[Object] | None:
        """None for a state that is no longer there."""
        found = self._kept.get((kind.plural, version))
        return found[1] if found and self.clock() - found[0] < _KEPT else None

    def compact(self) -> None:
        """Forget every state but the present one, as etcd does now and then."""
        self._kept.clear()

    # -- writing

    def create(self, kind: Kind, namespace: str, given: Object, manager: str, *, dry: bool = False) -> Object:
        """Raises Refused."""
        if kind.namespaced:
            self.get(kinds.NAMESPACES, "", namespace)
            if self._ends(namespace):
                message = f"unable to create new content in namespace {namespace} because it is being terminated"
                raise refusals.refused(403, message)
        given = filled(kind, given)
        check(kind, given, None)
        meta = given["metadata"]
        if meta.get("namespace", namespace) != namespace:
            raise refusals.bad("the namespace of the provided object does not match the namespace sent on the request")
        name = meta["name"]
        if (kind.plural, namespace, name) in self._objects:
            raise refusals.exists(kind, name)
        now = format_instant(self.clock())
        made: Object = {"apiVersion": kind.api_version, "kind": kind.name} | given
        made["metadata"] = meta | {
            "uid": str(uuid.uuid4()),
            "creationTimestamp": now,
            "generation": 1,
            **({"namespace": namespace} if kind.namespaced else {}),
        }
        if kind.status:
            made["status"] = dict(_BORN.get(kind, {}))  # whatever a creator says of it
        made["metadata"]["managedFields"] = self._managed({}, manager, "")
        if dry:
            return made
        return self._store(kind, namespace, name, made)

    def update(
        self, kind: Kind, namespace: str, name: str, given: Object, manager: str, *, part: str = "", dry: bool = False
    ) -> Object:
        """`part` is "status" for a write to that alone. Raises Refused."""
        before = self.get(kind, namespace, name)
        given = filled(kind, given)
        check(kind, given, before)
        meta, old = dict(given["metadata"]), before["metadata"]
        if meta.get("name") != name or meta.get("namespace", namespace) != namespace:
            raise refusals.bad(
                f"the name of the object ({meta.get('name')}) does not match the name on the URL ({name})"
            )
        if meta.get("resourceVersion", old["resourceVersion"]) != old["resourceVersion"]:
            raise refusals.conflict(kind, name)
        if meta.get("uid", old["uid"]) != old["uid"]:
            raise refusals.invalid(kind, name, "metadata.uid", "Invalid value: field is immutable")
        after = dict(given)
        if part == "status":
            after["spec"], meta["labels"] = before.get("spec"), old.get("labels")
        elif kind.status:
            after["status"] = before.get("status", {})
        meta |= {field: old[field] for field in _FIXED if field in old}
        meta = {field: value for field, value in meta.items() if value is not None}
        after["metadata"] = meta
        after = {field: value for field, value in after.items() if value is not None}
        if after == before:
            return before  # nothing changes, and the version stays
        if after.get("spec") != before.get("spec"):
            meta["generation"] = old["generation"] + 1
        meta["managedFields"] = self._managed(old, manager, part)
        return after if dry else self._store(kind, namespace, name, after)

    def delete(self, kind: Kind, namespace: str, name: str) -> Object:
        """With all that it owns, and all that is in a namespace. Raises Refused."""
        gone = self.get(kind, namespace, name)
        self._remove((kind.plural, namespace, name))
        if kind is kinds.NAMESPACES:
            for key in [key for key in self._objects if key[1] == name]:
                self._forget(key)
        return gone

    def terminate(self, namespace: str) -> None:
        """A namespace that is being deleted, and held by a finalizer."""
        given = self.get(kinds.NAMESPACES, "", namespace)
        meta = given["metadata"] | {"deletionTimestamp": format_instant(self.clock())}
        self._store(kinds.NAMESPACES, "", namespace, given | {"metadata": meta, "status": {"phase": "Terminating"}})

    def settle(self) -> None:
        """Let the controllers do what is due."""
        self._settling = True
        try:
            while due := [key for key, at in self._due.items() if at <= self.clock()]:
                for key in due:
                    self._due.pop(key, None)
                    self._settle_one(key)
        finally:
            self._settling = False

    def _settle_one(self, key: Key) -> None:
        if key not in self._objects or self._ends(key[1]):
            return
        try:
            self._settle(self, key)
        except refusals.Refused as refused:  # a template that makes no pod, say: people see it, and the object stays
            self.stuck[key] = str(refused)

    def _next(self) -> datetime:
        """When controllers see what happens now: late, but for what one of them does for the next."""
        return self.clock() + (timedelta(0) if self._settling else self.delay)

    def _ends(self, namespace: str) -> bool:
        space = self._objects.get((kinds.NAMESPACES.plural, "", namespace))
        return space is not None and "deletionTimestamp" in space["metadata"]

    def at(self, key: Key) -> Object:
        return self._objects[key]

    def owned(self, uid: str) -> Iterator[tuple[Key, Object]]:
        """What an object controls."""
        for key in sorted(self._owned.get(uid, ())):
            if key in self._objects:
                yield key, self._objects[key]

    def _remove(self, key: Key) -> None:
        gone = self._forget(key)
        self._version += 1
        for below, _ in self.owned(gone["metadata"]["uid"]):
            if below in self._objects:
                self._remove(below)
        for owner in gone["metadata"].get("ownerReferences", []):
            self._wake_owner(owner["uid"])

    def _forget(self, key: Key) -> Object:
        gone = self._objects.pop(key)
        self._due.pop(key, None)
        del self._keys[gone["metadata"]["uid"]]
        for owner in gone["metadata"].get("ownerReferences", []):
            self._owned[owner["uid"]].discard(key)
        return gone

    def _wake_owner(self, uid: str) -> None:
        if uid in self._keys:
            self._due.setdefault(self._keys[uid], self._next())

    def _store(self, kind: Kind, namespace: str, name: str, given: Object) -> Object:
        self._version += 1
        stored = given | {"metadata": given["metadata"] | {"resourceVersion": str(self._version)}}
        key = (kind.plural, namespace, name)
        before = self._objects.get(key)
        self._objects[key] = stored
        self._keys[stored["metadata"]["uid"]] = key
        for owner in (before or {"metadata": {}})["metadata"].get("ownerReferences", []):
            self._owned[owner["uid"]].discard(key)
        for owner in stored["metadata"].get("ownerReferences", []):
            self._owned.setdefault(owner["uid"], set()).add(key)
        if before is None or before.get("spec") != stored.get("spec"):
            self._due[key] = self._next()
        return stored

    def _managed(self, old: Object, manager: str, part: str) -> list[dict[str, Any]]:
        """Who wrote last, and when; which fields is left out here."""
        mine = {"manager": manager, "operation": "Update", **({"subresource": part} if part else {})}
        others = [each for each in old.get("managedFields", []) if {**each, **mine} != each]
        return [*others, mine | {"time": format_instant(self.clock()), "fieldsType": "FieldsV1", "fieldsV1": {}}]
