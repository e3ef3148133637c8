"""Objects as people write them, for samples and tests. Pure."""

from collections.abc import Mapping
from typing import Any

type Object = dict[str, Any]


def namespace(
    name: str, labels: Mapping[str, str] | None = None, annotations: Mapping[str, str] | None = None
) -> Object:
    return {"metadata": {"name": name, "labels": dict(labels or {}), "annotations": dict(annotations or {})}}


def pod_spec(cpu: str = "250m", memory: str = "256Mi", **more: Any) -> Object:
    resources = {"requests": {"cpu": cpu, "memory": memory}}
    return {"containers": [{"name": "main", "image": "registry.example/app:1", "resources": resources}]} | more


def replicated(name: str, size: int = 1, pods: Object | None = None, **meta: Any) -> Object:
    """A Deployment, StatefulSet or ReplicaSet."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pods or pod_spec()}
    spec = {"replicas": size, "selector": {"matchLabels": labels}, "template": template}
    return {"metadata": {"name": name} | meta, "spec": spec}


def cron_job(name: str, schedule: str = "*/10 * * * *", *, suspend: bool = False, **meta: Any) -> Object:
    return {
        "metadata": {"name": name} | meta,
        "spec": {"schedule": schedule, "suspend": suspend, "jobTemplate": {"spec": _job_spec()}},
    }


def job(name: str, **meta: Any) -> Object:
    return {"metadata": {"name": name} | meta, "spec": _job_spec()}


def pod(name: str, spec: Object | None = None, **meta: Any) -> Object:
    return {"metadata": {"name": name} | meta, "spec": spec or pod_spec()}


def autoscaler(name: str, target: str) -> Object:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    return {"metadata": {"name": name}, "spec": {"scaleTargetRef": reference, "minReplicas": 1, "maxReplicas": 5}}


def sandbox(name: str, pods: Object | None = None, *, suspended: bool = False, **meta: Any) -> Object:
    """A Sandbox of agent-sandbox. Own resources must say what they are."""
    spec = ({"operatingMode": "Suspended"} if suspended else {}) | {"podTemplate": {"spec": pods or pod_spec()}}
    type_ = {"apiVersion": "agents.x-k8s.io/v1beta1", "kind": "Sandbox"}
    return type_ | {"metadata": {"name": name} | meta, "spec": spec}


def _job_spec() -> Object:
    return {"template": {"spec": pod_spec() | {"restartPolicy": "Never"}}}
