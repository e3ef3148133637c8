"""Each row of the state machine's table, and what must hold for any order of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.metrics.catalogue.sandboxes import WHYS
from sandbox_reaper.decision import Decision, Facts, decide, wanted
from sandbox_reaper.plain import from_plain, to_plain
from sandbox_reaper.state import BEFORE_STOP, Owner, Receipt, Request, Row, State
from sandbox_reaper.usage import Usage
from tests.unit.sandboxes.sandbox_world import LIVE, OWNER, T0

IDLE, ACTIVE, UNKNOWN = (Usage(each, each, each) for each in ("idle", "active", "unknown"))
ANA = Owner(OWNER, OWNER, "annotation")
LATER = T0 + timedelta(hours=1)
SINCE = T0 - timedelta(hours=2, minutes=31)
TOLD = Row(
    "u", "shop", "NOTIFIED", since=SINCE, first_reading=T0 - timedelta(minutes=31), claimed=SINCE,
    issued=SINCE, owner=ANA, channel="D0", receipt=Receipt("D0", "1.0", T0 - timedelta(minutes=31)), stop_after=T0,
    config="c", rollout="r", pods="p", outcome="notified", shown="notified", notice="u/n",
)  # fmt: skip
FACTS = Facts(T0, IDLE, ANA, "c", "r", "p")
FRESH = Row("u", "shop")
SEEN = replace(FRESH, state="IDLE", since=SINCE, first_reading=T0)
CLAIMED = replace(TOLD, state="NOTICE_CLAIMED", receipt=None, claimed=T0, outcome="", shown="")
STOPPED = replace(TOLD, state="STOPPED", stop_id="s", outcome="stopped", shown="stopped", issued=T0, counted=T0)


def request(kind: Any, hours: int = 0, at: str = "2") -> Request:
    return Request(at, "u", kind, "n", OWNER, T0, hours)


TABLE: list[tuple[str, Row, dict[str, Any], State, str, str]] = [
    ("new and busy", FRESH, {"usage": ACTIVE}, "ACTIVE", "none", "active"),
    ("new and unknown", FRESH, {"usage": UNKNOWN}, "ACTIVE", "none", "unknown"),
    ("proven idle", FRESH, {}, "IDLE", "none", "idle"),
    ("dry run", SEEN, {"held": "dry_run"}, "IDLE", "none", "dry_run"),
    ("switched off", SEEN, {"held": "switched_off"}, "IDLE", "none", "switched_off"),
    ("breaker", SEEN, {"held": "breaker"}, "IDLE", "none", "breaker"),
    ("told of", SEEN, {}, "NOTICE_CLAIMED", "notify", "notice"),
    ("receipt", CLAIMED, {"receipt": Receipt("D0", "1.0", T0)}, "NOTIFIED", "none", "notified"),
    ("claim is young", CLAIMED, {}, "NOTICE_CLAIMED", "none", "notice_claimed"),
    ("claim has expired", replace(CLAIMED, claimed=SINCE), {}, "NOTICE_CLAIMED", "notify", "notice_again"),
    ("grace", replace(TOLD, stop_after=T0 + timedelta(seconds=1)), {}, "NOTIFIED", "none", "grace"),
    ("due", TOLD, {}, "NOTIFIED", "stop", "due"),
    ("another policy", TOLD, {"config": "d"}, "IDLE", "none", "policy_changed"),
    ("another owner", TOLD, {"owner": replace(ANA, target="U0BEN000")}, "IDLE", "none", "owner_changed"),
    ("no owner any more", TOLD, {"owner": replace(ANA, known=False)}, "IDLE", "none", "owner_changed"),
    ("due, switched off", TOLD, {"held": "switched_off"}, "IDLE", "none", "held"),
    ("due, breaker", TOLD, {"held": "breaker"}, "IDLE", "none", "held"),
    ("due, in a dry run", TOLD, {"held": "dry_run"}, "NOTIFIED", "stop", "due"),
    ("in its grace, switched off", replace(TOLD, stop_after=LATER), {"held": "switched_off"}, "NOTIFIED", "none",
     "grace"),
    ("long overdue", replace(TOLD, stop_after=T0 - timedelta(minutes=61)), {}, "IDLE", "none", "overdue"),
    ("rolled out", TOLD, {"rollout": "s"}, "ACTIVE", "none", "changed"),
    ("other pods", TOLD, {"pods": "q"}, "ACTIVE", "none", "changed"),
    ("stop now", replace(TOLD, stop_after=LATER), {"request": request("stop")}, "NOTIFIED", "none", "asked"),
    ("asked", replace(TOLD, stop_after=LATER, asked=True), {}, "NOTIFIED", "stop", "due"),
    ("work in the grace", TOLD, {"usage": ACTIVE}, "ACTIVE", "none", "active"),
    ("unknown, for a moment", TOLD, {"usage": UNKNOWN}, "NOTIFIED", "none", "unknown"),
    ("unknown, for long", replace(TOLD, frozen=T0 - timedelta(minutes=7)), {"usage": UNKNOWN}, "ACTIVE", "none",
     "unknown_too_long"),
    ("kept", TOLD, {"request": request("keep", 4)}, "SNOOZED", "none", "kept"),
    ("kept for a time", replace(FRESH, state="SNOOZED", until=LATER), {}, "SNOOZED", "none", "snoozed"),
    ("kept no longer", replace(FRESH, state="SNOOZED", until=T0), {}, "ACTIVE", "none", "snooze_over"),
    ("exempt", TOLD, {"exempt": "for good"}, "EXEMPT", "none", "exempt"),
    ("exempt still", replace(FRESH, state="EXEMPT"), {"exempt": "for good"}, "EXEMPT", "none", "exempt"),
    ("exempt no more", replace(FRESH, state="EXEMPT"), {}, "ACTIVE", "none", "lifted"),
    ("not restorable", TOLD, {"unreapable": "a bare pod"}, "UNREAPABLE", "none", "unreapable"),
    ("restorable again", replace(FRESH, state="UNREAPABLE"), {}, "ACTIVE", "none", "lifted"),
    ("stopped", replace(TOLD, state="STOP_CLAIMED"), {"stop": "done"}, "STOPPED", "none", "stopped"),
    ("fenced", replace(TOLD, state="STOP_CLAIMED"), {"stop": "undone"}, "ACTIVE", "none", "refused"),
    ("broke off", replace(TOLD, state="STOP_CLAIMED"), {}, "STOP_CLAIMED", "finish", "finish"),
    ("broke off, busy", replace(TOLD, state="STOP_CLAIMED"), {"usage": ACTIVE}, "STOP_CLAIMED", "finish", "finish"),
    ("stays stopped", STOPPED, {"usage": UNKNOWN}, "STOPPED", "none", "stopped"),
    ("resume", STOPPED, {"request": request("resume")}, "RESUMED", "restore", "resume"),
    ("scaled up", STOPPED, {"scaled_up": True}, "ACTIVE", "none", "restarted"),
    ("scaled up again", replace(STOPPED, flaps=2), {"scaled_up": True}, "ACTIVE", "none", "flapping"),
    ("restoring", replace(STOPPED, state="RESUMED"), {}, "RESUMED", "restore", "restoring"),
    ("restored", replace(STOPPED, state="RESUMED"), {"restored": True}, "ACTIVE", "none", "resumed"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "row", "facts", "state", "action", "why"), TABLE, ids=[each[0] for each in TABLE])
def test_each_row_of_the_table(case: str, row: Row, facts: dict[str, Any], state: State, action: str, why: str) -> None:
    found = decide(row, replace(FACTS, **facts), LIVE)
    assert (found.row.state, found.action, found.why) == (state, action, why)
    assert why in WHYS
    if found.row.state == "ACTIVE":
        assert (found.row.since, found.row.receipt, found.row.stop_after, found.row.asked) == (None, None, None, False)


def test_the_grace_counts_from_the_receipt_and_is_longer_for_an_unknown_owner() -> None:
    late = Receipt("D0", "1.0", T0 + timedelta(minutes=3))
    for owner, grace in ((ANA, timedelta(minutes=30)), (replace(ANA, known=False), timedelta(hours=24))):
        claimed = decide(SEEN, replace(FACTS, owner=owner), LIVE).row
        found = decide(claimed, replace(FACTS, receipt=late), LIVE).row
        assert found.stop_after is not None
        assert found.stop_after >= late.at + grace


def test_thawing_moves_the_deadline() -> None:
    frozen = decide(TOLD, replace(FACTS, usage=UNKNOWN), LIVE).row
    assert frozen.first_reading is None  # two readings in a row begin anew
    thawed = decide(frozen, replace(FACTS, now=T0 + timedelta(minutes=5)), LIVE).row
    assert thawed.stop_after == T0 + timedelta(minutes=5)


def test_the_newest_press_counts_once_and_belongs_to_its_notice() -> None:
    presses = [request("keep", 4, "1"), request("stop", at="2"), replace(request("stop", at="3"), since="old")]
    found = wanted(TOLD, presses)
    assert found is not None
    assert found.id == "2"
    assert wanted(replace(TOLD, handled="2"), presses) is None


def usages() -> st.SearchStrategy[Usage]:
    return st.sampled_from((IDLE, ACTIVE, UNKNOWN))


def facts_of() -> st.SearchStrategy[Facts]:
    return st.builds(
        Facts,
        now=st.integers(0, 3000).map(lambda minutes: T0 + timedelta(minutes=minutes)),
        usage=usages(),
        owner=st.sampled_from((ANA, replace(ANA, known=False))),
        config=st.sampled_from("cd"),
        rollout=st.sampled_from("rs"),
        pods=st.just("p"),
        held=st.sampled_from(("", "dry_run", "breaker")),
        exempt=st.sampled_from(("", "", "", "exempt")),
        unreapable=st.sampled_from(("", "", "", "bare")),
        request=st.sampled_from((None, None, request("keep", 4), request("stop"), request("resume"))),
        receipt=st.sampled_from((None, Receipt("D0", "1.0", T0))),
    )


@given(st.lists(facts_of(), max_size=12))
def test_nothing_is_due_without_a_receipt_an_idle_reading_and_its_time(moves: list[Facts]) -> None:
    row = FRESH
    for facts in sorted(moves, key=lambda each: each.now):
        found: Decision = decide(row, facts, LIVE)
        if found.action == "stop":
            assert row.receipt is not None
            assert facts.usage.value == "idle"
            assert row.asked or (row.stop_after is not None and facts.now >= row.stop_after)
        if found.row.state in BEFORE_STOP and facts.usage.value != "idle":
            assert found.action == "none"
        row = found.row


@given(facts_of())
def test_what_a_decision_follows_from_can_be_kept_and_replayed(facts: Facts) -> None:
    for row in (FRESH, SEEN, CLAIMED, TOLD, STOPPED):
        again = from_plain(Row, to_plain(row)), from_plain(Facts, to_plain(facts))
        assert again == (row, facts)
        assert decide(*again, LIVE) == decide(row, facts, LIVE)
