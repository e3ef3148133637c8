"""What to do with one sandbox: one move of the state machine at a time. Pure: a stored decision can be replayed.

`decide` is asked again with the row after it and what its action brought, until nothing moves any more.

| state                           | condition, the first that holds    | move                                         |
|---------------------------------|------------------------------------|----------------------------------------------|
| any before STOP_CLAIMED         | exempt                             | EXEMPT; the notice is withdrawn              |
| EXEMPT                          | not exempt any more                | ACTIVE                                       |
| any before STOP_CLAIMED         | could not be brought back          | UNREAPABLE; the notice is withdrawn          |
| UNREAPABLE                      | could be, by now                   | ACTIVE                                       |
| any before STOP_CLAIMED         | somebody keeps it                  | SNOOZED until then; the notice says so       |
| SNOOZED                         | its time is over                   | ACTIVE                                       |
| IDLE, NOTICE_CLAIMED, NOTIFIED  | unknown, within the tolerance      | stay, frozen                                 |
| IDLE, NOTICE_CLAIMED, NOTIFIED  | unknown for longer                 | ACTIVE; receipt void                         |
| any before STOP_CLAIMED         | active                             | ACTIVE; receipt void                         |
| ACTIVE                          | idle, proven                       | IDLE since the start of the window           |
| IDLE                            | dry run, switch, breaker           | stay                                         |
| IDLE                            | as many are told of as may be due  | stay; the caps hold back notices, not stops  |
| IDLE                            | else                               | NOTICE_CLAIMED, then the notice goes out     |
| NOTICE_CLAIMED                  | the receipt is there               | NOTIFIED, `stop_after` a grace later or more |
| NOTICE_CLAIMED                  | none, and its claim has expired    | claimed anew: looked for, then sent again |
| NOTIFIED                        | the policy, or the owner, is another | IDLE since now; receipt void               |
| NOTIFIED                        | rollout or pods are others         | ACTIVE; receipt void                         |
| NOTIFIED                        | its owner wants it stopped now     | stay, asked                                  |
| NOTIFIED                        | `stop_after` is to come, not asked | stay                                         |
| NOTIFIED                        | due, but held, too many or overdue | IDLE since now; receipt void                 |
| NOTIFIED                        | else                               | due: the guards decide (`guards`)            |
| STOP_CLAIMED                    | stopped, seen so                   | STOPPED; the notice says so                  |
| STOP_CLAIMED                    | undone, and somebody keeps it      | SNOOZED until then; the notice says so       |
| STOP_CLAIMED                    | undone                             | ACTIVE; the notice says why                  |
| STOP_CLAIMED                    | refused by the backend, undone     | ACTIVE for a window; three times: reported   |
| STOP_CLAIMED                    | else: a run broke off              | the guards decide: go on, or undo            |
| STOPPED                         | somebody resumes it                | RESUMED, then it is restored                 |
| STOPPED                         | a *keep* on its notice comes late  | the same, and SNOOZED once it is restored    |
| STOPPED                         | something scaled it up             | ACTIVE; three times: reported as flapping |
| RESUMED                         | restored, seen so                  | ACTIVE; the notice says so                   |
| RESUMED                         | else                               | restore                                      |
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from kaizen.policy.sections.sandboxes import SandboxPolicy
from sandbox_reaper.state import BEFORE_STOP, Outcome, Owner, Receipt, Request, Row, State
from sandbox_reaper.usage import COVERAGE, Usage

CLAIM = timedelta(minutes=2)  # then whoever claimed is taken to be gone
LATE = timedelta(hours=1)  # after the time that the notice names: whoever read it may think that it is over
DRY_LATE = timedelta(minutes=10)  # then it is no single rehearsal any more
MOST_FLAPS = 3
RENEWED = timedelta(days=6)  # buttons live for seven
# What outlasts the time in a notice, so that the notice would not be true any more. A dry run may be a single one.
_VOIDING = {
    "switched_off": "stops are switched off", "breaker": "too many sandboxes are idle at once",
    "crowded": "more sandboxes are due than may be stopped at once",
}  # fmt: skip
Held = Literal["", "dry_run", "switched_off", "breaker", "crowded"]
Action = Literal["none", "notify", "stop", "finish", "restore"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a sandbox at `now`, and what the last action brought: `receipt`, `stop` or `restored`, with what
    is `lacking` after it, or why a stop was undone (`refusal`).

    `held` is why it is not told of or stopped: a dry run, the switch or the breaker, or too many others are due with
    it; empty where nothing holds.
    """

    now: datetime
    usage: Usage
    owner: Owner
    config: str
    rollout: str
    pods: str
    cores: float = 0.0
    memory: int = 0
    evidence: tuple[str, ...] = ()
    loses: str = ""
    held: Held = ""
    exempt: str = ""
    unreapable: str = ""
    scaled_up: bool = False
    request: Request | None = None
    receipt: Receipt | None = None
    stop: Literal["", "done", "undone", "refused"] = ""
    refusal: str = ""
    restored: bool = False
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """`row` is the row after it; the action is taken once that is stored."""

    action: Action
    row: Row
    why: str
    reason: str


def decide(row: Row, facts: Facts, policy: SandboxPolicy) -> Decision:
    """One move; `row` unchanged where there is none."""
    if row.state in BEFORE_STOP:
        for rule in _BEFORE_STOP:
            if (found := rule(row, facts, policy)) is not None:
                return found
    return _AFTER[row.state](row, facts)


def wanted(row: Row, requests: Iterable[Request]) -> Request | None:
    """The newest press that is still to be followed. All but *keep* belong to the notice that they were pressed on.

    Of several that keep it, the longest counts, whoever pressed last.
    """
    open_ = [
        each
        for each in requests
        if each.kind != "busy"
        and in_order(each.id) > in_order(row.handled)
        and (each.kind == "keep" or row.notice == f"{each.uid}/{each.since}")
    ]
    newest = max(open_, key=lambda each: in_order(each.id), default=None)
    if newest is None or newest.kind != "keep":
        return newest
    return replace(max((each for each in open_ if each.kind == "keep"), key=_end), id=newest.id)


def in_order(press: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """By the second in which it came, then by Slack's own id, whose parts are numbers: 9 is before 13."""
    at, _, own = press.partition("#")
    parts = own.split(".") if own else ()
    return at, tuple((len(each.lstrip("0")) if each.isdecimal() else 1000, each.lstrip("0")) for each in parts)


def _end(keep: Request) -> datetime:
    return keep.at + timedelta(hours=keep.hours)


def busy_until(requests: Iterable[Request]) -> datetime | None:
    """Until when it is busy by its own word, which may be over; None where nothing was said."""
    return max((each.until for each in requests if each.kind == "busy" and each.until is not None), default=None)


def _to(row: Row, state: State, why: str, reason: str, outcome: Outcome, facts: Facts) -> Decision:
    """Into a state without timers. A notice that stands in Slack gets its outcome."""
    told = row.outcome == "notified"
    after = replace(
        row,
        state=state,
        since=None,
        first_reading=None,
        frozen=None,
        claimed=None,
        receipt=None,
        stop_after=None,
        asked=False,
        untold="",
        outcome=outcome if told else row.outcome,
        ended=facts.now if told else row.ended,
        why=why,
        reason=reason,
    )
    return Decision("none", after, why, reason)


def _stay(row: Row, why: str, reason: str) -> Decision:
    if (row.why, row.reason) == (why, reason):
        return Decision("none", row, why, reason)
    return Decision("none", replace(row, why=why, reason=reason), why, reason)


def _set_apart(row: Row, facts: Facts, policy: SandboxPolicy) -> Decision | None:
    """Exempt, unreapable, and the way back."""
    for state, reason, why in (("EXEMPT", facts.exempt, "exempt"), ("UNREAPABLE", facts.unreapable, "unreapable")):
        if reason:
            if row.state == state:
                return _stay(row, why, reason)
            return _to(row, "EXEMPT" if state == "EXEMPT" else "UNREAPABLE", why, reason, "withdrawn", facts)
        if row.state == state:
            return _to(row, "ACTIVE", "lifted", f"not {why} any more", "withdrawn", facts)
    return None


def _kept(row: Row, facts: Facts, policy: SandboxPolicy) -> Decision | None:
    if facts.request is not None and facts.request.kind == "keep":
        return _snoozed(row, facts.request, facts)
    if row.state != "SNOOZED":
        return None
    if row.until is not None and facts.now < row.until:
        return _stay(row, "snoozed", f"kept until {row.until:%Y-%m-%d %H:%M} UTC")
    return _to(row, "ACTIVE", "snooze_over", "the time that it was kept for is over", "kept", facts)


def _snoozed(row: Row, keep: Request, facts: Facts) -> Decision:
    made = _to(row, "SNOOZED", "kept", f"kept for {keep.hours} hours", "kept", facts)
    until, by = _end(keep), keep.by
    if row.state == "SNOOZED" and row.until is not None and row.until > until:
        until, by = row.until, row.by  # a shorter one takes nothing away
    return replace(made, row=replace(made.row, until=until, by=by, handled=keep.id))


def _unknown(row: Row, facts: Facts, policy: SandboxPolicy) -> Decision | None:
    if facts.usage.value != "unknown":
        return None
    reason = facts.usage.reason
    if row.state == "ACTIVE":
        return _stay(row, "unknown", reason)
    since = row.frozen or facts.now
    if facts.now - since > timedelta(seconds=(1 - COVERAGE) * policy.window):
        return _to(row, "ACTIVE", "unknown_too_long", reason, "withdrawn", facts)
    return _stay(replace(row, frozen=since, first_reading=None), "unknown", reason)


def _active(row: Row, facts: Facts, policy: SandboxPolicy) -> Decision | None:
    if facts.usage.value != "active":
        return None
    if row.state == "ACTIVE":
        return _stay(row, "active", facts.usage.reason)
    return _to(row, "ACTIVE", "active", facts.usage.reason, "in_use", facts)


def _idle(row: Row, facts: Facts, policy: SandboxPolicy) -> Decision | None:
    """Proven idle: the timers run, and each reading counts."""
    now, thawed = facts.now, row
    if row.state == "ACTIVE":
        since = now - timedelta(seconds=policy.lag + policy.window)
        after = replace(row, state="IDLE", since=since, first_reading=now)
        return _stay(after, "idle", facts.usage.reason)
    if row.frozen is not None:
        late = row.stop_after + (now - row.frozen) if row.stop_after is not None else None
        thawed = replace(row, frozen=None, stop_after=late, shown="" if row.receipt else row.shown)
    read = thawed if thawed.first_reading is not None else replace(thawed, first_reading=now)
    match row.state:
        case "IDLE":
            return _claim(read, facts, policy, "notice")
        case "NOTICE_CLAIMED":
            return _noticed(read, facts, policy)
        case _:
            return _told(read, facts)


def _claim(row: Row, facts: Facts, policy: SandboxPolicy, why: str) -> Decision:
    """The notice, with all that must still hold when it comes to stopping. It promises a time that is kept."""
    if facts.held:
        return _stay(row, facts.held, facts.usage.reason)
    if row.shown != row.outcome:
        return _stay(row, "notice_claimed", "its last notice does not say yet what became of it")
    grace = timedelta(seconds=policy.grace if facts.owner.known else policy.unknown_owner_grace)
    assert row.since is not None
    after = replace(
        row,
        state="NOTICE_CLAIMED",
        claimed=facts.now,
        issued=facts.now,
        owner=facts.owner,
        stop_after=facts.now + grace + _spare(grace),
        config=facts.config,
        rollout=facts.rollout,
        pods=facts.pods,
        cores=facts.cores,
        memory=facts.memory,
        evidence=facts.evidence,
        loses=facts.loses,
        notice=f"{row.uid}/{row.since:%Y%m%dT%H%M%SZ}",
        outcome="",  # that of the notice before it
        shown="",
    )
    return Decision("notify", replace(after, why=why, reason=facts.usage.reason), why, facts.usage.reason)


def _spare(grace: timedelta) -> timedelta:
    """A minute for Slack to answer in, so that the time in the message stays true."""
    return min(timedelta(minutes=1), grace / 10)


def _noticed(row: Row, facts: Facts, policy: SandboxPolicy) -> Decision:
    if facts.receipt is not None:
        assert row.owner is not None
        assert row.stop_after is not None
        grace = timedelta(seconds=policy.grace if row.owner.known else policy.unknown_owner_grace)
        spare = _spare(grace)
        told = facts.receipt.at + grace
        # Clocks of two runs are some seconds apart: half of the minute must be left, else there is a new one.
        stop_after = row.stop_after if row.stop_after - told >= spare / 2 else told + spare
        after = replace(
            row,
            state="NOTIFIED",
            receipt=facts.receipt,
            channel=facts.receipt.channel,
            stop_after=stop_after,
            outcome="notified",
            shown="notified" if stop_after == row.stop_after else "",
        )
        return _stay(after, "notified", "the notice stands in Slack")
    assert row.claimed is not None
    if facts.now - row.claimed < CLAIM:
        return _stay(row, "notice_claimed", "the notice may be on its way")
    return _claim(row, facts, policy, "notice_again")


def _told(row: Row, facts: Facts) -> Decision:
    assert row.stop_after is not None
    assert row.owner is not None
    if row.config != facts.config:
        return _void(row, "policy_changed", "the policy is not the one of the notice", facts)
    if not row.owner.same(facts.owner):
        return _void(row, "owner_changed", "its owner is another than the one who was told", facts)
    if row.rollout != facts.rollout or row.pods != facts.pods:
        return _to(row, "ACTIVE", "changed", "it was changed since the notice", "in_use", facts)
    wanted = facts.request
    if wanted is not None and wanted.kind == "stop":
        after = replace(row, asked=True, by=wanted.by, handled=wanted.id, shown="")
        return _stay(after, "asked", "its owner wants it stopped")
    if facts.now < row.stop_after and not row.asked:
        return _stay(row, "grace", f"its owner has until {row.stop_after:%Y-%m-%d %H:%M:%S} UTC")
    if facts.held in _VOIDING:
        return _void(row, "held", _VOIDING[facts.held], facts)
    if facts.held == "dry_run" and facts.now - row.stop_after > DRY_LATE:
        return _void(row, "held", "stops are only rehearsed by now", facts)
    if facts.now - row.stop_after > LATE:
        return _void(row, "overdue", "the time that its notice named is long past", facts)
    return Decision("stop", replace(row, why="due", reason=facts.usage.reason), "due", facts.usage.reason)


def _void(row: Row, why: str, reason: str, facts: Facts) -> Decision:
    """It is told of anew, and the grace begins anew. Since now: else the new notice would be taken for the old one."""
    after = replace(_to(row, "IDLE", why, reason, "withdrawn", facts).row, since=facts.now, first_reading=facts.now)
    return Decision("none", after, why, reason)


def _claimed_stop(row: Row, facts: Facts) -> Decision:
    if facts.stop == "done":
        after = replace(
            row,
            state="STOPPED",
            stopped_at=facts.now,
            counted=facts.now,
            outcome="stopped",
            ended=facts.now,
            issued=facts.now,
        )
        return _stay(after, "stopped", row.reason)
    if not facts.stop:
        return Decision("finish", row, "finish", "a run broke off while it was stopping")
    told = replace(row, outcome="notified", stop_id="", attempts=0)
    if facts.request is not None and facts.request.kind == "keep":
        return _snoozed(told, facts.request, facts)
    undone = _to(told, "ACTIVE", "refused", facts.refusal, "refused", facts)
    if facts.stop == "undone":
        return undone
    # The window begins anew: nobody is to be told again and again of a stop that cannot be made.
    return replace(undone, row=replace(undone.row, flaps=row.flaps + 1, resumed_at=facts.now))


def _stopped(row: Row, facts: Facts) -> Decision:
    wanted = facts.request
    kept = wanted is not None and wanted.kind == "keep" and row.notice == f"{row.uid}/{wanted.since}"
    if wanted is not None and (wanted.kind == "resume" or kept):
        after = replace(row, state="RESUMED", by=wanted.by, handled=wanted.id, outcome="resuming", ended=facts.now)
        if kept:  # pressed while the message still had that button
            after = replace(after, until=_end(wanted))
        return Decision("restore", replace(after, why="resume", reason="asked to"), "resume", "asked to")
    if facts.scaled_up:
        flaps = row.flaps + 1
        why = "flapping" if flaps >= MOST_FLAPS else "restarted"
        told = _to(replace(row, outcome="notified"), "ACTIVE", why, "something scaled it up", "restarted", facts)
        return replace(told, row=replace(told.row, flaps=flaps, resumed_at=facts.now, stop_id="", owed=row.stop_id))
    if row.issued is not None and facts.now - row.issued > RENEWED:
        row = replace(row, issued=facts.now, shown="")
    return _stay(row, "stopped", row.reason)


def _resumed(row: Row, facts: Facts) -> Decision:
    if not facts.restored:
        return Decision("restore", row, "restoring", "it is being brought back")
    outcome: Outcome = "resumed_partly" if facts.lacking else "resumed"
    reason = "; ".join(facts.lacking) or "its owner resumed it"
    after: State = "SNOOZED" if row.until is not None and facts.now < row.until else "ACTIVE"
    told = _to(replace(row, outcome="notified"), after, "resumed", reason, outcome, facts)
    return replace(told, row=replace(told.row, resumed_at=facts.now, flaps=0, stop_id=""))


Rule = Callable[[Row, Facts, SandboxPolicy], Decision | None]
_BEFORE_STOP: tuple[Rule, ...] = (_set_apart, _kept, _unknown, _active, _idle)
_AFTER: dict[State, Callable[[Row, Facts], Decision]] = {
    "STOP_CLAIMED": _claimed_stop, "STOPPED": _stopped, "RESUMED": _resumed,
}  # fmt: skip
