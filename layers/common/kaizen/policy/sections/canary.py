"""Which deployments are canaries, how long one may run, and who hears of it. Pure. Section [canary]."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from kaizen.policy import values
from kaizen.policy.reader import Table, many, text

_GLOB = text(r"[A-Za-z0-9_.*?\[\]-]+/[A-Za-z0-9_.*?\[\]-]+", "a repository such as acme/shop, * and ? allowed")
_PERSON = text(r"[UW][A-Z0-9]{2,20}", "the Slack id of a person, such as U0123456789")
_WEB = text(r"https://[!-~]{1,500}", "an https address")
_DEFAULT_BUDGET, _DEFAULT_LIFE = 7200, 86400


@dataclass(frozen=True, slots=True)
class CanaryBudget:
    """The deployments that one entry of the policy means, and their budget in seconds.

    None of `task` means any. Each key of `payload` must stand in the deployment's payload with an equal value.
    """

    repository: str
    environment: str
    task: str | None
    payload: Mapping[str, Any]
    seconds: int

    def watches(self, repository: str, environment: str) -> bool:
        return fnmatchcase(repository.lower(), self.repository.lower()) and environment == self.environment

    def means(self, repository: str, environment: str, task: str, payload: Mapping[str, Any]) -> bool:
        return (
            self.watches(repository, environment)
            and self.task in (None, task)
            and all(_equal(payload.get(key), wanted) for key, wanted in self.payload.items())
        )


def _equal(given: Any, wanted: Any) -> bool:
    """In JSON, true is not 1."""
    return type(given) is type(wanted) and bool(given == wanted)


@dataclass(frozen=True, slots=True)
class CanaryPolicy:
    """Exactly one of `channel` and `webhook_parameter` says where the Slack message goes; a webhook cannot edit it.

    After `life_seconds` nobody waits for a canary any more: its outcome is unknown. `runbook` is an address, or empty.
    `responders` are the Slack ids of who may press the message's buttons; empty lets everybody in the channel.
    """

    budgets: tuple[CanaryBudget, ...] = (CanaryBudget("*/*", "production", None, {}, _DEFAULT_BUDGET),)
    life_seconds: int = _DEFAULT_LIFE
    channel: str | None = None
    webhook_parameter: str | None = "/kaizen/slack/default-webhook"
    runbook: str = ""
    responders: tuple[str, ...] = ()

    def budget(self, repository: str, environment: str, task: str, payload: Mapping[str, Any]) -> int | None:
        """Seconds that such a deployment may run; None for one that is no canary. The first entry that fits wins."""
        fitting = (each.seconds for each in self.budgets if each.means(repository, environment, task, payload))
        return next(fitting, None)

    def watches(self, repository: str, environment: str) -> bool:
        """Whether there can be canaries: then every deployment counts, since each may supersede one."""
        return any(each.watches(repository, environment) for each in self.budgets)

    @property
    def environments(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.environment for each in self.budgets))


def read(file: Table) -> CanaryPolicy:
    default = CanaryPolicy()
    if not file.has("canary"):
        return default
    table = file.table("canary")
    canary = CanaryPolicy(
        budgets=tuple(_budget(each) for each in table.tables("budgets")) or default.budgets,
        life_seconds=table.get("life", values.length, default.life_seconds),
        channel=table.get("channel", values.channel, None),
        webhook_parameter=table.get("webhook_parameter", values.address, None),
        runbook=table.get("runbook", _WEB, default.runbook),
        responders=table.get("responders", many(_PERSON), default.responders),
    )
    if table.has("channel") == table.has("webhook_parameter"):
        table.fault("needs exactly one of channel and webhook_parameter")
    table.close()
    return canary


def contradictions(canary: CanaryPolicy) -> Iterator[str]:
    """Budgets that are not over before the canary is given up."""
    for place, each in enumerate(canary.budgets):
        if each.seconds >= canary.life_seconds:
            yield f"canary.budgets.{place}: its budget is not shorter than the canary's life"


def _budget(table: Table) -> CanaryBudget:
    budget = CanaryBudget(
        repository=table.get("repository", _GLOB, "*/*"),
        environment=table.need("environment", text(), "production"),
        task=table.get("task", text(), None),
        payload=table.get("payload", _payload, {}),
        seconds=table.get("budget", values.length, _DEFAULT_BUDGET),
    )
    table.close()
    return budget


def _payload(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(each, str | int | bool) for each in value.values()):
        raise ValueError("is not a table of texts, whole numbers, true and false")
    return value
