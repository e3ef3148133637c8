"""What the API server fills in, and what it does not take, of the kinds that are here. Pure."""

import copy
import re
from collections.abc import Mapping
from typing import Any

from local.outside.kubernetes import kinds
from local.outside.kubernetes.kinds import Kind
from local.outside.kubernetes.refusals import Refused, invalid, refused
from local.outside.kubernetes.selectors import KEY, VALUE

type Object = dict[str, Any]
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_LABEL_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_REPLICATED = (kinds.DEPLOYMENTS, kinds.STATEFUL_SETS, kinds.REPLICA_SETS)
_DEFAULTS: Mapping[Kind, Mapping[str, Any]] = {
    kinds.DEPLOYMENTS: {"replicas": 1},
    kinds.STATEFUL_SETS: {"replicas": 1},
    kinds.REPLICA_SETS: {"replicas": 1},
    kinds.CRON_JOBS: {"suspend": False, "concurrencyPolicy": "Allow"},
    kinds.JOBS: {"suspend": False},
    kinds.AUTOSCALERS: {"minReplicas": 1},
    kinds.SANDBOXES: {"operatingMode": "Running", "shutdownPolicy": "Retain"},
}
_POLICIES = ("Allow", "Forbid", "Replace")
_RETENTION = "persistentVolumeClaimRetentionPolicy"
_KEPT = ("Delete", "Retain")
_ENUMS = {"operatingMode": ("Running", "Suspended"), "shutdownPolicy": ("Delete", "Retain")}
_SANDBOX_TYPES: Mapping[str, tuple[type, str]] = {
    "operatingMode": (str, "string"), "podTemplate": (Mapping, "object"), "service": (bool, "boolean"),
    "shutdownPolicy": (str, "string"), "shutdownTime": (str, "string"), "volumeClaimTemplates": (list, "array"),
}  # fmt: skip


def filled(kind: Kind, given: Object) -> Object:
    """With the defaults of its kind."""
    given = copy.deepcopy(given)
    spec = given.get("spec")
    if isinstance(spec, dict):
        for name, value in _DEFAULTS.get(kind, {}).items():
            spec.setdefault(name, value)
        if kind is kinds.STATEFUL_SETS and isinstance(spec.setdefault(_RETENTION, {}), dict):
            spec[_RETENTION] = {"whenDeleted": "Retain", "whenScaled": "Retain"} | spec[_RETENTION]
        if kind is kinds.SANDBOXES:  # what its schema does not know is taken away without a word
            given["spec"] = {name: value for name, value in spec.items() if name in _SANDBOX_TYPES}
    if kind is kinds.NAMESPACES:
        meta = given.setdefault("metadata", {})
        if isinstance(meta, dict) and isinstance(meta.setdefault("labels", {}), dict):
            meta["labels"]["kubernetes.io/metadata.name"] = meta.get("name", "")
    for pod in _pod_specs(kind, given):
        for container in [*(pod.get("containers") or []), *(pod.get("initContainers") or [])]:
            if isinstance(container, dict) and isinstance(container.get("resources"), dict):
                resources = container["resources"]
                wanted = (resources.get("limits") or {}) | (resources.get("requests") or {})
                if wanted:
                    resources["requests"] = wanted
    return given


def check(kind: Kind, given: Object, before: Object | None) -> None:
    """Raises Refused. `before` is what is there already."""
    meta = given.get("metadata")
    name = str(meta.get("name", "")) if isinstance(meta, Mapping) else ""
    if not isinstance(meta, Mapping):
        raise _unreadable(kind, "", "metadata", before)
    if given.get("kind", kind.name) != kind.name or given.get("apiVersion", kind.api_version) != kind.api_version:
        raise refused(400, f"the object is no {kind.name} of {kind.api_version}")
    for field in ("labels", "annotations"):
        noted = meta.get(field, {})
        if not isinstance(noted, Mapping) or not all(isinstance(each, str) for each in noted.values()):
            raise _unreadable(kind, name, f"metadata.{field}", before)
        for key, value in noted.items():
            if not KEY.fullmatch(key) or (field == "labels" and not VALUE.fullmatch(value)):
                raise invalid(kind, name, f"metadata.{field}", f'Invalid value: "{key}={value}"')
    pattern = _LABEL_NAME if kind is kinds.NAMESPACES else _NAME
    if not pattern.fullmatch(name):
        raise invalid(kind, name, "metadata.name", f'Invalid value: "{name}"')
    spec = given.get("spec", {})
    if not isinstance(spec, Mapping):
        raise _unreadable(kind, name, "spec", before)
    if kind is kinds.SANDBOXES:
        _check_sandbox(name, given, before)
    _check_spec(kind, name, spec, before)


def _check_spec(kind: Kind, name: str, spec: Mapping[str, Any], before: Object | None) -> None:
    if kind in _REPLICATED:
        replicas = spec.get("replicas")
        if type(replicas) is not int:
            raise _unreadable(kind, name, "spec.replicas", before)
        if replicas < 0:
            message = f"Invalid value: {replicas}: must be greater than or equal to 0"
            raise invalid(kind, name, "spec.replicas", message)
        chosen = _below(spec, "selector", "matchLabels")
        has = _below(spec, "template", "metadata", "labels")
        if not chosen:
            raise invalid(kind, name, "spec.selector", "Required value")
        if not chosen.items() <= has.items():
            message = f"Invalid value: {dict(has)}: `selector` does not match template `labels`"
            raise invalid(kind, name, "spec.template.metadata.labels", message)
        if before is not None and before["spec"].get("selector") != spec.get("selector"):
            raise invalid(kind, name, "spec.selector", "Invalid value: field is immutable")
    if kind is kinds.STATEFUL_SETS:
        retention = spec.get(_RETENTION)
        if not isinstance(retention, Mapping):
            raise _unreadable(kind, name, f"spec.{_RETENTION}", before)
        for field in ("whenDeleted", "whenScaled"):
            if retention.get(field) not in _KEPT:
                raise invalid(kind, name, f"spec.{_RETENTION}.{field}", f"supported values: {', '.join(_KEPT)}")
    if kind in (kinds.CRON_JOBS, kinds.JOBS) and type(spec.get("suspend")) is not bool:
        raise _unreadable(kind, name, "spec.suspend", before)
    if kind is kinds.CRON_JOBS:
        if not spec.get("schedule"):
            raise invalid(kind, name, "spec.schedule", "Required value")
        if spec.get("concurrencyPolicy") not in _POLICIES:
            raise invalid(kind, name, "spec.concurrencyPolicy", f"supported values: {', '.join(_POLICIES)}")
    for pod in _pod_specs(kind, {"spec": spec}, required=True):
        if not pod.get("containers"):
            raise invalid(kind, name, "spec.template.spec.containers", "Required value")


def _check_sandbox(name: str, given: Mapping[str, Any], before: Object | None) -> None:
    """The schema of agent-sandbox's definition, to where pods begin."""
    kind = kinds.SANDBOXES
    if "spec" not in given:
        raise invalid(kind, name, "spec", "Required value")
    spec = given["spec"]
    for field, value in spec.items():
        wanted, word = _SANDBOX_TYPES[field]
        if not isinstance(value, wanted):
            message = f'Invalid value: "{type(value).__name__}": spec.{field} in body must be of type {word}'
            raise invalid(kind, name, f"spec.{field}", message)
        if field in _ENUMS and value not in _ENUMS[field]:
            supported = ", ".join(f'"{each}"' for each in _ENUMS[field])
            raise invalid(kind, name, f"spec.{field}", f'Unsupported value: "{value}": supported values: {supported}')
    if "podTemplate" not in spec:
        raise invalid(kind, name, "spec.podTemplate", "Required value")
    if "containers" not in _below(spec, "podTemplate", "spec"):
        raise invalid(kind, name, "spec.podTemplate.spec.containers", "Required value")
    if before is not None and before["spec"].get("volumeClaimTemplates") != spec.get("volumeClaimTemplates"):
        raise invalid(kind, name, "spec", 'Invalid value: "object": volumeClaimTemplates is immutable')


def _pod_specs(kind: Kind, given: Object, *, required: bool = False) -> list[dict[str, Any]]:
    """The parts of an object that say what a pod is."""
    spec = given.get("spec", {})
    if kind is kinds.PODS:
        found = spec
    elif kind in (*_REPLICATED, kinds.JOBS):
        found = _below(spec, "template", "spec")
    elif kind is kinds.CRON_JOBS:
        found = _below(spec, "jobTemplate", "spec", "template", "spec")
    else:
        return []
    return [dict(found) if not isinstance(found, dict) else found] if found or required else []


def _below(given: Any, *names: str) -> Any:
    for name in names:
        given = given.get(name) if isinstance(given, Mapping) else None
    return given if isinstance(given, Mapping) else {}


def _unreadable(kind: Kind, name: str, field: str, before: Object | None) -> Refused:
    """A wrong type: 400 for a new object, 422 for what a patch made of one that is there, or for an own resource."""
    if before is None and not kind.own:
        return refused(400, f"{kind.name} in version {kind.version!r} cannot be handled: {field} has the wrong type")
    return invalid(kind, name, "patch", f"Invalid value: {field} has the wrong type")
