"""What is still to be done about a canary: gauges, the alarm clock, the page. Pure.

What has been done is written down beside the facts (`Told`); each step may be repeated, so that a run that broke off is
simply run again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from canary_monitor.group import Canary, Group, Standing, standing
from kaizen.metrics.changes import Change, observe, remove, set_gauge


@dataclass(frozen=True, slots=True)
class Told:
    """What the world was told of one deployment.

    `budget` is in seconds, as the policy said when it was last heard of; 0 for a deployment that is no canary and only
    supersedes others. `shown` is the state that the Slack message tells of, empty before there is one.
    """

    budget: int
    exported: bool = False  # its gauges are there
    counted: bool = False  # its duration is in the histogram
    alarm_at: datetime | None = None  # when the one-shot schedule fires; past ones have deleted themselves
    paged_at: datetime | None = None
    resolved_at: datetime | None = None
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """What one canary needs now. `page` and `resolve` are for the pager; `alarm_at` None means no schedule."""

    standing: Standing
    due: datetime | None  # when its budget is used up; None for one that never ran
    alarm_at: datetime | None
    page: bool = False
    resolve: bool = False
    show: bool = False  # the Slack message, which follows what becomes of a canary once somebody was told


def steps(group: Group, canary: Canary, told: Told, now: datetime, life: timedelta) -> Steps:
    """What to do about one deployment.

    | standing                          | alarm at            | page                | resolve              |
    |-----------------------------------|---------------------|---------------------|----------------------|
    | no canary, or never seen to run   | never               | no                  | no                   |
    | in flight, within its budget      | the budget's end    | no                  | no                   |
    | in flight, over its budget        | the end of its life | unless it was paged | no                   |
    | ended, superseded, unknown        | never               | no                  | what was paged, once |
    """
    is_now = standing(group, canary, now, life)
    if not told.budget or canary.started_at is None:
        return Steps(is_now if told.budget else Standing("waiting"), None, None)
    due = canary.started_at + timedelta(seconds=told.budget)
    paged = told.paged_at is not None
    if is_now.state != "in_flight":
        return Steps(
            is_now, due, None, resolve=paged and told.resolved_at is None, show=paged and told.shown != is_now.state
        )
    if now < due:
        return Steps(is_now, due, due)
    return Steps(is_now, due, canary.started_at + life, page=not paged, show=told.shown != is_now.state)


def labels(group: Group, canary: Canary) -> dict[str, str]:
    return {
        "repository": group.repository, "environment": group.environment, "deployment": str(canary.deployment),
    }  # fmt: skip


def gauges(group: Group, canary: Canary, told: Told, is_now: Standing) -> Iterator[Change]:
    """The canary's series while it is in flight, their removal once it has ended, and its duration then."""
    named = labels(group, canary)
    short = {"deployment": named["deployment"], "environment": group.environment}
    if is_now.state == "in_flight" and canary.started_at is not None:
        started = int(canary.started_at.timestamp())
        yield set_gauge("canary_deployment_start_time", short, started)
        yield set_gauge("kaizen_canary_start_timestamp_seconds", named, started)
        yield set_gauge("kaizen_canary_budget_seconds", named, told.budget)
        return
    if told.exported:
        yield remove("canary_deployment_start_time", short)
        yield remove("kaizen_canary_start_timestamp_seconds", named)
        yield remove("kaizen_canary_budget_seconds", named)
    if is_now.state != "waiting" and is_now.since is not None and not told.counted:
        outcome = {"environment": group.environment, "outcome": is_now.state}
        yield observe("kaizen_canary_duration_seconds", outcome, is_now.seconds)


def forgotten(before: Group, after: Group, told: Mapping[int, Told]) -> Iterator[Change]:
    """The gauges of canaries that the group no longer remembers."""
    kept = {each.deployment for each in after.canaries}
    for canary in before.canaries:
        if canary.deployment not in kept and (known := told.get(canary.deployment)) and known.exported:
            yield from gauges(before, canary, known, Standing("waiting"))
