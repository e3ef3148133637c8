"""What is still to be done about a canary: gauges, the alarm clock, the page. Pure.

What has been done is written down beside the facts (`Told`); each step may be repeated, so that a run that broke off is
simply run again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from canary_monitor.group import ENDS, Canary, Group, Standing, standing
from kaizen.metrics.changes import Change, observe, remove, set_gauge

RUN = timedelta(minutes=3)  # after which a run of the monitor is over, whatever held it up


@dataclass(frozen=True, slots=True)
class Told:
    """What the world was told of one deployment, and what people have asked for.

    `budget` is in seconds, as the policy said when it was last heard of; 0 for a deployment that is no canary and only
    supersedes others. `shown` is what the Slack message tells of (`Steps.shows`), empty before there is one.
    `extended_by` and `done_by` are Slack ids.
    """

    budget: int
    exported: bool = False  # its gauges are there
    counted: bool = False  # its duration is in the histogram
    alarm_at: datetime | None = None  # when the one-shot schedule fires; past ones have deleted themselves
    trying_at: datetime | None = None  # a page may have gone out since then, and nobody has written down that it did
    paged_at: datetime | None = None  # the last time
    resolved_at: datetime | None = None  # since then
    shown: str = ""
    showing: bool = False  # a message may have gone out, and nobody has written down that it did
    gave_up_at: datetime | None = None  # the end of its life; a longer life later on brings nothing back
    extended_to: datetime | None = None
    extended_by: str = ""
    done_by: str = ""
    page_shown: bool = False  # the gauge that says when it was paged for is there

    @property
    def paging(self) -> bool:
        return self.paged_at is not None and self.resolved_at is None

    @property
    def holds(self) -> bool:
        """Whether something is out there that its end is to take away or put right: series, alarm, page, message."""
        told_of = bool(self.shown) and self.shown.split()[0] not in (*ENDS.values(), "unknown")
        out_there = self.may_page or told_of or self.showing
        return self.exported or self.page_shown or self.alarm_at is not None or out_there

    @property
    def may_page(self) -> bool:
        """Whether an incident may be open: also where the pager's answer was lost, or a run broke off before that."""
        return self.paging or self.trying_at is not None


@dataclass(frozen=True, slots=True)
class Steps:
    """What one canary needs now. `page` and `resolve` are for the pager; `alarm_at` None means no schedule."""

    standing: Standing
    due: datetime | None  # when its budget is used up; None for one that never ran
    alarm_at: datetime | None
    page: bool = False
    resolve: bool = False
    shows: str = ""  # what the Slack message is to tell of; it follows a canary once somebody was told

    @property
    def extended(self) -> bool:
        """In flight, and within a budget that has grown since somebody was told."""
        return self.shows.startswith(_UNTIL)


_UNTIL = "until "


def due_at(started_at: datetime, told: Told) -> datetime:
    """When its budget is used up, extensions included."""
    due = started_at + timedelta(seconds=told.budget)
    return due if told.extended_to is None else max(due, told.extended_to)


def steps(group: Group, canary: Canary, told: Told, now: datetime, life: timedelta) -> Steps:
    """What to do about one deployment.

    | standing                          | alarm at            | page                | resolve              |
    |-----------------------------------|---------------------|---------------------|----------------------|
    | no canary, or never seen to run   | never               | no                  | what may page        |
    | in flight, within its budget      | the budget's end    | no                  | what may page        |
    | in flight, over its budget        | the end of its life | unless it pages     | no                   |
    | ended, superseded, unknown        | never               | no                  | what may page        |

    A page that is on its way may still arrive after its end has resolved it: then an alarm is set for a time at which
    that run is over, and it is resolved once more.
    """
    is_now = standing(group, canary, now, life)
    if is_now.state == "in_flight" and told.gave_up_at is not None:
        is_now = Standing("unknown", canary.started_at, told.gave_up_at)
    if not told.budget or canary.started_at is None:
        return Steps(is_now if told.budget else Standing("waiting"), None, None, resolve=told.may_page)
    due = due_at(canary.started_at, told)
    heard = told.paged_at is not None or bool(told.shown) or told.showing
    if is_now.state != "in_flight":
        late = None if told.trying_at is None else told.trying_at + RUN
        alarm_at = late if late is not None and late > now else None
        return Steps(is_now, due, alarm_at, resolve=told.may_page, shows=is_now.state if heard else "")
    if now < due:
        return Steps(is_now, due, due, resolve=told.may_page, shows=f"{_UNTIL}{due.isoformat()}" if heard else "")
    return Steps(is_now, due, canary.started_at + life, page=not told.paging, shows=is_now.state)


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
        budget = int((due_at(canary.started_at, told) - canary.started_at).total_seconds())
        yield set_gauge("kaizen_canary_budget_seconds", named, budget)
        return
    if told.exported:
        yield remove("canary_deployment_start_time", short)
        yield remove("kaizen_canary_start_timestamp_seconds", named)
        yield remove("kaizen_canary_budget_seconds", named)
    if is_now.state != "waiting" and is_now.since is not None and not told.counted:
        outcome = {"environment": group.environment, "outcome": is_now.state}
        yield observe("kaizen_canary_duration_seconds", outcome, is_now.seconds)


def page_gauge(group: Group, canary: Canary, told: Told, *, pager: bool) -> tuple[list[Change], Told]:
    """The series that says that a page of ours is open, and what is known of it then.

    `pager`: whether there is one. Without it the series is never there, and Prometheus pages in its own way.
    """
    wanted = pager and told.exported and told.paging
    if wanted == told.page_shown:
        return [], told
    name, named = "kaizen_canary_paged_timestamp_seconds", labels(group, canary)
    if not wanted or told.paged_at is None:
        return [remove(name, named)], replace(told, page_shown=False)
    return [set_gauge(name, named, int(told.paged_at.timestamp()))], replace(told, page_shown=True)
