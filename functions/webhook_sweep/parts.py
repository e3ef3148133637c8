"""The parts of the sweep, built from the function's settings."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from kaizen.events.bus import Publisher
from kaizen.events.github import SOURCE
from kaizen.github import access
from kaizen.github.access import GithubSettings
from kaizen.github.client import Github
from kaizen.policy import Policy
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import secret
from kaizen.tickets import Ticket, UnreadableTicketsError, open_tickets
from kaizen.times import utc_now
from webhook_sweep.store import SweepStore
from webhook_sweep.sweep import Sweep

LIMITS = Limits(connect=2, read=10, attempts=4)
# Seconds to act on what was found, or to write down how far it came; and to end in order.
_RESERVE, _LEAST = 60.0, 10.0


@dataclass(frozen=True)
class SweepSettings(GithubSettings):
    event_bus_name: str
    tickets_table: str
    sweep_table: str
    metrics_table: str
    policy_parameter: str


@cache
def github(given: SweepSettings) -> Github:
    return access.github(given, secret, Outbound(read=20), utc_now, lambda: client("kms", LIMITS))


@cache
def app_itself(given: SweepSettings) -> Github:
    return access.app_itself(given, Outbound(read=20), utc_now, lambda: client("kms", LIMITS))


def sweep(given: SweepSettings, policy: Policy, remaining: Callable[[], float], *, dry_run: bool) -> Sweep:
    dynamodb: Any = client("dynamodb", LIMITS)

    def all_open() -> list[Ticket]:
        found, unreadable = open_tickets(dynamodb, given.tickets_table)
        if unreadable:
            raise UnreadableTicketsError(unreadable)
        return found

    return Sweep(
        at_hook=lambda hook: app_itself(given) if hook == "app" else github(given),
        github=lambda: github(given),
        store=SweepStore(dynamodb, given.sweep_table, given.tickets_table),
        open_tickets=cache(all_open),
        publish=Publisher(client("events", LIMITS), given.event_bus_name, SOURCE).publish,
        policy=policy,
        clock=utc_now,
        in_time=lambda: remaining() > _RESERVE,
        may_act=lambda: remaining() > _LEAST,
        dry_run=dry_run,
    )
