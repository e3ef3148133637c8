"""Sandboxes of agent-sandbox: one pod each, which `operatingMode` takes away and brings back. Pure."""

from dataclasses import dataclass
from datetime import datetime

from sandbox_reaper.kubernetes.answers import Json
from sandbox_reaper.kubernetes.fields import instant, part, parts, text, texts
from sandbox_reaper.kubernetes.workloads import Found, found

GROUP, VERSION = "agents.x-k8s.io", "v1beta1"  # the first version with `operatingMode`


@dataclass(frozen=True, slots=True)
class Agent:
    """A Sandbox as a workload, with what its owner wrote on it."""

    found: Found
    created_at: datetime
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def namespace(self) -> str:
        return self.found.namespace

    @property
    def uid(self) -> str:
        return self.found.workload.uid


def agent(given: Json) -> Agent | None:
    """None for one that is being deleted. Raises BackendError for an object that cannot be read."""
    here, meta = found("Sandbox", given), part(given, "metadata")
    if here is None:
        return None
    created_at = instant(meta, "creationTimestamp")
    return Agent(here, created_at, texts(part(meta, "labels")), texts(part(meta, "annotations")))


def served(groups: Json, group: str = GROUP, version: str = VERSION) -> bool:
    """Whether the API server's list of groups has the version that is read here."""
    named = [each for each in parts(groups, "groups") if each.get("name") == group]
    return any(text(each, "version") == version for found in named for each in parts(found, "versions"))
