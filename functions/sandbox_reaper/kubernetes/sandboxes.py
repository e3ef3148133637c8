"""Puts what was listed together into sandboxes. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sandbox_reaper.backend import Sandbox
from sandbox_reaper.kubernetes.answers import Json
from sandbox_reaper.kubernetes.fields import controller, instant, part, text, texts
from sandbox_reaper.kubernetes.pods import Job, Owner, Pod
from sandbox_reaper.kubernetes.workloads import Found


@dataclass(frozen=True, slots=True)
class Namespace:
    name: str
    uid: str
    created_at: datetime
    labels: dict[str, str]
    annotations: dict[str, str]


@dataclass(frozen=True, slots=True)
class Scaler:
    """Something that sets sizes by itself, in a few words."""

    namespace: str
    words: str


@dataclass(frozen=True, slots=True)
class Content:
    """What is in some namespaces, from one reading."""

    workloads: Iterable[Found]
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


def scaler(given: Json, kind: str) -> Scaler | None:
    """None for an autoscaler that KEDA made for itself: its ScaledObject is listed too."""
    meta = part(given, "metadata")
    if controller(meta).get("kind") == "ScaledObject":
        return None
    return Scaler(text(meta, "namespace"), f"{kind} {text(meta, 'name')}")


def assembled(namespaces: Iterable[Namespace], content: Content) -> tuple[Sandbox, ...]:
    """The sandboxes by their names; what is in other namespaces is left out."""
    workloads, scalers = _by_namespace(content.workloads), _by_namespace(content.scalers)
    jobs, pods = _by_namespace(content.jobs), _by_namespace(content.pods)
    return tuple(
        _sandbox(each, Content(workloads[each.name], scalers[each.name], jobs[each.name], pods[each.name]))
        for each in sorted(namespaces, key=lambda each: each.name)
    )


def _by_namespace[T: (Found, Scaler, Job, Pod)](found: Iterable[T]) -> defaultdict[str, list[T]]:
    sorted_out: defaultdict[str, list[T]] = defaultdict(list)
    for each in found:
        sorted_out[each.namespace].append(each)
    return sorted_out


def _sandbox(space: Namespace, content: Content) -> Sandbox:
    workloads, pods = list(content.workloads), list(content.pods)
    owners = Owners(workloads, content.jobs)
    controllers = {each.words for each in content.scalers} | {each.gitops for each in workloads if each.gitops}
    return Sandbox(
        uid=space.uid,
        name=space.name,
        created_at=space.created_at,
        changed_at=max([space.created_at, *(each.changed_at for each in workloads)]),
        labels=space.labels,
        annotations=space.annotations,
        workloads=tuple(sorted((each.workload for each in workloads), key=lambda each: (each.kind, each.name))),
        pods=tuple(sorted(each.uid for each in pods)),
        cores=float(sum(each.cores for each in pods)),
        memory=int(sum(each.memory for each in pods)),
        gpus=sum(each.gpus for each in pods),
        controllers=tuple(sorted(controllers | owners.foreign(pods))),
        bare=tuple(sorted(owners.bare(pods))),
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
