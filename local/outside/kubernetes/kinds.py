"""Which kinds of objects there are, and where. https://kubernetes.io/docs/reference/kubernetes-api/"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`group` is "" for the core. `status`: it has a subresource of that name. `own`: a CustomResourceDefinition has
    made it."""

    group: str
    version: str
    plural: str
    name: str
    namespaced: bool = True
    status: bool = True
    own: bool = False

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """As in messages: `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


NAMESPACES = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
PODS = Kind("", "v1", "pods", "Pod")
VOLUME_CLAIMS = Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
ACCOUNTS = Kind("", "v1", "serviceaccounts", "ServiceAccount", status=False)
DEPLOYMENTS = Kind("apps", "v1", "deployments", "Deployment")
STATEFUL_SETS = Kind("apps", "v1", "statefulsets", "StatefulSet")
REPLICA_SETS = Kind("apps", "v1", "replicasets", "ReplicaSet")
CRON_JOBS = Kind("batch", "v1", "cronjobs", "CronJob")
JOBS = Kind("batch", "v1", "jobs", "Job")
AUTOSCALERS = Kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
SCALED_OBJECTS = Kind("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject", own=True)
SANDBOXES = Kind("agents.x-k8s.io", "v1beta1", "sandboxes", "Sandbox", own=True)

KINDS = (
    NAMESPACES, PODS, ACCOUNTS, DEPLOYMENTS, STATEFUL_SETS, REPLICA_SETS, CRON_JOBS, JOBS, AUTOSCALERS, SCALED_OBJECTS,
    SANDBOXES, VOLUME_CLAIMS,
)  # fmt: skip
