"""One run: every sandbox is looked at and moved on, then what is due is stopped, if all guards hold.

A run goes on past a sandbox that fails, and raises at the end. It takes nothing new when little time is left: the next
run goes on where it ended, since every step is stored before it is done.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Protocol

from kaizen.metrics.changes import Change, add
from kaizen.policy.sections.sandboxes import SandboxPolicy
from sandbox_reaper import fleet, guards, protection, restore, stopping, wording
from sandbox_reaper.backend import BackendError, FencedError, GoneError, Inventory, Reader, Sandbox, Writer
from sandbox_reaper.decision import MOST_FLAPS, Decision, Facts, Held, busy_until, decide, wanted
from sandbox_reaper.owners import instead, owner_of
from sandbox_reaper.state import BEFORE_STOP, Owner, Receipt, Request, Row
from sandbox_reaper.usage import SKEW, Readings, Usage, judged

_GONE = Usage("unknown", "gone", "it is gone")
LEAST_LEFT = 0.2  # share of the time; below it nothing new is begun
_MOST_MOVES = 8
_MOST_ATTEMPTS = 3  # runs that are at one stop, before it is undone
_REHEARSAL = "rehearsal"  # the stop id of a write that is not kept
_STANDING = ("notified", "stopped", "stuck", "resuming")  # messages that promise something
_HELD = {
    "": "", "dry_run": "this is a dry run", "switched_off": "the switch is off", "breaker": "the breaker is open",
    "crowded": "too many are due",
}  # fmt: skip
_REREAD = timedelta(seconds=30)  # then the figures of the re-check are read again
_FLAPPING = timedelta(hours=24)
_COUNTED_EVERY = timedelta(minutes=15)  # of what a stopped sandbox saves
# What is half done comes first, then what has a deadline.
_ORDER = ("STOP_CLAIMED", "RESUMED", "STOPPED", "NOTIFIED", "NOTICE_CLAIMED", "IDLE")


class Store(Protocol):
    """Where rows, records and decisions are kept. `save` raises OvertakenError where another run was faster."""

    def rows(self) -> Mapping[str, Row]: ...
    def requests(self, uid: str = "") -> Mapping[str, Sequence[Request]]:
        """By sandbox: of all of them, or of that one."""
        ...

    def save(self, row: Row, changes: Iterable[Change], now: datetime) -> Row: ...
    def forget(self, row: Row) -> None: ...
    def keep_record(self, record: restore.Record) -> restore.Record | None: ...
    def record(self, uid: str, stop_id: str) -> restore.Record | None: ...
    def history(self) -> Sequence[float]: ...


class Board(Protocol):
    """Where people read. Both raise SlackError and BusyError, and UntoldError where the owner's name is wrong."""

    def channel(self, owner: Owner) -> str: ...
    def show(self, row: Row) -> Receipt: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One decision with all that it follows from, so that it can be made again."""

    row: Row
    facts: Facts
    decision: Decision


@dataclass(slots=True)
class Visit:
    """One sandbox in this run. `row` is as it is stored by now; `steps` are the decisions, in order."""

    sandbox: Sandbox
    row: Row
    usage: Usage
    requests: Sequence[Request]
    owner: Owner
    steps: list[Step] = field(default_factory=list)
    guarded: list[tuple[str, str]] = field(default_factory=list)
    due: bool = False


@dataclass(slots=True)
class Outcome:
    """What a run saw and did, under a policy with that `config`.

    `listed` are the uids of the whole list; `faults` are the errors that it went past.

    `held`, `cap` and `breaker` are why nobody is stopped; empty where they do not hold. `told` has the deadline and the
    owner of each that was told of and is not stopped yet.
    """

    at: datetime
    config: str
    listed: frozenset[str] = frozenset()
    told: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    source: str = ""
    held: Held = ""
    cap: str = ""
    breaker: str = ""
    stops: Counter[str] = field(default_factory=Counter)
    resumes: int = 0
    postponed: int = 0
    idle: int = 0
    alive: int = 0


class UntoldError(Exception):
    """Slack takes no message for that person or channel: there is none, or the app may not write there."""


class BlockedError(Exception):
    """More is due, or idle, than may be stopped at once: nothing was stopped, and somebody should look.

    `by` is what held: `cap` or `breaker`.
    """

    def __init__(self, by: str, message: str) -> None:
        super().__init__(message)
        self.by = by


class SourceError(Exception):
    """The usage could not be read: nothing is known, and nothing was stopped."""


@dataclass(frozen=True, slots=True)
class Run:
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

    def go(self, only: str = "") -> Outcome:
        """All sandboxes, or the one of that uid. Raises BackendError where there is no whole list of them."""
        now = _whole(self.clock())
        # The rows first: whoever changes a sandbox after this changes its row, too, and this run's write is refused.
        rows, requests = self.store.rows(), self.store.requests()
        inventory = self.reader.inventory()
        readings = self.take(now, _pods_within(inventory.sandboxes)) if inventory.sandboxes else Readings(now)
        if abs(inventory.at - now) > SKEW:
            readings = Readings(now, fault="the clock of the cluster is another than ours")
        listed = frozenset(each.uid for each in inventory.sandboxes)
        done = Outcome(now, fleet.config_of(self.policy), listed, source=readings.fault)
        found = [*inventory.sandboxes, *self._elsewhere(inventory, rows, done)]
        done.visits = [self._visit(each, rows, requests, readings) for each in found]
        self._look_at_all(done)
        mine = [each for each in done.visits if only in ("", each.row.uid)]
        for place, visit in enumerate(sorted(mine, key=_urgency)):
            if self.left() <= LEAST_LEFT:
                done.postponed = len(mine) - place
                break
            self._guarded(done, visit, partial(self._moved, done=done))
        # A run for one sandbox is there for who asked: what is merely due waits for the caps of a whole run.
        due = [each for each in mine if each.due and (not only or each.row.asked or each.row.state == "STOP_CLAIMED")]
        owners = [each.row.owner.target if each.row.owner else "" for each in due]
        done.cap = fleet.over_cap(owners, done.alive, self.policy)
        self._stop_all(due, done)
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
                now = _whole(self.clock())
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
        mine = _asked_of(sandbox, requests)
        usage = judged(sandbox, _touched(sandbox, row), readings, self.policy, busy_until(mine))
        return Visit(sandbox, row, usage, mine, self._owner(sandbox, row))

    def _owner(self, sandbox: Sandbox, row: Row) -> Owner:
        fallback = self.policy.channel or ""
        found = owner_of(sandbox, self.policy.owners, fallback)
        return instead(found, fallback) if found.known and found.target == row.untold else found

    def _look_at_all(self, done: Outcome) -> None:
        alive = [each for each in done.visits if each.row.state in BEFORE_STOP]
        done.alive, done.idle = len(alive), sum(each.usage.value == "idle" for each in alive)
        done.breaker = fleet.breaker(done.idle, done.alive, self.store.history(), self.policy)
        done.held = self._held(done)
        for each in done.visits:
            _tell(done, each.row)

    def _crowded(self, visit: Visit, now: datetime, done: Outcome) -> bool:
        """Whether it has to wait to be told of: else more would be due together than may be stopped."""
        if visit.row.uid in done.told or done.held or visit.usage.value != "idle":
            return False
        grace = timedelta(seconds=self.policy.grace if visit.owner.known else self.policy.unknown_owner_grace)
        return not fleet.room(now + grace, visit.owner.target, done.told.values(), done.alive, self.policy)

    def _held(self, done: Outcome) -> Held:
        if self.policy.mode != "live":
            return "dry_run"
        if self.writer is None or not self.switch():
            return "switched_off"
        return "breaker" if done.breaker else ""

    def _guarded(self, done: Outcome, visit: Visit, act: Callable[[Visit], None]) -> None:
        """One sandbox must not keep the others waiting, whatever is wrong with it."""
        try:
            act(visit)
        except Exception as error:  # noqa: BLE001 - raised at the end of the run
            error.add_note(visit.sandbox.name)
            done.faults.append(error)

    def _facts(self, visit: Visit, done: Outcome) -> Facts:
        sandbox, row = visit.sandbox, visit.row
        now = _whole(self.clock())
        flapping = row.flaps >= MOST_FLAPS and row.resumed_at is not None and now - row.resumed_at < _FLAPPING
        why_not = protection.unreapable(sandbox, self.policy.protected)
        if not why_not and row.state == "UNREAPABLE" and visit.usage.value == "idle" and self.writer is not None:
            why_not = self._barred(visit)  # it may be what was refused before
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
            evidence=wording.evidence(visit.usage.figures, self.policy, sandbox.fleeting) if idle else (),
            held="crowded" if self._crowded(visit, now, done) else done.held,
            exempt=exempt,
            unreapable=f"it runs on after {row.flaps} stops" if flapping else why_not,
            scaled_up=row.state == "STOPPED" and restore.running(sandbox),
            request=wanted(row, visit.requests),
        )

    def _moved(self, visit: Visit, done: Outcome) -> None:
        """Move after move, until there is none, or until all are needed to decide."""
        self._shown(visit)
        if self._given_back(visit):
            done.stops["undone"] += 1
            return  # it is not what was read any more: the next run looks at it
        facts = self._facts(visit, done)
        for _ in range(_MOST_MOVES):
            before = visit.row
            if self._about_to_tell(visit, facts) and (barred := self._barred(visit)):
                facts = replace(facts, unreapable=barred)
            decision = self._step(visit, facts, done)
            if decision.action in ("stop", "finish"):
                visit.due = True
                break
            if decision.action == "none":
                stays = (decision.row.state, decision.row.handled) == (before.state, before.handled)
                if stays or facts.stop or facts.restored:
                    break  # what was just changed is looked at in the next run
                self._shown(visit)  # while the row says why
                facts = replace(facts, request=wanted(visit.row, visit.requests), receipt=None)
                continue
            facts = self._acted(visit, decision, facts, done)
        self._shown(visit)

    def _about_to_tell(self, visit: Visit, facts: Facts) -> bool:
        return visit.row.state == "IDLE" and decide(visit.row, facts, self.policy).action == "notify"

    def _barred(self, visit: Visit) -> str:
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

    def _given_back(self, visit: Visit) -> bool:
        """Whether a stop was undone of which the row knows nothing, or nothing any more.

        A run that another one overtook may have stopped what that one gave up, and what was stopped may have been
        started by something else in part. Nobody could resume the rest.
        """
        row = visit.row
        if row.state not in BEFORE_STOP:
            return False
        ids = {each.stop for each in visit.sandbox.workloads if each.stop and not each.size} | {row.owed}
        given = False
        for stop_id in sorted(ids - {""}):
            lost = stop_id == row.owed
            # A mark alone may be that of a Sandbox in here, which was stopped by itself and is resumed by itself.
            record = self._record(visit.sandbox, stop_id) if lost else self.store.record(row.uid, stop_id)
            if record is not None and not restore.restored(record, visit.sandbox, unmarked=lost):
                stopping.restore(self.reader, self.resumer, record, unmarked=lost)
                given = True
        if row.owed:
            visit.row = self.store.save(replace(row, owed=""), (), _whole(self.clock()))
        return given

    def _record(self, sandbox: Sandbox, stop_id: str) -> restore.Record | None:
        """What a stop took away, as it was written down; where that is lost, as the objects themselves say it."""
        kept = self.store.record(sandbox.uid, stop_id)
        return kept if kept is not None else restore.by_marks(sandbox, stop_id, self.clock())

    def _step(self, visit: Visit, facts: Facts, done: Outcome) -> Decision:
        """Decide and store: what is written comes before what is done."""
        before, decision = visit.row, decide(visit.row, facts, self.policy)
        visit.steps.append(Step(before, facts, decision))
        row, changes = decision.row, _counted(before, decision.row)
        if before.counted is not None and (row.state != "STOPPED" or facts.now - before.counted >= _COUNTED_EVERY):
            changes += _saved(before, facts.now)
            row = replace(row, counted=facts.now if row.state == "STOPPED" else None)
        visit.row = self.store.save(row, changes, facts.now) if _differs(before, row) else row
        _tell(done, visit.row)
        return decision

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
                return replace(facts, now=_whole(self.clock()), receipt=receipt)
            case _:
                self._shown(visit)
                lacking = self._resumed(visit)
                done.resumes += 1
                return replace(facts, now=_whole(self.clock()), restored=True, lacking=lacking)

    def _told_elsewhere(self, visit: Visit, facts: Facts) -> Facts:
        """Nothing was delivered: the same notice goes to the fallback channel, with the grace of an unknown owner."""
        row = visit.row
        assert row.owner is not None
        again = replace(row, state="IDLE", untold=row.owner.target, claimed=None, stop_after=None)
        visit.row = self.store.save(again, (), facts.now)
        visit.owner = self._owner(visit.sandbox, visit.row)
        return replace(facts, owner=visit.owner)

    def _resumed(self, visit: Visit) -> tuple[str, ...]:
        """What is not as it was before the stop, after all has been given back that could be."""
        record = self._record(visit.sandbox, visit.row.stop_id)
        if record is None:
            return ("nothing is known of its sizes any more: neither their record nor the marks on them are there",)
        after = stopping.restore(self.reader, self.resumer, record, unmarked=True)
        return restore.lacking(record, after) if after is not None else ("it is gone",)

    def _shown(self, visit: Visit) -> None:
        """The notice says what became of it."""
        row = visit.row
        if row.notice and row.channel and row.outcome and row.shown != row.outcome:
            self.board.show(row)
            visit.row = self.store.save(replace(row, shown=row.outcome), (), _whole(self.clock()))

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
            self._guarded(done, visit, partial(self._put_off, done=done))

    def _put_off(self, visit: Visit, done: Outcome) -> None:
        self._step(visit, replace(self._facts(visit, done), held="crowded"), done)
        self._shown(visit)

    def _stop_all(self, due: Sequence[Visit], done: Outcome) -> None:
        """What a run left half done comes first."""
        recheck = _Recheck(self, _pods_within(each.sandbox for each in due))
        for place, visit in enumerate(sorted(due, key=_urgency)):
            if self.left() <= LEAST_LEFT:
                done.postponed += len(due) - place
                return
            act = self._go_on if visit.row.state == "STOP_CLAIMED" else self._stop
            self._guarded(done, visit, partial(act, recheck=recheck, done=done))

    def _stop(self, visit: Visit, recheck: "_Recheck", done: Outcome) -> None:
        """The re-check, every guard, the record, every guard again, the claim, the writes."""
        sandbox = self._seen(visit, recheck)
        before = self._case(visit, sandbox, recheck, None, done)
        visit.guarded = guards.before_writing(before)
        if visit.guarded or sandbox is None or self.writer is None:
            return
        stop_id = f"{visit.row.name}-{before.now:%Y%m%dT%H%M%SZ}"
        record = self.store.keep_record(restore.record_of(sandbox, stop_id, before.now))
        visit.guarded = guards.refusals(self._case(visit, sandbox, recheck, record, done))
        if visit.guarded or record is None:
            return
        row = replace(visit.row, state="STOP_CLAIMED", stop_id=stop_id, why="stop_claimed", attempts=1)
        row = replace(row, cores=sandbox.cores, memory=sandbox.memory)
        visit.row = self.store.save(row, (), before.now)
        self._carried_out(visit, sandbox, record, recheck, done)

    def _seen(self, visit: Visit, recheck: "_Recheck") -> Sandbox | None:
        """The sandbox as it is now. Figures that have become old are read before it: they take seconds."""
        recheck.readings()
        return self.reader.sandbox(visit.row.name)

    def _go_on(self, visit: Visit, recheck: "_Recheck", done: Outcome) -> None:
        """A stop that a run broke off: to its end where every guard still holds, else undone."""
        row = visit.row
        sandbox, record = self._seen(visit, recheck), self.store.record(row.uid, row.stop_id)
        if sandbox is None or sandbox.uid != row.uid:
            self._ended(visit, stopping.Ended("undone", stopping.GONE), done)
            return
        kept = record if record is not None else restore.by_marks(sandbox, row.stop_id, self.clock())
        if kept is None or restore.untouched(kept, sandbox):
            self._ended(visit, stopping.Ended("undone", "a run broke off before anything of it was stopped"), done)
        elif record is None:
            self._undone(visit, kept, stopping.Ended("undone", "there is no durable record of it"), done)
        elif self.writer is None:
            self._undone(visit, kept, stopping.Ended("undone", _HELD[done.held]), done)
        elif restore.stopped(record, sandbox):
            against = guards.words(self._case(visit, sandbox, recheck, record, done))
            if against:
                self._undone(visit, kept, stopping.Ended("undone", against[0][1]), done)
            else:
                self._ended(visit, stopping.Ended("done"), done)
        elif row.attempts >= _MOST_ATTEMPTS:
            why = f"the cluster did not take it in {row.attempts} runs"
            self._undone(visit, kept, stopping.Ended("refused", why), done)
        else:
            visit.row = self.store.save(replace(row, attempts=row.attempts + 1), (), _whole(self.clock()))
            self._carried_out(visit, sandbox, record, recheck, done)

    def _carried_out(
        self, visit: Visit, sandbox: Sandbox, record: restore.Record, recheck: "_Recheck", done: Outcome
    ) -> None:
        """The writes, each after every guard was asked once more."""
        assert self.writer is not None

        def refusal(seen: Sandbox) -> str:
            visit.guarded = guards.refusals(self._case(visit, seen, recheck, record, done))
            return visit.guarded[0][1] if visit.guarded else ""

        try:
            look = partial(self._seen, visit, recheck)
            ended = stopping.stop(self.reader, self.writer, record, sandbox, look, refusal)
        except BackendError as error:
            if not error.retryable:  # no write was tried again, nor was anything given back
                self._stuck(visit, error)
            raise
        self._ended(visit, ended, done)

    def _undone(self, visit: Visit, record: restore.Record, ended: stopping.Ended, done: Outcome) -> None:
        try:
            stopping.restore(self.reader, self.resumer, record)
        except (BackendError, stopping.UnfinishedError) as error:
            self._stuck(visit, error)
            raise
        self._ended(visit, ended, done)

    def _stuck(self, visit: Visit, error: Exception) -> None:
        """Told once, as long as it lasts."""
        if visit.row.outcome != "stuck":
            now = _whole(self.clock())
            row = replace(visit.row, outcome="stuck", reason=str(error), ended=now)
            visit.row = self.store.save(row, (), now)
            self._shown(visit)

    def _ended(self, visit: Visit, ended: stopping.Ended, done: Outcome) -> None:
        done.stops["stopped" if ended.how == "done" else "undone"] += 1
        self._step(visit, replace(self._facts(visit, done), stop=ended.how, refusal=ended.why), done)
        self._shown(visit)

    def _case(
        self, visit: Visit, seen: Sandbox | None, recheck: "_Recheck", record: restore.Record | None, done: Outcome
    ) -> guards.Case:
        """All that the guards ask for, as it is now: figures, presses, beats and the switch are read anew."""
        readings = recheck.readings()
        inside = seen is not None and seen.whole and any(each.kind == "Sandbox" for each in seen.workloads)
        visit.requests = _asked_of(seen or visit.sandbox, self.store.requests("" if inside else visit.row.uid))
        busy, pressed, usage = busy_until(visit.requests), wanted(visit.row, visit.requests), _GONE
        if seen is not None:
            usage = judged(seen, _touched(seen, visit.row), readings, self.policy, busy)
        return guards.Case(
            now=_whole(self.clock()),
            row=visit.row,
            sandbox=seen,
            usage=usage,
            kept=pressed is not None and pressed.kind == "keep",
            busy=busy,
            read_at=readings.at,
            policy=self.policy,
            owner=self._owner(seen, visit.row) if seen is not None else visit.owner,
            switch=self.switch(),
            whole=visit.row.uid in done.listed,
            config=done.config,
            rollout=restore.rollout_of(seen, record) if seen is not None else "",
            pods=restore.pods_of(seen, record) if seen is not None else "",
            canary=readings.of("canary", self.policy.canary) or 0.0,
            cap=done.cap,
            breaker=done.breaker,
            record=record,
        )

    def _conclude(self, done: Outcome) -> None:
        """What must be told although every sandbox was seen to."""
        if done.source:
            done.faults.append(SourceError(done.source))
        if done.breaker and self.policy.mode == "live":
            done.faults.append(BlockedError("breaker", done.breaker))
        if done.cap:
            done.faults.append(BlockedError("cap", done.cap))


@dataclass(slots=True)
class _Recheck:
    """The figures of what is due, never older than half a minute; also those of each pod `within` some namespaces."""

    run: Run
    within: frozenset[str]
    read: Readings | None = None

    def readings(self) -> Readings:
        now = _whole(self.run.clock())
        if self.read is None or now - self.read.at > _REREAD:
            self.read = self.run.take(now, self.within)
        return self.read


def _tell(done: Outcome, row: Row) -> None:
    """Keep `told` as the row is by now."""
    done.told.pop(row.uid, None)
    if row.state in ("NOTICE_CLAIMED", "NOTIFIED") and row.stop_after is not None and row.owner is not None:
        done.told[row.uid] = (row.stop_after, row.owner.target)


def _whole(at: datetime) -> datetime:
    """Down to the second, so that what is stored equals what is compared."""
    return at.astimezone(UTC).replace(microsecond=0)


def _asked_of(sandbox: Sandbox, requests: Mapping[str, Sequence[Request]]) -> Sequence[Request]:
    """Its presses and beats; and the beats of Sandboxes in it, as the namespace is not stopped without them."""
    within = [each.uid for each in sandbox.workloads if each.kind == "Sandbox" and each.uid != sandbox.uid]
    beats = [each for uid in within for each in requests.get(uid, ()) if each.kind == "busy"]
    return (*requests.get(sandbox.uid, ()), *beats)


def _touched(sandbox: Sandbox, row: Row) -> datetime:
    """The newest sign of a person."""
    return max(each for each in (sandbox.created_at, sandbox.changed_at, row.resumed_at) if each is not None)


def _pods_within(sandboxes: Iterable[Sandbox]) -> frozenset[str]:
    """The namespaces of those that are measured by their pods."""
    return frozenset(each.namespace for each in sandboxes if not each.whole and each.measured)


def _urgency(visit: Visit) -> tuple[int, str]:
    state = visit.row.state
    return (_ORDER.index(state) if state in _ORDER else len(_ORDER), visit.sandbox.name)


_FACTS_OF_ROW = attrgetter(*(each.name for each in fields(Row) if each.name not in ("why", "reason")))


def _differs(before: Row, after: Row) -> bool:
    """Whether it is worth a write: why a sandbox that is in use stays so is not."""
    if after.state == before.state == "ACTIVE":
        return bool(_FACTS_OF_ROW(before) != _FACTS_OF_ROW(after))
    return before != after


def _counted(before: Row, after: Row) -> list[Change]:
    """Counted with the state that they change, so that no repeat counts twice."""
    match before.state, after.state:
        case "NOTICE_CLAIMED", "NOTIFIED":
            return [add("kaizen_sandbox_notices_total", {})]
        case "STOP_CLAIMED", "STOPPED":
            return [add("kaizen_sandbox_stops_total", {"result": "stopped"})]
        case "STOP_CLAIMED", "ACTIVE":
            return [add("kaizen_sandbox_stops_total", {"result": "undone"})]
        case "RESUMED", "ACTIVE":
            return [add("kaizen_sandbox_resumes_total", {})]
    return []


def _saved(before: Row, now: datetime) -> list[Change]:
    """What a stopped sandbox has saved since it was last counted."""
    if before.counted is None:
        return []
    seconds = max(0, int((now - before.counted).total_seconds()))
    return [
        add("kaizen_sandbox_reclaimed_core_seconds_total", {}, round(before.cores * seconds)),
        add("kaizen_sandbox_reclaimed_memory_byte_seconds_total", {}, before.memory * seconds),
    ]
