"""One run: every sandbox is looked at and moved on, then what is due is stopped, if all guards hold.

A run goes on past a sandbox that fails, and raises at the end. It takes nothing new when little time is left: the next
run goes on where it ended, since every step is stored before it is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sandbox_reaper import fleet, restore, stopping
from sandbox_reaper.backend import BackendError, Inventory, Sandbox
from sandbox_reaper.decision import Decision, Facts, Held, busy_until, decide, wanted
from sandbox_reaper.guards import FRESH
from sandbox_reaper.outcome import (
    LEAST_LEFT,
    BlockedError,
    Outcome,
    SourceError,
    Visit,
    asked_of,
    pods_within,
    touched,
    urgency,
)
from sandbox_reaper.ports import UntoldError
from sandbox_reaper.state import BEFORE_STOP, Request, Row
from sandbox_reaper.steps import Steps
from sandbox_reaper.stops import Stops
from sandbox_reaper.usage import SKEW, Readings, judged

_MOST_MOVES = 8
_STANDING = ("notified", "stopped", "stuck", "resuming", "resume_stuck")  # messages that promise something


@dataclass(frozen=True, slots=True)
class Run(Steps):
    """See Steps for its parts."""

    def go(self, only: str = "") -> Outcome:
        """All sandboxes, or the one of that uid. Raises BackendError where there is no whole list of them."""
        now = self.now()
        # The rows first: whoever changes a sandbox after this changes its row, too, and this run's write is refused.
        rows, requests = self.store.rows(), self.store.requests()
        inventory = self.reader.inventory()
        readings = self.take(now, pods_within(inventory.sandboxes)) if inventory.sandboxes else Readings(now)
        if (took := self.now() - now) > FRESH and not readings.fault:
            # As slow at the re-check, no stop would be permitted, and each notice would promise a time in vain.
            fault = (
                f"the figures took {took.total_seconds():.0f} s, and a stop needs some of the last {FRESH.seconds} s"
            )
            readings = Readings(now, fault=fault)
        if abs(inventory.at - now) > SKEW:
            readings = Readings(now, fault="the clock of the cluster is another than ours")
        listed = frozenset(each.uid for each in inventory.sandboxes)
        done = Outcome(now, fleet.config_of(self.policy), listed, source=readings.fault)
        found = [*inventory.sandboxes, *self._elsewhere(inventory, rows, done)]
        done.visits = [self._visit(each, rows, requests, readings) for each in found]
        self._look_at_all(done)
        mine = [each for each in done.visits if only in ("", each.row.uid)]
        for place, visit in enumerate(sorted(mine, key=urgency)):
            if self.left() <= LEAST_LEFT:
                done.postponed = len(mine) - place
                break
            done.guarded(visit, partial(self._moved, done=done))
        # A run for one sandbox is there for who asked: what is merely due waits for the caps of a whole run.
        due = [each for each in mine if each.due and (not only or each.row.asked or each.row.state == "STOP_CLAIMED")]
        owners = [each.row.owner.target if each.row.owner else "" for each in due]
        done.cap = fleet.over_cap(owners, done.alive, self.policy)
        Stops(self, done, pods_within(each.sandbox for each in due)).all(due)
        if done.cap:
            self._thinned(due, done)
        self._conclude(done)
        return done

    def _elsewhere(self, inventory: Inventory, rows: Mapping[str, Row], done: Outcome) -> list[Sandbox]:
        """Sandboxes with a row that are not in the list: no longer opted in, or gone, which ends their row."""
        listed = {each.uid for each in inventory.sandboxes}
        found = []
        for row in rows.values():
            if row.uid in listed:
                continue
            try:
                sandbox = self.reader.sandbox(row.name)
            except BackendError as error:
                error.add_note(row.name)
                done.faults.append(error)
                continue
            over = row.state in ("ACTIVE", "EXEMPT") and row.shown == row.outcome
            if sandbox is None or sandbox.uid != row.uid:
                self._gone(row, done)
            elif over:
                self.store.forget(row)
            else:
                found.append(sandbox)
        return found

    def _gone(self, row: Row, done: Outcome) -> None:
        """Its message says so before its row ends; where Slack does not take that, the next run tries again."""
        try:
            if row.outcome in _STANDING or row.shown != row.outcome:
                now = self.now()
                row = self.store.save(replace(row, outcome="gone", ended=now), (), now)
                if row.channel:
                    self.board.show(row)
            self.store.forget(row)
        except Exception as error:  # noqa: BLE001 - raised at the end of the run
            error.add_note(row.name)
            done.faults.append(error)

    def _visit(
        self,
        sandbox: Sandbox,
        rows: Mapping[str, Row],
        requests: Mapping[str, Sequence[Request]],
        readings: Readings,
    ) -> Visit:
        row = rows.get(sandbox.uid) or Row(sandbox.uid, sandbox.name)
        mine = asked_of(sandbox, requests)
        usage = judged(sandbox, touched(sandbox, row), readings, self.policy, busy_until(mine))
        return Visit(sandbox, row, usage, mine, self.owner(sandbox, row))

    def _look_at_all(self, done: Outcome) -> None:
        alive = [each for each in done.visits if each.row.state in BEFORE_STOP]
        done.alive, done.idle = len(alive), sum(each.usage.value == "idle" for each in alive)
        done.breaker = fleet.breaker(done.at, done.idle, done.alive, self.store.history(), self.policy)
        done.held = self._held(done)
        for each in done.visits:
            done.tell(each.row)

    def _held(self, done: Outcome) -> Held:
        if self.policy.mode != "live":
            return "dry_run"
        if self.writer is None or not self.switch():
            return "switched_off"
        return "breaker" if done.breaker else ""

    def _moved(self, visit: Visit, done: Outcome) -> None:
        """Move after move, until there is none, or until all are needed to decide."""
        self.shown(visit)
        if self._given_back(visit):
            done.stops["undone"] += 1
            return  # it is not what was read any more: the next run looks at it
        facts = self.facts(visit, done)
        for _ in range(_MOST_MOVES):
            before = visit.row
            if self._about_to_tell(visit, facts) and (barred := self.barred(visit)):
                facts = replace(facts, unreapable=barred)
            decision = self.step(visit, facts, done)
            if decision.action in ("stop", "finish"):
                visit.due = True
                break
            if decision.action == "none":
                stays = (decision.row.state, decision.row.handled) == (before.state, before.handled)
                if stays or facts.stop or facts.restored:
                    break  # what was just changed is looked at in the next run
                self.shown(visit)  # while the row says why
                facts = replace(facts, request=wanted(visit.row, visit.requests), receipt=None)
                continue
            facts = self._acted(visit, decision, facts, done)
        self.shown(visit)

    def _about_to_tell(self, visit: Visit, facts: Facts) -> bool:
        return visit.row.state == "IDLE" and decide(visit.row, facts, self.policy).action == "notify"

    def _given_back(self, visit: Visit) -> bool:
        """Whether a stop was undone of which the row knows nothing, or nothing any more.

        A run that another one overtook may have stopped what that one gave up, and what was stopped may have been
        started by something else in part. Nobody could resume the rest. What has run since is at 0 by somebody's will.
        """
        row = visit.row
        if row.state not in BEFORE_STOP:
            return False
        marks = {each.stop for each in visit.sandbox.workloads if each.stop and not each.size}
        # A dry run starts nothing by a mark; what is owed was promised in the message, as a resume is.
        ids = (marks if self.policy.mode == "live" else set()) | {row.owed}
        given = False
        for stop_id in sorted(ids - {""}):
            lost = stop_id == row.owed
            # A mark alone may be that of a Sandbox in here, which was stopped by itself and is resumed by itself.
            record = self.record(visit.sandbox, stop_id) if lost else self.store.record(row.uid, stop_id)
            if record is not None:
                record = restore.without_those_that_ran(record, visit.sandbox)
            if record is not None and not restore.restored(record, visit.sandbox, unmarked=lost):
                stopping.restore(self.reader, self.resumer, record, unmarked=lost)
                given = True
        if row.owed:
            visit.row = self.store.save(replace(row, owed=""), (), self.now())
        return given

    def _acted(self, visit: Visit, decision: Decision, facts: Facts, done: Outcome) -> Facts:
        """What an action brought, as facts for the next decision."""
        match decision.action:
            case "notify":
                assert visit.row.owner is not None
                try:
                    channel = self.board.channel(visit.row.owner)
                    receipt = self.board.show(replace(visit.row, channel=channel))
                except UntoldError:
                    if not visit.row.owner.known:
                        raise
                    return self._told_elsewhere(visit, facts)
                return replace(facts, now=self.now(), receipt=receipt)
            case _:
                self.shown(visit)
                lacking = self._resumed(visit)
                done.resumes += 1
                return replace(facts, now=self.now(), restored=True, lacking=lacking)

    def _told_elsewhere(self, visit: Visit, facts: Facts) -> Facts:
        """Nothing was delivered: the same notice goes to the fallback channel, with the grace of an unknown owner."""
        row = visit.row
        assert row.owner is not None
        again = replace(row, state="IDLE", untold=row.owner.target, claimed=None, stop_after=None)
        visit.row = self.store.save(again, (), facts.now)
        visit.owner = self.owner(visit.sandbox, visit.row)
        return replace(facts, owner=visit.owner)

    def _resumed(self, visit: Visit) -> tuple[str, ...]:
        """What is not as it was before the stop, after all has been given back that could be."""
        record = self.record(visit.sandbox, visit.row.stop_id)
        if record is None:
            return ("nothing is known of its sizes any more: neither their record nor the marks on them are there",)
        try:
            after = stopping.restore(self.reader, self.resumer, record, unmarked=True)
        except (BackendError, stopping.UnfinishedError) as error:
            self._not_back(visit, str(error))
            raise
        return restore.lacking(record, after) if after is not None else ("it is gone",)

    def _not_back(self, visit: Visit, why: str) -> None:
        """Told as long as it lasts, and anew only where something else is missing. The next run tries again."""
        row = visit.row
        if (row.outcome, row.reason) != ("resume_stuck", why):
            now = self.now()
            visit.row = self.store.save(replace(row, outcome="resume_stuck", reason=why, shown="", ended=now), (), now)
            self.shown(visit)

    def _thinned(self, due: Sequence[Visit], done: Outcome) -> None:
        """Nothing was stopped. What is more than the caps is told of anew, later: else they would hold for ever."""
        waiting = sorted(
            (each for each in due if each.row.state == "NOTIFIED"),
            key=lambda each: (not each.row.asked, each.row.stop_after or done.at, each.row.uid),
        )
        fits = fleet.fitting(
            [each.row.owner.target if each.row.owner else "" for each in waiting], done.alive, self.policy
        )
        for visit in (each for each, fit in zip(waiting, fits, strict=True) if not fit):
            done.guarded(visit, partial(self._put_off, done=done))

    def _put_off(self, visit: Visit, done: Outcome) -> None:
        self.step(visit, replace(self.facts(visit, done), held="crowded"), done)
        self.shown(visit)

    def _conclude(self, done: Outcome) -> None:
        """What must be told although every sandbox was seen to."""
        if done.source:
            done.faults.append(SourceError(done.source))
        if done.breaker and self.policy.mode == "live":
            done.faults.append(BlockedError("breaker", done.breaker))
        if done.cap:
            done.faults.append(BlockedError("cap", done.cap))
