"""Reads sandboxes: ten lists for the whole fleet, however large it is. It has nothing that writes."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

from kaizen.runtime.log import logger
from sandbox_reaper.backend import BackendError, Inventory, Kind, Sandbox
from sandbox_reaper.kubernetes.agents import GROUP, VERSION, Agent, agent, served
from sandbox_reaper.kubernetes.answers import Json
from sandbox_reaper.kubernetes.client import Client, path_of
from sandbox_reaper.kubernetes.errors import MissingError
from sandbox_reaper.kubernetes.fields import part, text
from sandbox_reaper.kubernetes.pods import Pod, job, pod
from sandbox_reaper.kubernetes.sandboxes import (
    Content,
    Namespace,
    Scaler,
    assembled,
    assembled_agents,
    namespace,
    scaler,
)
from sandbox_reaper.kubernetes.workloads import Found, found
from sandbox_reaper.protection import LABEL, WANTED

OPT_IN = f"{LABEL}={WANTED}"
_AGENTS = f"/apis/{GROUP}/{VERSION}"
GROUPS = {
    "Deployment": "/apis/apps/v1", "StatefulSet": "/apis/apps/v1", "CronJob": "/apis/batch/v1", "Sandbox": _AGENTS,
}  # fmt: skip
PLURALS = {
    "Deployment": "deployments", "StatefulSet": "statefulsets", "CronJob": "cronjobs", "Sandbox": "sandboxes",
}  # fmt: skip
_KINDS: tuple[Kind, ...] = ("Deployment", "StatefulSet", "CronJob")
_KEDA, _KEDA_VERSION = "keda.sh", "v1alpha1"
_NAMESPACES = "/api/v1/namespaces"
# The server leaves finished pods out: there may be many, and none of them holds anything.
_RUNNING = "status.phase!=Succeeded,status.phase!=Failed"


class KubernetesReader:
    """`opt_in` is the label selector of what its owner opted in: namespaces, and single Sandboxes in others.

    A Sandbox in a namespace that is opted in belongs to that namespace, whatever its own labels say: what is in there
    is told of and stopped once. Every call may raise BackendError.
    """

    def __init__(self, client: Client, opt_in: str = OPT_IN) -> None:
        if not opt_in.strip():
            raise ValueError("an empty selector would take every namespace for a sandbox")
        self._client = client
        self._opt_in = opt_in

    def inventory(self) -> Inventory:
        listing = self._client.listed(_NAMESPACES, namespace, labelSelector=self._opt_in)
        chosen = {each.uid for each in self._agents("", labelSelector=self._opt_in)}
        content = self._content("")
        whole = {each.name for each in listing.items}
        single = [each for each in content.agents if each.uid in chosen and each.namespace not in whole]
        sandboxes = (*assembled(listing.items, content), *assembled_agents(single, content))
        return Inventory(listing.at, tuple(sorted(sandboxes, key=lambda each: each.name)))

    def sandbox(self, name: str) -> Sandbox | None:
        space, _, single = name.partition("/")
        return self._single(space, single) if single else self._whole(name)

    def _whole(self, name: str) -> Sandbox | None:
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

    def _single(self, space: str, name: str) -> Sandbox | None:
        """One Sandbox. In a namespace that is opted in by now, its own opt-in does not count any more."""
        before = self._agent(space, name)
        if before is None:
            return None
        within = path_of("namespaces", space)
        content = Content((), (), self._scalers(within), (), self._pods(within))
        theirs = {"labelSelector": self._opt_in, "fieldSelector": f"metadata.name={space}"}
        whole = self._client.listed(_NAMESPACES, namespace, **theirs).items
        after = self._agent(space, name)
        if after is None:
            return None
        if after.uid != before.uid:
            raise BackendError(f"the Sandbox {space}/{name} was replaced while it was read")
        (found,) = assembled_agents([after], content)
        labels = {label: value for label, value in found.labels.items() if label != LABEL}
        return replace(found, labels=labels) if whole else found

    def _namespace(self, name: str) -> Namespace | None:
        return self._one(_NAMESPACES + path_of(name), "namespaces", name, namespace)

    def _agent(self, space: str, name: str) -> Agent | None:
        """A cluster that has no Sandboxes any more does not have this one."""
        try:
            return self._one(_AGENTS + path_of("namespaces", space, "sandboxes", name), "sandboxes", name, agent)
        except MissingError:
            self._without_agents()
            return None

    def _one[T](self, path: str, plural: str, name: str, read: Callable[[Json], T | None]) -> T | None:
        """Only the API server's own word that this object is not there is taken for it."""
        try:
            given = self._client.get(path)
        except MissingError as error:
            if (error.kind, error.name) == (plural, name):
                return None
            raise
        if text(part(given, "metadata"), "name") != name:
            raise BackendError(f"the API server answered with another of {plural}")
        return read(given)

    def _content(self, within: str) -> Content:
        """All that is in the cluster, or below one namespace's path. Owners come before pods, for `Owners`."""
        workloads: list[Found] = []
        for kind in _KINDS:
            path = f"{GROUPS[kind]}{within}/{PLURALS[kind]}"
            workloads += self._client.listed(path, partial(found, kind)).items
        agents, scalers = self._agents(within), self._scalers(within)
        jobs = self._client.listed(f"/apis/batch/v1{within}/jobs", job).items
        return Content(workloads, agents, scalers, jobs, self._pods(within))

    def _pods(self, within: str) -> tuple[Pod, ...]:
        return self._client.listed(f"/api/v1{within}/pods", pod, fieldSelector=_RUNNING).items

    def _scalers(self, within: str) -> tuple[Scaler, ...]:
        return (*self._autoscalers(within), *self._scaled_objects(within))

    def _autoscalers(self, within: str) -> tuple[Scaler, ...]:
        path = f"/apis/autoscaling/v2{within}/horizontalpodautoscalers"
        return self._client.listed(path, partial(scaler, kind="HorizontalPodAutoscaler")).items

    def _scaled_objects(self, within: str) -> tuple[Scaler, ...]:
        """KEDA's own; a cluster without KEDA does not know the path, and says so in its list of groups, too."""
        path = f"/apis/{_KEDA}/{_KEDA_VERSION}{within}/scaledobjects"
        try:
            return self._client.listed(path, partial(scaler, kind="KEDA ScaledObject")).items
        except MissingError:
            if served(self._client.get("/apis"), _KEDA, _KEDA_VERSION):
                raise BackendError(f"the API server has {_KEDA}/{_KEDA_VERSION}, and answered 404 for it") from None
            return ()

    def _agents(self, within: str, **query: str) -> tuple[Agent, ...]:
        """None where the cluster has no agent-sandbox."""
        try:
            return self._client.listed(f"{_AGENTS}{within}/sandboxes", agent, **query).items
        except MissingError:
            self._without_agents()
            return ()

    def _without_agents(self) -> None:
        """A 404 may be a proxy's: what was stopped would be forgotten by it. So the list of groups is asked, too."""
        if served(self._client.get("/apis")):
            raise BackendError(f"the API server has {GROUP}/{VERSION}, and answered 404 for it")
        _say_without_agents()


@cache
def _say_without_agents() -> None:
    """Once in a process."""
    logger.info("the cluster has no agent-sandbox, or an older one", group=GROUP, version=VERSION)
