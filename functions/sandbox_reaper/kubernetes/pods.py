"""Pods and jobs: what they hold, who brings them back, what a stop of them loses. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sandbox_reaper.kubernetes.answers import Json
from sandbox_reaper.kubernetes.fields import controller, part, parts, text, texts
from sandbox_reaper.kubernetes.quantities import quantity

_FINISHED = ("Succeeded", "Failed")
_TEMPLATE = "pod-template-hash"
# Extended resources that are accelerators: their work shows in no figure of CPU or network.
_ACCELERATORS = ("gpu", "nvidia.com/", "neuron", "gaudi", "google.com/tpu")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who controls a pod or job: its kind, name and uid; all "" for nobody."""

    kind: str = ""
    name: str = ""
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that is not finished. `deployment` is whose it is by its name, where a ReplicaSet controls it."""

    namespace: str
    name: str
    uid: str
    owner: Owner
    deployment: str
    cores: Fraction
    memory: Fraction
    gpus: int
    fleeting: tuple[str, ...]
    host_network: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A job that is neither finished nor suspended."""

    namespace: str
    name: str
    uid: str
    owner: Owner


def pod(given: Json) -> Pod | None:
    """None for a finished one. Raises BackendError for an object that cannot be read."""
    meta, spec = part(given, "metadata"), part(given, "spec")
    if part(given, "status").get("phase") in _FINISHED:
        return None
    owner = _owner(meta)
    needs = requests(spec)
    return Pod(
        namespace=text(meta, "namespace"),
        name=text(meta, "name"),
        uid=text(meta, "uid"),
        owner=owner,
        deployment=_deployment(owner, texts(part(meta, "labels"))),
        cores=needs.get("cpu", Fraction(0)),
        memory=needs.get("memory", Fraction(0)),
        gpus=_accelerators(needs) + sum(1 for _ in parts(spec, "resourceClaims")),
        fleeting=tuple(_fleeting(spec)),
        host_network=spec.get("hostNetwork") is True,
    )


def job(given: Json) -> Job | None:
    """None for one that is finished or suspended. Raises BackendError for an object that cannot be read."""
    meta = part(given, "metadata")
    conditions = parts(part(given, "status"), "conditions")
    done = any(each.get("type") in ("Complete", "Failed") and each.get("status") == "True" for each in conditions)
    if done or part(given, "spec").get("suspend") is True:
        return None
    return Job(text(meta, "namespace"), text(meta, "name"), text(meta, "uid"), _owner(meta))


def requests(spec: Json) -> dict[str, Fraction]:
    """What the scheduler sets aside for a pod, by resource.

    Containers and sidecars run together; another init container runs before them, beside the sidecars that came first.
    What the pod asks for as a whole stands above what its containers do. The runtime's overhead comes on top.
    """
    sidecars: dict[str, Fraction] = {}
    first: dict[str, Fraction] = {}
    for each in parts(spec, "initContainers"):
        if each.get("restartPolicy") == "Always":
            sidecars = _sum((sidecars, _asked(each)))
        else:
            first = _largest(first, _sum((sidecars, _asked(each))))
    together = _sum((sidecars, *(_asked(each) for each in parts(spec, "containers"))))
    needs = _largest(first, together) | _asked(spec)
    return _sum((needs, _quantities(part(spec, "overhead"))))


def _asked(given: Json) -> dict[str, Fraction]:
    return _quantities(part(given, "resources", "requests"))


def _quantities(given: Json) -> dict[str, Fraction]:
    return {name: quantity(value) for name, value in given.items()}


def _sum(given: Iterable[dict[str, Fraction]]) -> dict[str, Fraction]:
    total: dict[str, Fraction] = {}
    for each in given:
        for name, value in each.items():
            total[name] = total.get(name, Fraction(0)) + value
    return total


def _largest(one: dict[str, Fraction], other: dict[str, Fraction]) -> dict[str, Fraction]:
    return {name: max(one.get(name, Fraction(0)), other.get(name, Fraction(0))) for name in {*one, *other}}


def _accelerators(needs: dict[str, Fraction]) -> int:
    return sum(int(value) for name, value in needs.items() if any(word in name for word in _ACCELERATORS))


def _fleeting(spec: Json) -> Iterable[str]:
    """Volumes that end with their pod."""
    for each in parts(spec, "volumes"):
        for kind in ("emptyDir", "ephemeral"):
            if kind in each:
                yield f"{kind} {text(each, 'name')}"


def _owner(meta: Json) -> Owner:
    given = controller(meta)
    return Owner(text(given, "kind"), text(given, "name"), text(given, "uid")) if given else Owner()


def _deployment(owner: Owner, labels: dict[str, str]) -> str:
    """A Deployment names its ReplicaSets after itself and the hash that it puts on their pods."""
    tail = f"-{labels.get(_TEMPLATE, '')}"
    named = owner.kind == "ReplicaSet" and len(tail) > 1 and owner.name.endswith(tail)
    return owner.name.removesuffix(tail) if named else ""
