"""Deployments, StatefulSets, CronJobs and Sandboxes as workloads, and the changes that stop and resume them. Pure."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from sandbox_reaper.backend import BackendError, Kind, Workload
from sandbox_reaper.kubernetes.answers import Json
from sandbox_reaper.kubernetes.client import MANAGER
from sandbox_reaper.kubernetes.fields import controller, instant, part, parts, text, texts, whole

STOP_ID = "kaizen.dev/stop-id"
ORIGINAL = "kaizen.dev/original-size"
RUNNING, SUSPENDED = "Running", "Suspended"  # modes of a Sandbox
UNREADABLE = "unreadable"  # the stop id of a workload whose original size is no number: nobody's stop
_LARGEST = 2**31 - 1
_OURS = (MANAGER, "kube-controller-manager")  # their writes are nobody's deploy
_GITOPS = {
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux Kustomization",
    "helm.toolkit.fluxcd.io/name": "Flux HelmRelease",
}
_ARGO_TRACKING = "argocd.argoproj.io/tracking-id"
# Who writes for GitOps, as managedFields name it: a write shows them where their labels do not, since these can be
# chosen (Argo CD's default is `app.kubernetes.io/instance`, which many others set).
_GITOPS_MANAGERS = {
    "argocd-controller": "Argo CD", "argocd-application-controller": "Argo CD", "argocd-server": "Argo CD",
    "kustomize-controller": "Flux Kustomization", "helm-controller": "Flux HelmRelease", "flux": "Flux",
    "fluxcd": "Flux", "fleetagent": "Rancher Fleet", "fleet-agent": "Rancher Fleet", "configsync": "Config Sync",
    "kapp-controller": "kapp-controller",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A workload with where it is, who else writes to it (a few words, or ""), and its newest rollout or deploy."""

    namespace: str
    workload: Workload
    gitops: str
    changed_at: datetime


def found(kind: Kind, given: Json) -> Found | None:
    """None for one that is being deleted. Raises BackendError for an object that cannot be read."""
    meta = part(given, "metadata")
    if "deletionTimestamp" in meta:
        return None
    writer = _gitops(meta) or _controlled(meta)
    return Found(text(meta, "namespace"), workload(kind, given), writer, _changed_at(given))


def workload(kind: Kind, given: Json) -> Workload:
    """Raises BackendError for an object that cannot be read."""
    meta, spec = part(given, "metadata"), part(given, "spec")
    if kind == "CronJob":
        size, template = 0 if spec.get("suspend") is True else 1, part(spec, "jobTemplate")
    elif kind == "Sandbox":
        size, template = _mode(spec), part(spec, "podTemplate")
    else:
        size, template = whole(spec, "replicas", 1), part(spec, "template")
    stop, original = _ours(texts(part(meta, "annotations")))
    return Workload(
        kind=kind,
        name=text(meta, "name"),
        uid=text(meta, "uid"),
        generation=whole(meta, "generation"),
        version=text(meta, "resourceVersion"),
        size=size,
        rollout=hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:16],
        stop=stop,
        original=original,
        deletes=_deletes(kind, spec),
    )


def stopping(workload: Workload, stop_id: str) -> Json:
    """The merge-patch that takes a workload to size 0. What runs now is the size that it gets back, whatever an earlier
    stop wrote; of what is at 0 already, the size from before is kept."""
    notes = {STOP_ID: stop_id}
    if workload.size or workload.original is None:
        notes[ORIGINAL] = str(workload.size)
    return _change(workload, 0, notes)


def resuming(workload: Workload, size: int) -> Json:
    """The merge-patch that gives a workload a size again, and takes our annotations away."""
    return _change(workload, size, {STOP_ID: None, ORIGINAL: None})


def _change(workload: Workload, size: int, notes: Json) -> Json:
    match workload.kind:
        case "CronJob":
            spec: Json = {"suspend": size == 0}
        case "Sandbox":
            spec = {"operatingMode": SUSPENDED if size == 0 else RUNNING}
        case _:
            spec = {"replicas": size}
    return {"metadata": {"resourceVersion": workload.version, "annotations": notes}, "spec": spec}


def _mode(spec: Json) -> int:
    """A Sandbox has one pod or none. What a mode means that is not known cannot be guessed."""
    mode = spec.get("operatingMode", RUNNING)
    if mode not in (RUNNING, SUSPENDED):
        raise BackendError(f"a Sandbox of the API server has no good operatingMode: {mode!r:.40}")
    return 0 if mode == SUSPENDED else 1


def _deletes(kind: Kind, spec: Json) -> str:
    """A StatefulSet may want the volumes of its pods deleted with them, once it is scaled down."""
    retention = part(spec, "persistentVolumeClaimRetentionPolicy")
    return (
        "its volumes (whenScaled: Delete)" if kind == "StatefulSet" and retention.get("whenScaled") == "Delete" else ""
    )


def _controlled(meta: Json) -> str:
    """What made it for itself, and may scale it up again: an operator's own resource, a SandboxClaim, a pool."""
    owner = controller(meta)
    return f"{text(owner, 'kind')} {text(owner, 'name')}" if owner else ""


def _ours(annotations: dict[str, str]) -> tuple[str, int | None]:
    """What our annotations say: stop id and original size. A size that is no number is never taken for none."""
    stop, original = annotations.get(STOP_ID, ""), annotations.get(ORIGINAL)
    if original is None:
        return stop, None
    if original.isascii() and original.isdecimal() and int(original[:11]) <= _LARGEST:
        return stop, int(original)
    return UNREADABLE, None


def _gitops(meta: Json) -> str:
    labels, annotations = texts(part(meta, "labels")), texts(part(meta, "annotations"))
    for label, words in _GITOPS.items():
        if labels.get(label):
            return f"{words} {labels[label]}"
    tracking = annotations.get(_ARGO_TRACKING, "")
    if tracking:
        return f"Argo CD {tracking.partition(':')[0]}"
    writers = (each for each in parts(meta, "managedFields") if each.get("subresource") != "status")
    return next((_GITOPS_MANAGERS[name] for each in writers if (name := each.get("manager")) in _GITOPS_MANAGERS), "")


def _changed_at(given: Json) -> datetime:
    """Creation, the end of the last rollout, or the last write of whoever is neither us nor Kubernetes itself."""
    meta = part(given, "metadata")
    stamps = [instant(meta, "creationTimestamp")]
    for each in parts(meta, "managedFields"):
        if each.get("manager") not in _OURS and each.get("subresource") != "status" and "time" in each:
            stamps.append(instant(each, "time"))
    for each in parts(part(given, "status"), "conditions"):
        if each.get("type") == "Progressing" and each.get("lastUpdateTime"):
            stamps.append(instant(each, "lastUpdateTime"))
    return max(stamps)
