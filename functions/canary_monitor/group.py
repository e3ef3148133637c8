"""The deployments of one repository, environment and task: what is known of each, and what follows from it. Pure.

Facts only ever grow: an earliest start, a first end. So every order of deliveries, with repeats, ends in one group, and
a start that comes after the end does not bring a canary back.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

KEPT = 30  # deployments that a group remembers, and one that is still running beside them
State = Literal["waiting", "in_flight", "success", "failure", "superseded", "unknown"]
# What GitHub's final states mean. `inactive` has no webhook: it is seen when the state is read again.
# `done` is what a person says of a canary that GitHub never heard the end of.
ENDS: dict[str, State] = {
    "success": "success", "failure": "failure", "error": "failure", "inactive": "superseded", "done": "success",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Status:
    """One status of a deployment, or (`state` empty) the deployment itself. Instants are aware UTC."""

    deployment: int
    created_at: datetime
    state: str
    at: datetime
    ref: str = ""
    sha: str = ""
    creator: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Canary:
    """One deployment. `end` is its first final state, with its instant.

    `ran_at` is the first final state from which follows that it ran; one that failed need not have run: its approval
    may have been refused. Kept beside `end`, because an earlier failure that is heard of later takes nothing back.
    """

    deployment: int
    created_at: datetime
    ref: str = ""
    sha: str = ""
    creator: str = ""
    url: str = ""
    started_at: datetime | None = None
    end: tuple[datetime, str] | None = None
    ran_at: datetime | None = None

    @property
    def age_key(self) -> tuple[datetime, int]:
        return self.created_at, self.deployment

    @property
    def began(self) -> datetime | None:
        """When it was first seen to run, or at the latest did."""
        return min((at for at in (self.started_at, self.ran_at) if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Group:
    """`canaries` are in the order of their creation."""

    repository_id: int
    repository: str
    environment: str
    task: str
    canaries: tuple[Canary, ...] = ()

    def canary(self, deployment: int) -> Canary | None:
        return next((each for each in self.canaries if each.deployment == deployment), None)


def merged(group: Group, status: Status, held: Collection[int] = ()) -> Group:
    """The group with one more fact; the same group when it knew that already.

    `held` are deployments that are not forgotten, however many are newer.
    """
    known = group.canary(status.deployment) or Canary(status.deployment, status.created_at)
    after = _with(known, status)
    others = [each for each in group.canaries if each.deployment != status.deployment]
    return replace(group, canaries=_newest([*others, after], held))


def _with(canary: Canary, status: Status) -> Canary:
    started, end, ran = canary.started_at, canary.end, canary.ran_at
    if status.state == "in_progress":
        started = min(started, status.at) if started else status.at
    if status.state in ENDS:
        found = (status.at, status.state)
        end = min(end, found) if end else found
        if ENDS[status.state] != "failure":
            ran = min(ran, status.at) if ran else status.at
    return replace(
        canary,
        created_at=min(canary.created_at, status.created_at),
        # The same in every status of a deployment, but for the address of its log.
        ref=max(canary.ref, status.ref),
        sha=max(canary.sha, status.sha),
        creator=max(canary.creator, status.creator),
        url=max(canary.url, status.url),
        started_at=started,
        end=end,
        ran_at=ran,
    )


def _newest(canaries: Iterable[Canary], held: Collection[int]) -> tuple[Canary, ...]:
    """All but the oldest that nobody holds; one that runs, with nothing newer that began, stays for any that wait."""
    ordered = sorted(canaries, key=lambda each: each.age_key)
    older, kept = ordered[:-KEPT], ordered[-KEPT:]
    begun = any(each.began is not None for each in kept)
    running = [each for each in older if each.began is not None][-1:] * (not begun)
    return (*(each for each in older if each.deployment in held or each in running), *kept)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a canary is at an instant: in flight since `since`, or ended at `ended_at` as `state` says."""

    state: State
    since: datetime | None = None
    ended_at: datetime | None = None

    @property
    def seconds(self) -> int:
        """How long it took; 0 for one of which no start was seen, or that is not over."""
        if self.since is None or self.ended_at is None:
            return 0
        return max(int((self.ended_at - self.since).total_seconds()), 0)


def standing(group: Group, canary: Canary, now: datetime, life: timedelta) -> Standing:
    """What the facts mean.

    | condition, the first that holds                                   | state                             |
    |-------------------------------------------------------------------|-----------------------------------|
    | it ended before a newer deployment began                          | success, failure, superseded      |
    | a newer deployment of the group began                             | superseded, from then on          |
    | it was never seen to run                                          | waiting                           |
    | it has run for its whole life                                     | unknown, from then on             |
    | else                                                              | in flight                         |
    """
    newer = [each.began for each in group.canaries if each.age_key > canary.age_key and each.began is not None]
    replaced = min(newer, default=None)
    if canary.end is not None and (replaced is None or canary.end[0] <= replaced):
        return Standing(ENDS[canary.end[1]], canary.started_at, canary.end[0])
    if replaced is not None:
        since = canary.started_at
        return Standing("superseded", since, max(replaced, since) if since else replaced)
    if canary.started_at is None:
        return Standing("waiting")
    if now >= canary.started_at + life:
        return Standing("unknown", canary.started_at, canary.started_at + life)
    return Standing("in_flight", canary.started_at)
