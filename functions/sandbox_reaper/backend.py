"""What the reaper needs of whatever runs sandboxes: to list them, and to stop and resume their workloads. Pure types.

Reading and writing are two objects, so that a dry run holds nothing that can write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Kind = Literal["Deployment", "StatefulSet", "CronJob", "Sandbox"]


class BackendError(Exception):
    """There is no whole answer: no connection, refused rights, a list that could not be read to its end.

    What was asked for is not known then. It is never taken for "there is none".
    """

    retryable = False


class BackendDeniedError(BackendError):
    """401 or 403: the credentials are missing, expired, or not good for this."""


class BackendUnavailableError(BackendError):
    """5xx, a limit (429), no connection or no answer in time. For a write: whether it took effect is unknown."""

    retryable = True


class FencedError(Exception):
    """A write was refused, since the workload is not what it was when it was read. Nothing was changed."""


class GoneError(Exception):
    """What was to be changed does not exist any more."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One object that can be stopped. `size` is its wanted replicas; a CronJob or agent-sandbox's Sandbox has 1, and 0
    while it is suspended.

    `generation` moves with every change of what is wanted, `version` with every change at all. `stop` and `original`
    are what the annotations of our own stop say: its id, and the size before it; "" and None without one.
    `rollout` changes when the pods' template changes. `deletes` says what size 0 would delete for good; "" for nothing.
    """

    kind: Kind
    name: str
    uid: str
    generation: int
    version: str
    size: int
    rollout: str
    stop: str = ""
    original: int | None = None
    deletes: str = ""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What its owner opted in: a namespace, or one Sandbox of agent-sandbox, whose name is `namespace/name`.

    `uid` is its key: a name may be used again by another sandbox.

    `pods` are the uids of the pods that are not finished, sorted. `cores` and `memory` (bytes) are what these pods
    request. `controllers` would scale it up again (an autoscaler, KEDA, a GitOps controller), `bare` are pods and jobs
    that nothing brings back, `fleeting` are volumes whose content a stop loses (emptyDir); each is a few words for
    people, such as `HorizontalPodAutoscaler web`. `host_network` names pods whose network figures are the node's.
    `gpus` counts requested ones. `changed_at` is the newest of its creation, rollouts and deploys. `measured` are
    its pods by name, as `namespace/pod`: a Sandbox has their figures, and of a namespace, each of them must have some.
    """

    uid: str
    name: str
    created_at: datetime
    changed_at: datetime
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    workloads: tuple[Workload, ...] = ()
    pods: tuple[str, ...] = ()
    cores: float = 0.0
    memory: int = 0
    gpus: int = 0
    controllers: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    fleeting: tuple[str, ...] = ()
    host_network: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()

    @property
    def namespace(self) -> str:
        return self.name.partition("/")[0]

    @property
    def whole(self) -> bool:
        """Whether it is a whole namespace."""
        return "/" not in self.name


@dataclass(frozen=True, slots=True)
class Inventory:
    """Every sandbox with the opt-in label, read to the end; `at` is the backend's own clock when it was read."""

    at: datetime
    sandboxes: tuple[Sandbox, ...] = field(default=())


class Reader(Protocol):
    def inventory(self) -> Inventory:
        """Raises BackendError where any of it could not be read: then there is none."""
        ...

    def sandbox(self, name: str) -> Sandbox | None:
        """One sandbox as it is now, also without the opt-in label; None where there is none.

        Raises BackendError.
        """
        ...


class Writer(Protocol):
    """Each call is one fenced write: it takes effect only on exactly the `version` that was read."""

    def stop(self, sandbox: Sandbox, workload: Workload, stop_id: str) -> Workload:
        """Take it to size 0 and keep its size and `stop_id` in its annotations, in one write; the workload after it.

        The annotation of a size from before is never overwritten by 0. Raises FencedError, GoneError, BackendError.
        """
        ...

    def resume(self, sandbox: Sandbox, workload: Workload, size: int, stop_id: str) -> Workload:
        """Give it `size` again and take our annotations away. Only where its `stop` is `stop_id`, or where it is at 0
        and has no mark any more.

        Raises FencedError (also for another stop id), GoneError, BackendError.
        """
        ...

    def rehearse(self, sandbox: Sandbox, workload: Workload, stop_id: str) -> None:
        """The same write as `stop`, which the backend checks and does not keep (`dryRun=All`).

        Raises what `stop` raises.
        """
        ...


# In which order workloads are stopped; they are resumed in the opposite one: what stores comes back first.
ORDER: Sequence[Kind] = ("CronJob", "Sandbox", "Deployment", "StatefulSet")
