"""What each step of a run is made of: facts, the decision, the stored row, and the message that says so."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kaizen.policy.sections.sandboxes import SandboxPolicy
from sandbox_reaper import booking, fleet, protection, restore, stopping, wording
from sandbox_reaper.backend import BackendError, FencedError, GoneError, Reader, Sandbox, Writer
from sandbox_reaper.decision import MOST_FLAPS, Decision, Facts, decide, wanted
from sandbox_reaper.outcome import Outcome, Step, Visit, whole_second
from sandbox_reaper.owners import instead, owner_of
from sandbox_reaper.ports import Board, Store
from sandbox_reaper.state import Owner, Row
from sandbox_reaper.usage import Readings

_REHEARSAL = "rehearsal"  # the stop id of a write that is not kept
_FLAPPING = timedelta(hours=24)
_COUNTED_EVERY = timedelta(minutes=15)  # of what a stopped sandbox saves


@dataclass(frozen=True, slots=True)
class Steps:
    """`writer` is None in a dry run, or while the switch is off: then nothing in here can stop anything.

    `switch` reads whether the kill switch permits: it is asked again before each write. `take` reads the figures of the
    fleet at an instant, with those of each pod of some namespaces; `left` is the share of the function's time that is
    left.
    """

    reader: Reader
    writer: Writer | None
    resumer: stopping.Resumer
    take: Callable[[datetime, Collection[str]], Readings]
    store: Store
    board: Board
    policy: SandboxPolicy
    switch: Callable[[], bool]
    clock: Callable[[], datetime]
    left: Callable[[], float]

    def now(self) -> datetime:
        return whole_second(self.clock())

    def owner(self, sandbox: Sandbox, row: Row) -> Owner:
        fallback = self.policy.channel or ""
        found = owner_of(sandbox, self.policy.owners, fallback)
        return instead(found, fallback) if found.known and found.target == row.untold else found

    def facts(self, visit: Visit, done: Outcome) -> Facts:
        sandbox, row = visit.sandbox, visit.row
        now = self.now()
        flapping = row.flaps >= MOST_FLAPS and row.resumed_at is not None and now - row.resumed_at < _FLAPPING
        why_not = protection.unreapable(sandbox, self.policy.protected)
        if not why_not and row.state == "UNREAPABLE" and visit.usage.value == "idle" and self.writer is not None:
            why_not = self.barred(visit)  # it may be what was refused before
        exempt = protection.exempt(sandbox, now) if protection.opted_in(sandbox) else "it is not opted in any more"
        idle = visit.usage.value == "idle"  # only then is it told of or stopped, and the rest is asked for
        return Facts(
            now=now,
            usage=visit.usage,
            owner=visit.owner,
            config=done.config,
            rollout=restore.rollout_of(sandbox) if idle else "",
            pods=restore.pods_of(sandbox) if idle else "",
            cores=sandbox.cores,
            memory=sandbox.memory,
            evidence=wording.evidence(visit.usage.figures, self.policy) if idle else (),
            loses=wording.loses(sandbox.fleeting) if idle else "",
            held="crowded" if self._crowded(visit, now, done) else done.held,
            exempt=exempt,
            unreapable=f"it runs on after {row.flaps} stops" if flapping else why_not,
            scaled_up=row.state == "STOPPED" and restore.running(sandbox),
            request=wanted(row, visit.requests),
        )

    def _crowded(self, visit: Visit, now: datetime, done: Outcome) -> bool:
        """Whether it has to wait to be told of: else more would be due together than may be stopped."""
        if visit.row.uid in done.told or done.held or visit.usage.value != "idle":
            return False
        grace = timedelta(seconds=self.policy.grace if visit.owner.known else self.policy.unknown_owner_grace)
        return not fleet.room(now + grace, visit.owner.target, done.told.values(), done.alive, self.policy)

    def step(self, visit: Visit, facts: Facts, done: Outcome) -> Decision:
        """Decide and store: what is written comes before what is done."""
        before, decision = visit.row, decide(visit.row, facts, self.policy)
        visit.steps.append(Step(before, facts, decision))
        row, changes = decision.row, booking.counted(before, decision.row)
        if before.counted is not None and (row.state != "STOPPED" or facts.now - before.counted >= _COUNTED_EVERY):
            changes += booking.saved(before, facts.now)
            row = replace(row, counted=facts.now if row.state == "STOPPED" else None)
        visit.row = self.store.save(row, changes, facts.now) if booking.differs(before, row) else row
        done.tell(visit.row)
        return decision

    def shown(self, visit: Visit) -> None:
        """The notice says what became of it."""
        row = visit.row
        if row.notice and row.channel and row.outcome and row.shown != row.outcome:
            self.board.show(row)
            visit.row = self.store.save(replace(row, shown=row.outcome), (), self.now())

    def barred(self, visit: Visit) -> str:
        """Why the backend would not take the stop, asked without one: nobody is told of what cannot be done."""
        assert self.writer is not None
        sandbox: Sandbox | None = visit.sandbox
        for _ in range(2):
            if sandbox is None:
                return ""  # the next run sees it
            try:
                for each in sandbox.workloads:
                    if each.size:
                        self.writer.rehearse(sandbox, each, _REHEARSAL)
            except (FencedError, GoneError):
                sandbox = self.reader.sandbox(sandbox.name)  # it has moved since the list
            except BackendError as error:
                if error.retryable:
                    raise
                return f"the cluster would not let it be stopped: {error}"
            else:
                return ""
        return ""  # each write has a fence of its own

    def record(self, sandbox: Sandbox, stop_id: str) -> restore.Record | None:
        """What a stop took away, as it was written down; where that is lost, as the objects themselves say it."""
        kept = self.store.record(sandbox.uid, stop_id)
        return kept if kept is not None else restore.by_marks(sandbox, stop_id, self.clock())
