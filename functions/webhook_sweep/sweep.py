"""The two parts of the sweep: deliveries of hooks, every hour; issues of repositories, every day.

A hook or repository that fails does not keep the others waiting; `SweepFailedError` names all of them in the end.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, Protocol

from kaizen.events.github.issue import GithubIssue
from kaizen.github import reading
from kaizen.github.client import Github
from kaizen.github.errors import NotFoundError, UnavailableError, UnprocessableError
from kaizen.policy import Policy
from kaizen.runtime.log import logger
from kaizen.tickets import Ticket
from webhook_sweep import hooks, repositories
from webhook_sweep.comparing import SETTLED, Repair, Repository, gone, repair, seen
from webhook_sweep.deliveries import KEPT, Attempt, plan

_AT_ONCE = 100  # issues that are compared together: one read of the table, and at most ten calls of the bus
ABSENT = timedelta(hours=20)
_PUT = 10  # events that the bus takes at once


class SweepFailedError(Exception):
    """Something could not be looked at, or not be repaired. The next run tries again."""


class OutOfTimeError(Exception):
    """The invocation ends before the work does. The next one goes on."""


class Store(Protocol):
    def compared_until(self, repository: int) -> datetime | None: ...

    def keep(self, repository: int, until: datetime) -> None: ...

    def absent(self, repository: int) -> Mapping[int, datetime]: ...

    def keep_absent(self, repository: int, absent: Mapping[int, datetime]) -> None: ...

    def tickets(self, ids: Sequence[int]) -> Mapping[int, Ticket]: ...


@dataclass(slots=True)
class Outcome:
    """What one run found."""

    looked_at: int = 0
    again: list[str] = field(default_factory=list)  # guids
    lost: list[str] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def log(self) -> dict[str, Any]:
        return {
            "looked_at": self.looked_at, "asked_again": self.again[:100], "lost": self.lost[:100],
            "repairs": [f"{each.kind} {each.event.repository}#{each.event.number}" for each in self.repairs[:100]],
            "number_of_repairs": len(self.repairs), "faults": self.faults,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sweep:
    """`github` is for repositories, `at_hook` gives who may read a hook's deliveries. `clock` gives aware UTC.

    `in_time` says whether there is time to look at more, with some left to act on what was found; `may_act` whether
    some of that is left. `publish` puts events on the bus. `dry_run`: nothing is asked for, published or kept.
    """

    at_hook: Callable[[str], Github]
    github: Callable[[], Github]
    store: Store
    open_tickets: Callable[[], Sequence[Ticket]]
    publish: Callable[..., object]
    policy: Policy
    clock: Callable[[], datetime]
    in_time: Callable[[], bool]
    may_act: Callable[[], bool]
    dry_run: bool = False

    def deliveries(self, used: Collection[str]) -> Outcome:
        """Ask for what never arrived. `used` are the events that are taken."""
        outcome, now = Outcome(), self.clock()
        for hook in self.policy.sweep.hooks:
            try:
                github = self.at_hook(hook)
                found = plan(self._listed(hook, hooks.attempts(github, hook, now - KEPT), outcome), used, now)
                outcome.looked_at += found.looked_at
                outcome.lost += found.lost
                for number, attempt in enumerate(found.again):
                    if not self.dry_run and not self.may_act():
                        outcome.faults.append(f"{hook}: there was no time to ask for {len(found.again) - number} more")
                        break
                    self._repeat(github, hook, attempt, outcome)
            except Exception as error:  # noqa: BLE001 - told at the end, once the other hooks had their turn
                outcome.faults.append(f"{hook}: {error or type(error).__name__}")
        return outcome

    def _repeat(self, github: Github, hook: str, attempt: Attempt, outcome: Outcome) -> None:
        """Raises a GithubError that others would meet as well. One that GitHub does not send again is lost: the
        comparison of issues finds what it said, and no later run would get it either.
        """
        try:
            if not self.dry_run:
                hooks.repeat(github, hook, attempt)
        except (NotFoundError, UnprocessableError) as error:
            logger.warning("a delivery is not sent again", hook=hook, guid=attempt.guid, fault=str(error))
            outcome.lost.append(attempt.guid)
        else:
            outcome.again.append(attempt.guid)

    def _listed(self, hook: str, found: Iterator[Attempt], outcome: Outcome) -> list[Attempt]:
        """As many as there is time for, the newest ones. A delivery whose older attempts are missing is asked for once
        too often at worst, and the tracker knows it by its guid."""
        listed: list[Attempt] = []
        for each in found:
            listed.append(each)
            if not self.in_time():
                outcome.faults.append(f"{hook}: only the newest {len(listed)} deliveries could be looked at")
                break
        return listed

    def issues(self) -> Outcome:
        """Compare issues with tickets; those of a repository that was never looked at from its first one on."""
        outcome = Outcome()
        for name in self.policy.sweep.repositories:
            try:
                where = repositories.repository(self.github(), name)
                self._changed(where, outcome)
                self._gone(where, outcome)
            except Exception as error:  # noqa: BLE001 - told at the end, once the other repositories had their turn
                outcome.faults.append(f"{name}: {error or type(error).__name__}")
        return outcome

    def _changed(self, where: Repository, outcome: Outcome) -> None:
        """In the order of their changes, so that a run that is cut off has kept how far it came."""
        since = self.store.compared_until(where.id) or repositories.EPOCH
        for contents in batched(
            self._timely(repositories.changed(self.github(), where, since)), _AT_ONCE, strict=False
        ):
            now = self.clock()
            events = self._read(contents, where, now, outcome)
            settled = [each for each in events if each.updated_at <= now - SETTLED]
            self._repair(settled, outcome)
            if settled and not self.dry_run:
                self.store.keep(where.id, settled[-1].updated_at)
            if len(settled) < len(events):
                return  # the rest is newer still: for the next run

    def _read(
        self, contents: Sequence[Mapping[str, Any]], where: Repository, now: datetime, outcome: Outcome
    ) -> list[GithubIssue]:
        """One that cannot be read is told of, and does not keep the comparison at this place for ever."""
        events = []
        for each in contents:
            try:
                events.append(seen(each, where, now))
            except UnavailableError as error:
                outcome.faults.append(f"{where.name}#{each.get('number')}: {error}")
        return events

    def _repair(self, events: Sequence[GithubIssue], outcome: Outcome) -> None:
        known = self.store.tickets([each.issue_id for each in events])
        outcome.looked_at += len(events)
        found = [repair(known.get(each.issue_id), each, self.policy) for each in events]
        self._tell([each for each in found if each is not None], outcome)

    def _gone(self, where: Repository, outcome: Outcome) -> None:
        """Tickets that are open here and not there: closed meanwhile, moved, or deleted.

        An issue that GitHub says it does not know is only believed to be gone when it says so on two days: what ends a
        ticket is never taken back.
        """
        now = self.clock()
        ours = [each for each in self.open_tickets() if each.repository_id == where.id]
        if not ours:
            return
        told = {each.event.issue_id for each in outcome.repairs}  # not applied yet
        theirs = repositories.open_numbers(self.github(), where)
        before, absent = self.store.absent(where.id), dict[int, datetime]()
        for ticket in ours:
            if ticket.number in theirs or ticket.id in told or ticket.updated_at > now - SETTLED:
                continue
            self._need_time()
            content = repositories.one(self.github(), where, ticket.number)
            if content == "absent":
                absent[ticket.id] = before.get(ticket.id, now)
                content = "transferred" if now - absent[ticket.id] >= ABSENT else content
            if isinstance(content, str):
                self._tell([gone(ticket, content, now)] if content != "absent" else [], outcome)
            elif reading.number(content, "id") == ticket.id:
                self._repair(self._read([content], where, now, outcome), outcome)
        if absent != before and not self.dry_run:
            self.store.keep_absent(where.id, absent)

    def _tell(self, repairs: Sequence[Repair], outcome: Outcome) -> None:
        for some in batched(repairs, _PUT, strict=False):
            if not self.dry_run:
                self.publish(*(each.event for each in some))
            outcome.repairs += some

    def _timely[T](self, items: Iterator[T]) -> Iterator[T]:
        for each in items:
            self._need_time()
            yield each

    def _need_time(self) -> None:
        if not self.in_time():
            raise OutOfTimeError("there was no time for the rest; the next run goes on")
