"""Reads sandboxes: eight lists for the whole fleet, however large it is. It has nothing that writes."""

from functools import partial

from sandbox_reaper.backend import BackendError, Inventory, Kind, Sandbox
from sandbox_reaper.kubernetes.client import Client, path_of
from sandbox_reaper.kubernetes.errors import MissingError
from sandbox_reaper.kubernetes.fields import part, text
from sandbox_reaper.kubernetes.pods import job, pod
from sandbox_reaper.kubernetes.sandboxes import Content, Namespace, Scaler, assembled, namespace, scaler
from sandbox_reaper.kubernetes.workloads import Found, found

OPT_IN = "kaizen.dev/reaper=enabled"
GROUPS = {"Deployment": "/apis/apps/v1", "StatefulSet": "/apis/apps/v1", "CronJob": "/apis/batch/v1"}
PLURALS = {"Deployment": "deployments", "StatefulSet": "statefulsets", "CronJob": "cronjobs"}
_KINDS: tuple[Kind, ...] = ("Deployment", "StatefulSet", "CronJob")
_NAMESPACES = "/api/v1/namespaces"
# The server leaves finished pods out: there may be many, and none of them holds anything.
_RUNNING = "status.phase!=Succeeded,status.phase!=Failed"


class KubernetesReader:
    """`opt_in` is the label selector of namespaces that their owners opted in. Every call may raise BackendError."""

    def __init__(self, client: Client, opt_in: str = OPT_IN) -> None:
        if not opt_in.strip():
            raise ValueError("an empty selector would take every namespace for a sandbox")
        self._client = client
        self._opt_in = opt_in

    def inventory(self) -> Inventory:
        listing = self._client.listed(_NAMESPACES, namespace, labelSelector=self._opt_in)
        return Inventory(listing.at, assembled(listing.items, self._content("")))

    def sandbox(self, name: str) -> Sandbox | None:
        before = self._namespace(name)
        if before is None:
            return None
        content = self._content(path_of("namespaces", name))
        after = self._namespace(name)
        if after is None:
            return None
        if after.uid != before.uid:
            raise BackendError(f"the namespace {name} was replaced while it was read")
        (found,) = assembled([after], content)
        return found

    def _namespace(self, name: str) -> Namespace | None:
        try:
            given = self._client.get(_NAMESPACES + path_of(name))
        except MissingError as error:
            if (error.kind, error.name) == ("namespaces", name):
                return None
            raise
        if text(part(given, "metadata"), "name") != name:
            raise BackendError("the API server answered with another namespace")
        return namespace(given)

    def _content(self, within: str) -> Content:
        """All that is in the cluster, or below one namespace's path. Jobs come before pods, for `Owners.bare`."""
        workloads: list[Found] = []
        for kind in _KINDS:
            path = f"{GROUPS[kind]}{within}/{PLURALS[kind]}"
            workloads += self._client.listed(path, partial(found, kind)).items
        scalers = [*self._autoscalers(within), *self._scaled_objects(within)]
        jobs = self._client.listed(f"/apis/batch/v1{within}/jobs", job).items
        pods = self._client.listed(f"/api/v1{within}/pods", pod, fieldSelector=_RUNNING).items
        return Content(workloads, scalers, jobs, pods)

    def _autoscalers(self, within: str) -> tuple[Scaler, ...]:
        path = f"/apis/autoscaling/v2{within}/horizontalpodautoscalers"
        return self._client.listed(path, partial(scaler, kind="HorizontalPodAutoscaler")).items

    def _scaled_objects(self, within: str) -> tuple[Scaler, ...]:
        """KEDA's own; a cluster without KEDA does not know the path."""
        path = f"/apis/keda.sh/v1alpha1{within}/scaledobjects"
        try:
            return self._client.listed(path, partial(scaler, kind="KEDA ScaledObject")).items
        except MissingError:
            return ()
