"""What is due is stopped: figures read anew, every guard asked, the record kept, the writes; or all of it undone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from sandbox_reaper import guards, restore, stopping
from sandbox_reaper.backend import BackendError, Sandbox
from sandbox_reaper.decision import busy_until, wanted
from sandbox_reaper.outcome import LEAST_LEFT, Outcome, SourceError, Visit, asked_of, touched, urgency
from sandbox_reaper.steps import Steps
from sandbox_reaper.usage import Readings, Usage, judged

_GONE = Usage("unknown", "gone", "it is gone")
_MOST_ATTEMPTS = 3  # runs that are at one stop, before it is undone
_HELD = {
    "": "", "dry_run": "this is a dry run", "switched_off": "the switch is off", "breaker": "the breaker is open",
    "crowded": "too many are due",
}  # fmt: skip
_REREAD = timedelta(seconds=30)  # then the figures of the re-check are read again


@dataclass(slots=True)
class Stops:
    """The stops of one run. `within` are the namespaces whose pods are measured one by one."""

    steps: Steps
    done: Outcome
    within: frozenset[str]
    read: Readings | None = None

    def readings(self) -> Readings:
        """The figures of what is due, never older than half a minute."""
        now = self.steps.now()
        if self.read is None or now - self.read.at > _REREAD:
            self.read = self.steps.take(now, self.within)
        return self.read

    def all(self, due: Sequence[Visit]) -> None:
        """What a run left half done comes first."""
        for place, visit in enumerate(sorted(due, key=urgency)):
            if self.steps.left() <= LEAST_LEFT:
                self.done.postponed += len(due) - place
                return
            act = self._go_on if visit.row.state == "STOP_CLAIMED" else self._stop
            self.done.guarded(visit, act)

    def _stop(self, visit: Visit) -> None:
        """The re-check, every guard, the record, every guard again, the claim, the writes."""
        sandbox = self._seen(visit)
        before = self._case(visit, sandbox, None)
        visit.guarded = guards.before_writing(before)
        if too_old := dict(visit.guarded).get("recheck"):
            raise SourceError(f"{too_old}: figures of {before.read_at:%H:%M:%S} UTC at {before.now:%H:%M:%S} UTC")
        if visit.guarded or sandbox is None or self.steps.writer is None:
            return
        stop_id = f"{visit.row.name}-{before.now:%Y%m%dT%H%M%SZ}"
        record = self.steps.store.keep_record(restore.record_of(sandbox, stop_id, before.now))
        visit.guarded = guards.refusals(self._case(visit, sandbox, record))
        if visit.guarded or record is None:
            return
        row = replace(visit.row, state="STOP_CLAIMED", stop_id=stop_id, why="stop_claimed", attempts=1)
        row = replace(row, cores=sandbox.cores, memory=sandbox.memory)
        visit.row = self.steps.store.save(row, (), before.now)
        self._carried_out(visit, sandbox, record)

    def _seen(self, visit: Visit) -> Sandbox | None:
        """The sandbox as it is now. Figures that have become old are read before it: they take seconds."""
        self.readings()
        return self.steps.reader.sandbox(visit.row.name)

    def _go_on(self, visit: Visit) -> None:
        """A stop that a run broke off: to its end where every guard still holds, else undone."""
        row = visit.row
        sandbox, record = self._seen(visit), self.steps.store.record(row.uid, row.stop_id)
        if sandbox is None or sandbox.uid != row.uid:
            self._ended(visit, stopping.Ended("undone", stopping.GONE))
            return
        kept = record if record is not None else restore.by_marks(sandbox, row.stop_id, self.steps.clock())
        if kept is None or restore.untouched(kept, sandbox):
            self._ended(visit, stopping.Ended("undone", "a run broke off before anything of it was stopped"))
        elif record is None:
            self._undone(visit, kept, stopping.Ended("undone", "there is no durable record of it"))
        elif self.steps.writer is None:
            self._undone(visit, kept, stopping.Ended("undone", _HELD[self.done.held]))
        elif restore.stopped(record, sandbox):
            against = guards.words(self._case(visit, sandbox, record))
            if against:
                self._undone(visit, kept, stopping.Ended("undone", against[0][1]))
            else:
                self._ended(visit, stopping.Ended("done"))
        elif row.attempts >= _MOST_ATTEMPTS:
            why = f"the cluster did not take it in {row.attempts} runs"
            self._undone(visit, kept, stopping.Ended("refused", why))
        else:
            visit.row = self.steps.store.save(replace(row, attempts=row.attempts + 1), (), self.steps.now())
            self._carried_out(visit, sandbox, record)

    def _carried_out(self, visit: Visit, sandbox: Sandbox, record: restore.Record) -> None:
        """The writes, each after every guard was asked once more."""
        assert self.steps.writer is not None

        def refusal(seen: Sandbox) -> str:
            visit.guarded = guards.refusals(self._case(visit, seen, record))
            return visit.guarded[0][1] if visit.guarded else ""

        def words(seen: Sandbox) -> str:
            visit.guarded = guards.words(self._case(visit, seen, record))
            return visit.guarded[0][1] if visit.guarded else ""

        try:
            look = partial(self._seen, visit)
            ended = stopping.stop(self.steps.reader, self.steps.writer, record, sandbox, look, refusal, words)
        except (BackendError, stopping.UnfinishedError) as error:
            if not error.retryable:  # no write was tried again, nor was anything given back
                self._stuck(visit, error)
            raise
        self._ended(visit, ended)

    def _undone(self, visit: Visit, record: restore.Record, ended: stopping.Ended) -> None:
        try:
            stopping.restore(self.steps.reader, self.steps.resumer, record)
        except (BackendError, stopping.UnfinishedError) as error:
            self._stuck(visit, error)
            raise
        self._ended(visit, ended)

    def _stuck(self, visit: Visit, error: Exception) -> None:
        """Told once, as long as it lasts."""
        if visit.row.outcome != "stuck":
            now = self.steps.now()
            row = replace(visit.row, outcome="stuck", reason=str(error), ended=now)
            visit.row = self.steps.store.save(row, (), now)
            self.steps.shown(visit)

    def _ended(self, visit: Visit, ended: stopping.Ended) -> None:
        self.done.stops["stopped" if ended.how == "done" else "undone"] += 1
        self.steps.step(
            visit, replace(self.steps.facts(visit, self.done), stop=ended.how, refusal=ended.why), self.done
        )
        self.steps.shown(visit)

    def _case(self, visit: Visit, seen: Sandbox | None, record: restore.Record | None) -> guards.Case:
        """All that the guards ask for, as it is now: figures, presses, beats and the switch are read anew."""
        readings = self.readings()
        inside = seen is not None and seen.whole and any(each.kind == "Sandbox" for each in seen.workloads)
        visit.requests = asked_of(seen or visit.sandbox, self.steps.store.requests("" if inside else visit.row.uid))
        busy, pressed, usage = busy_until(visit.requests), wanted(visit.row, visit.requests), _GONE
        if seen is not None:
            usage = judged(seen, touched(seen, visit.row), readings, self.steps.policy, busy)
        return guards.Case(
            now=self.steps.now(),
            row=visit.row,
            sandbox=seen,
            usage=usage,
            kept=pressed is not None and pressed.kind == "keep",
            busy=busy,
            read_at=readings.at,
            policy=self.steps.policy,
            owner=self.steps.owner(seen, visit.row) if seen is not None else visit.owner,
            switch=self.steps.switch(),
            whole=visit.row.uid in self.done.listed,
            config=self.done.config,
            rollout=restore.rollout_of(seen, record) if seen is not None else "",
            pods=restore.pods_of(seen, record) if seen is not None else "",
            canary=readings.of("canary", self.steps.policy.canary) or 0.0,
            cap=self.done.cap,
            breaker=self.done.breaker,
            record=record,
        )
