"""Puts what was listed together into sandboxes. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from sandbox_reaper.backend import Sandbox
from sandbox_reaper.kubernetes.agents import Agent
from sandbox_reaper.kubernetes.answers import Json
from sandbox_reaper.kubernetes.fields import instant, part, text, texts
from sandbox_reaper.kubernetes.pods import Job, Owner, Pod
from sandbox_reaper.kubernetes.workloads import Found
from sandbox_reaper.protection import exemptions


@dataclass(frozen=True, slots=True)
class Namespace:
    name: str
    uid: str
    created_at: datetime
    labels: dict[str, str]
    annotations: dict[str, str]


@dataclass(frozen=True, slots=True)
class Scaler:
    """Something that sets sizes by itself, in a few words. `kind` and `name` are whose, where it says so."""

    namespace: str
    words: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Content:
    """What is in some namespaces, from one reading. `agents` are Sandboxes of agent-sandbox."""

    workloads: Iterable[Found]
    agents: Iterable[Agent]
    scalers: Iterable[Scaler]
    jobs: Iterable[Job]
    pods: Iterable[Pod]


def namespace(given: Json) -> Namespace | None:
    """None for one that is being deleted. Raises BackendError for an object that cannot be read."""
    meta = part(given, "metadata")
    if "deletionTimestamp" in meta or part(given, "status").get("phase") == "Terminating":
        return None
    return Namespace(
        text(meta, "name"),
        text(meta, "uid"),
        instant(meta, "creationTimestamp"),
        texts(part(meta, "labels")),
        texts(part(meta, "annotations")),
    )


def scaler(given: Json, kind: str) -> Scaler:
    """Also an autoscaler that KEDA made for itself: whether its ScaledObject is there is another list's word."""
    meta = part(given, "metadata")
    whose = part(given, "spec", "scaleTargetRef")
    words = f"{kind} {text(meta, 'name')}"
    return Scaler(text(meta, "namespace"), words, str(whose.get("kind") or "Deployment"), str(whose.get("name") or ""))


def assembled(namespaces: Iterable[Namespace], content: Content) -> tuple[Sandbox, ...]:
    """The namespaces as sandboxes, by their names; what is in other namespaces is left out."""
    workloads, agents = _by_namespace(content.workloads), _by_namespace(content.agents)
    scalers, jobs, pods = _by_namespace(content.scalers), _by_namespace(content.jobs), _by_namespace(content.pods)
    return tuple(
        _sandbox(
            each,
            Content(workloads[each.name], agents[each.name], scalers[each.name], jobs[each.name], pods[each.name]),
        )
        for each in sorted(namespaces, key=lambda each: each.name)
    )


def assembled_agents(agents: Iterable[Agent], content: Content) -> tuple[Sandbox, ...]:
    """Single Sandboxes as sandboxes of their own, each with what belongs to it alone."""
    scalers = _by_namespace(content.scalers)
    pods: defaultdict[str, list[Pod]] = defaultdict(list)
    for each in content.pods:
        pods[each.owner.uid].append(each)
    return tuple(_agent(each, scalers[each.namespace], pods[each.found.workload.uid]) for each in agents)


def _agent(agent: Agent, scalers: Iterable[Scaler], pods: list[Pod]) -> Sandbox:
    found = agent.found
    kind, name = found.workload.kind, found.workload.name
    controllers = {each.words for each in scalers if (each.kind, each.name) == (kind, name)}
    return Sandbox(
        uid=found.workload.uid,
        name=f"{found.namespace}/{name}",
        created_at=agent.created_at,
        changed_at=found.changed_at,
        labels=agent.labels,
        annotations=agent.annotations,
        workloads=(found.workload,),
        controllers=tuple(sorted(controllers | ({found.gitops} if found.gitops else set()))),
        **_held(pods),
    )


def _by_namespace[T: (Found, Agent, Scaler, Job, Pod)](found: Iterable[T]) -> defaultdict[str, list[T]]:
    sorted_out: defaultdict[str, list[T]] = defaultdict(list)
    for each in found:
        sorted_out[each.namespace].append(each)
    return sorted_out


def _sandbox(space: Namespace, content: Content) -> Sandbox:
    agents, pods = list(content.agents), list(content.pods)
    workloads = [*content.workloads, *(each.found for each in agents)]
    owners = Owners(workloads, content.jobs)
    controllers = {each.words for each in content.scalers} | {each.gitops for each in workloads if each.gitops}
    notes = [words for each in agents for words in (each.labels, each.annotations)]
    notes += [space.labels, space.annotations] if agents else []
    return Sandbox(
        uid=space.uid,
        name=space.name,
        created_at=space.created_at,
        changed_at=max([space.created_at, *(each.changed_at for each in workloads)]),
        labels=space.labels,
        # Whoever exempts a Sandbox in it exempts the namespace, as the one is not stopped without the other.
        annotations=space.annotations | exemptions(notes),
        workloads=tuple(sorted((each.workload for each in workloads), key=lambda each: (each.kind, each.name))),
        controllers=tuple(sorted(controllers | owners.foreign(pods))),
        bare=tuple(sorted(owners.bare(pods))),
        **_held(pods),
    )


class Held(TypedDict):
    """What the pods of a sandbox say of it."""

    pods: tuple[str, ...]
    measured: tuple[str, ...]
    cores: float
    memory: int
    gpus: int
    fleeting: tuple[str, ...]
    host_network: tuple[str, ...]


def _held(pods: list[Pod]) -> Held:
    return Held(
        pods=tuple(sorted(each.uid for each in pods)),
        measured=tuple(sorted(f"{each.namespace}/{each.name}" for each in pods)),
        cores=float(sum(each.cores for each in pods)),
        memory=int(sum(each.memory for each in pods)),
        gpus=sum(each.gpus for each in pods),
        fleeting=tuple(sorted({f"{words} of {_owned_by(each)}" for each in pods for words in each.fleeting})),
        host_network=tuple(sorted(each.name for each in pods if each.host_network)),
    )


def _owned_by(pod: Pod) -> str:
    if pod.deployment:
        return f"Deployment {pod.deployment}"
    return f"{pod.owner.kind} {pod.owner.name}" if pod.owner.kind else f"Pod {pod.name}"


class Owners:
    """Who brings pods and jobs back, once they are gone: a workload of ours, somebody else, or nobody."""

    def __init__(self, workloads: Iterable[Found], jobs: Iterable[Job]) -> None:
        found = [each.workload for each in workloads]
        self._deployments = {each.name for each in found if each.kind == "Deployment"}
        self._uids = {each.uid for each in found}
        self._jobs = {each.uid: each for each in jobs}

    def bare(self, pods: Iterable[Pod]) -> set[str]:
        """Pods and jobs that nothing brings back. A job that was not listed before its pod counts as one."""
        jobs = {f"Job {each.name}" for each in self._jobs.values() if not each.owner.kind}
        unknown = {
            f"Job {each.owner.name}" for each in pods if each.owner.kind == "Job" and each.owner.uid not in self._jobs
        }
        return jobs | unknown | {f"Pod {each.name}" for each in pods if not each.owner.kind}

    def foreign(self, pods: Iterable[Pod]) -> set[str]:
        """Owners of pods and jobs that are no workload of ours, so that a stop would not hold: a DaemonSet, say."""
        return {f"{each.kind} {each.name}" for each in self._foreign(pods)}

    def _foreign(self, pods: Iterable[Pod]) -> Iterator[Owner]:
        owners = [each.owner for each in pods if not each.deployment or each.deployment not in self._deployments]
        owners += [each.owner for each in self._jobs.values()]
        return (each for each in owners if each.kind and each.kind != "Job" and each.uid not in self._uids)
