"""What Kubernetes' controllers do, simply: pods follow the size of their Deployment, StatefulSet or Job at once.

So does the pod of a Sandbox follow its mode, as agent-sandbox's own controller sees to.
Bare pods stay as they are. CronJobs start nothing here.
"""

import hashlib
import json
import uuid
from typing import Any

from kaizen.times import format_instant
from local.outside.kubernetes import kinds
from local.outside.kubernetes.checks import Object
from local.outside.kubernetes.cluster import CONTROLLER, Cluster, Key
from local.outside.kubernetes.kinds import Kind

_HASH = "pod-template-hash"
_AGENT_CONTROLLER = "agent-sandbox-controller"


def settle(cluster: Cluster, key: Key) -> None:
    """Bring about what one object wants."""
    given = cluster.at(key)
    match key[0]:
        case "deployments":
            _deployment(cluster, given)
        case "replicasets":
            _replicas(cluster, kinds.REPLICA_SETS, given, given["spec"]["replicas"])
        case "statefulsets":
            _replicas(cluster, kinds.STATEFUL_SETS, given, given["spec"]["replicas"])
        case "jobs":
            _replicas(cluster, kinds.JOBS, given, 0 if given["spec"]["suspend"] else 1)
        case "sandboxes":
            _sandbox(cluster, given)
        case "pods":
            _schedule(cluster, given)


def _deployment(cluster: Cluster, given: Object) -> None:
    """One ReplicaSet for each template that there was; only that of the present one has pods."""
    meta, template = given["metadata"], given["spec"]["template"]
    mark = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]
    name, space = f"{meta['name']}-{mark}", meta["namespace"]
    sets = {each["metadata"]["name"]: each for key, each in cluster.owned(meta["uid"]) if key[0] == "replicasets"}
    conditions = given.get("status", {}).get("conditions", [])
    if name not in sets:
        labels = template["metadata"]["labels"] | {_HASH: mark}
        labelled = template | {"metadata": template["metadata"] | {"labels": labels}}
        spec = {
            "replicas": given["spec"]["replicas"],
            "selector": {"matchLabels": given["spec"]["selector"]["matchLabels"] | {_HASH: mark}},
            "template": labelled,
        }
        made = {"metadata": _owned(kinds.DEPLOYMENTS, given, name) | {"labels": labels}, "spec": spec}
        cluster.create(kinds.REPLICA_SETS, space, made, CONTROLLER)
        now = format_instant(cluster.clock())
        conditions = [
            {
                "type": "Progressing",
                "status": "True",
                "reason": "NewReplicaSetAvailable",
                "lastUpdateTime": now,
                "lastTransitionTime": meta["creationTimestamp"],
            }
        ]
    for each in sets.values():
        wanted = given["spec"]["replicas"] if each["metadata"]["name"] == name else 0
        cluster.update(
            kinds.REPLICA_SETS,
            space,
            each["metadata"]["name"],
            each | {"spec": each["spec"] | {"replicas": wanted}},
            CONTROLLER,
        )
    _status(cluster, kinds.DEPLOYMENTS, given, given["spec"]["replicas"], conditions)


def _replicas(cluster: Cluster, kind: Kind, given: Object, wanted: int) -> None:
    meta, template = given["metadata"], given["spec"]["template"]
    finished = any(each.get("type") in ("Complete", "Failed") for each in given.get("status", {}).get("conditions", []))
    mine = sorted(key for key, _ in cluster.owned(meta["uid"]) if key[0] == "pods")
    for _, space, name in mine[wanted:]:
        cluster.delete(kinds.PODS, space, name)
    numbered = kind is kinds.STATEFUL_SETS
    if numbered:
        _claims(cluster, given, wanted)
    for index in range(len(mine), 0 if finished else wanted):
        name = f"{meta['name']}-{index if numbered else uuid.uuid4().hex[:5]}"
        noted = {field: template.get("metadata", {}).get(field, {}) for field in ("labels", "annotations")}
        made = {"metadata": _owned(kind, given, name) | noted, "spec": template["spec"]}
        cluster.create(kinds.PODS, meta["namespace"], made, CONTROLLER)
    _status(cluster, kind, given, wanted, given.get("status", {}).get("conditions", []))


def _claims(cluster: Cluster, given: Object, wanted: int) -> None:
    """One volume claim for each template and number; those above the size are kept, or deleted by `whenScaled`."""
    meta, spec = given["metadata"], given["spec"]
    there = {each["metadata"]["name"] for each in cluster.every(kinds.VOLUME_CLAIMS, meta["namespace"])}
    for template in spec.get("volumeClaimTemplates", []):
        stem = f"{template['metadata']['name']}-{meta['name']}-"
        for index in range(wanted):
            if f"{stem}{index}" not in there:
                made = {"metadata": {"name": f"{stem}{index}"}, "spec": template.get("spec", {})}
                cluster.create(kinds.VOLUME_CLAIMS, meta["namespace"], made, CONTROLLER)
        if spec["persistentVolumeClaimRetentionPolicy"]["whenScaled"] == "Delete":
            ours = {name for name in there if name.startswith(stem) and name.removeprefix(stem).isdecimal()}
            for name in ours:
                if int(name.removeprefix(stem)) >= wanted:
                    cluster.delete(kinds.VOLUME_CLAIMS, meta["namespace"], name)


def _sandbox(cluster: Cluster, given: Object) -> None:
    """Its one pod has its name."""
    meta, spec = given["metadata"], given["spec"]
    runs = spec["operatingMode"] == "Running"
    mine = [name for (plural, _, name), _ in cluster.owned(meta["uid"]) if plural == "pods"]
    for name in mine if not runs else ():
        cluster.delete(kinds.PODS, meta["namespace"], name)
    if runs and not mine:
        noted = {field: spec["podTemplate"].get("metadata", {}).get(field, {}) for field in ("labels", "annotations")}
        made = {"metadata": _owned(kinds.SANDBOXES, given, meta["name"]) | noted, "spec": spec["podTemplate"]["spec"]}
        cluster.create(kinds.PODS, meta["namespace"], made, _AGENT_CONTROLLER)
    ready = {
        "type": "Ready", "status": "True" if runs else "False", "observedGeneration": meta["generation"],
        "reason": "DependenciesReady" if runs else "SandboxSuspended", "message": "its pod runs" if runs else "no pod",
        "lastTransitionTime": format_instant(cluster.clock()),
    }  # fmt: skip
    after = given | {"status": {"conditions": [ready]}}
    cluster.update(kinds.SANDBOXES, meta["namespace"], meta["name"], after, _AGENT_CONTROLLER, part="status")


def _status(cluster: Cluster, kind: Kind, given: Object, replicas: int, conditions: list[dict[str, Any]]) -> None:
    """A write of the status alone, which moves the version and not the generation."""
    meta = given["metadata"]
    status: Object = {"observedGeneration": meta["generation"]}
    status |= {"active": replicas} if kind is kinds.JOBS else {"replicas": replicas, "readyReplicas": replicas}
    if conditions:
        status["conditions"] = conditions
    cluster.update(kind, meta["namespace"], meta["name"], given | {"status": status}, CONTROLLER, part="status")


def _schedule(cluster: Cluster, given: Object) -> None:
    meta = given["metadata"]
    if given["status"].get("phase") == "Pending":
        status = {"phase": "Running", "startTime": format_instant(cluster.clock())}
        cluster.update(
            kinds.PODS, meta["namespace"], meta["name"], given | {"status": status}, CONTROLLER, part="status"
        )


def _owned(kind: Kind, given: Object, name: str) -> Object:
    meta = given["metadata"]
    owner = {"apiVersion": kind.api_version, "kind": kind.name, "name": meta["name"], "uid": meta["uid"]}
    return {"name": name, "ownerReferences": [owner | {"controller": True, "blockOwnerDeletion": True}]}
