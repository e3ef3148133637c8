"""What one response counts as, what a viewer's responses do together, and the changes that they make."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_stream.answer import Body
from phase_stream.plan import Mark, Plan, Resync, Run
from phase_stream.savings import Account, Amounts, Measured, Standing, Tally, amounts, changes, judged, measured

FAULTS = (Resync.GAP, Resync.CRC, Resync.TOO_OLD)
EPOCH = 7


def response(after: int | None, first: int, last: int, reason: Resync = Resync.NONE, epoch: int = EPOCH) -> Measured:
    """Of ten bytes a frame, thirty as full ones."""
    sent = 10 * (last - first + 1)
    return Measured(
        Tally(reason, "delta", sent, 0, 3 * sent if reason is Resync.NONE else sent), epoch, first, last, after
    )


def goes_on(after: int, last: int) -> Measured:
    return response(after, after + 1, last)


def begins(first: int, last: int, epoch: int = EPOCH) -> Measured:
    return response(None, first, last, Resync.FIRST, epoch)


def counted(*responses: Measured) -> list[Tally]:
    account = Account.of(None)
    return [account.add(each, number) for number, each in enumerate(responses)]


def saved(*responses: Measured) -> list[int]:
    return [each.saved for each in counted(*responses)]


@given(
    reason=st.sampled_from(Resync),
    form=st.sampled_from(("full", "delta")),
    sent=st.integers(1, 1 << 22),
    more=st.integers(0, 1 << 22),
    share=st.floats(0, 1),
    before=st.none() | st.just(Standing(EPOCH, 3, 9)) | st.just(Standing(EPOCH, 30, 90)),
)
def test_sums_are_exact(reason: Resync, form: str, sent: int, more: int, share: float, before: Standing | None) -> None:
    documents = int(sent * share)
    body = Body(b"x" * sent, form, documents, sent + more)  # type: ignore[arg-type]
    plan = Plan(reason, False, (Run(8, 2, 10, 20),))
    tally, stands = judged(before, measured(plan, EPOCH, body, Mark(EPOCH, 9) if reason is Resync.NONE else None))
    assert tally.sent + tally.saved == tally.full_equivalent
    going_on = reason is Resync.NONE and before is not None and before.last == 9
    assert stands == before if reason is Resync.NONE and before is None else stands is not None
    earlier = reason is Resync.NONE and before is not None and before.first == 30
    assert tally.saved == (more if going_on else 0)
    again = reason is Resync.NONE and not going_on and not earlier
    assert tally.retransmitted == (sent if reason in FAULTS or again else 0)
    rows = amounts(tally)
    by_kind = {value: amount for (name, _, value), amount in rows.items() if name == "phase_frame_bytes_sent_total"}
    assert sum(by_kind.values()) == sent
    assert by_kind.get("config", 0) == documents
    assert by_kind.get(form, 0) == sent - documents
    assert sent + rows["bytes_saved_total", "", ""] == rows["phase_frame_bytes_full_equivalent_total", "", ""]
    assert ("bytes_saved_total", "", "") in rows, "at 0, too"
    assert rows["phase_bytes_retransmitted_total", "", ""] == tally.retransmitted
    resyncs = {value for name, _, value in rows if name == "phase_resync_total"}
    assert resyncs == (set() if reason is Resync.NONE else {reason.value})


@pytest.mark.parametrize(
    ("reason", "sent", "documents", "full", "again"),
    [
        (Resync.NONE, 10, 0, 9, False),  # a negative saving
        (Resync.NONE, 10, 11, 20, False),
        (Resync.NONE, 10, -1, 20, False),
        (Resync.CRC, 10, 0, 20, False),  # a saving by a fault
        (Resync.FIRST, 10, 0, 20, False),
        (Resync.NONE, 10, 0, 20, True),  # a saving by what was sent before
    ],
)
def test_what_cannot_be_is_not_counted(reason: Resync, sent: int, documents: int, full: int, again: bool) -> None:
    with pytest.raises(ValueError, match="sent="):
        Tally(reason, "delta", sent, documents, full, again)


def test_a_viewer_that_goes_on_saves() -> None:
    assert saved(begins(8, 10), goes_on(10, 13), goes_on(13, 20)) == [0, 60, 140]


def test_issue_11_line_7_a_forged_or_repeated_after_is_not_believed() -> None:
    """Before, each of these saved 2/3 of the full equivalent, as often as it was asked."""
    (forged,) = counted(goes_on(4, 20))
    assert (forged.saved, forged.retransmitted, forged.full_equivalent) == (0, 160, 160)
    assert saved(goes_on(4, 20), goes_on(20, 30), goes_on(30, 40)) == [0, 0, 0], "nor what goes on from a forged one"
    assert saved(goes_on(4, 20), begins(16, 20), goes_on(20, 30)) == [0, 0, 200]
    told = counted(begins(8, 10), goes_on(10, 20), goes_on(10, 20), goes_on(10, 20))
    assert [each.saved for each in told] == [0, 200, 0, 0]
    assert [each.retransmitted for each in told] == [0, 0, 100, 100]


def test_a_viewer_cannot_go_back_to_go_through_the_ring_once_more() -> None:
    assert saved(begins(8, 10), goes_on(10, 20), goes_on(9, 12), goes_on(12, 20), goes_on(20, 21)) == [0, 200, 0, 0, 20]


@pytest.mark.parametrize("reason", [Resync.FIRST, Resync.CRC, Resync.GAP])
def test_nor_by_asking_for_a_keyframe(reason: Resync) -> None:
    told = saved(begins(8, 10), goes_on(10, 20), response(None, 8, 8, reason), goes_on(8, 20), goes_on(20, 21))
    assert told == [0, 200, 0, 0, 20]


def test_a_new_epoch_is_a_new_beginning_and_an_old_one_none() -> None:
    told = saved(
        begins(8, 10),
        response(None, 0, 3, Resync.EPOCH, EPOCH + 1),
        goes_on(10, 20),  # of the epoch before: it came late
        response(3, 4, 5, epoch=EPOCH + 1),
    )
    assert told == [0, 0, 0, 40]


def test_the_past_that_a_new_page_fetches_is_neither_saved_nor_sent_again() -> None:
    """Such a page is at the newest frame already when it asks for what the ring has before its first one."""
    told = counted(begins(64, 70), goes_on(9, 63), goes_on(70, 72), goes_on(9, 63))
    assert [each.saved for each in told] == [0, 0, 40, 0]
    assert [each.retransmitted for each in told] == [0, 0, 0, 540]
    assert counted(begins(64, 70), goes_on(9, 64))[1].retransmitted == 550, "its last frame was sent before"


@dataclass
class Ring:
    """A stream of which each frame is there from its time on, and who asked for what."""

    newest: int = 9
    told: list[Measured] = field(default_factory=list)

    def ask(self, after: int | None, most: int) -> None:
        start = max(self.newest - 7, 0) if after is None else after + 1
        if start <= self.newest:
            reason = Resync.FIRST if after is None else Resync.NONE
            self.told.append(response(after, start, min(start + most - 1, self.newest), reason))


steps = st.lists(
    st.tuples(st.integers(0, 3), st.none() | st.integers(0, 12), st.integers(1, 9)), min_size=1, max_size=40
)


@given(steps)
def test_nobody_saves_more_than_one_pass_of_the_stream(asked: Sequence[tuple[int, int | None, int]]) -> None:
    """Whatever is asked in whatever order: each frame saves once at most, and none before a beginning."""
    ring = Ring()
    for new, back, most in asked:
        ring.newest += new
        ring.ask(None if back is None else max(ring.newest - back, 0), most)
    told = counted(*ring.told)
    frames = [
        seq for each, at in zip(told, ring.told, strict=True) if each.saved for seq in range(at.first, at.last + 1)
    ]
    assert len(frames) == len(set(frames))
    assert sum(each.saved for each in told) <= 20 * (ring.newest + 1)
    assert all(each.sent + each.saved == each.full_equivalent for each in told)
    assert not any(saved(*[each for each in ring.told if each.tally.reason is Resync.NONE]))


def test_one_row_of_each_series_and_one_shard() -> None:
    """The fold is the only one that writes, and a transaction takes a hundred actions at most."""
    total = Amounts()
    for reason in Resync:
        for form in ("full", "delta"):
            total.update(amounts(Tally(reason, form, 10, 1, 10)))
    made = changes("kuramoto", total)
    assert len({(each.metric, each.series) for each in made}) == len(made) == 11
    assert len({each.series.rpartition("#")[2] for each in made}) == 1
    assert all(each.action == "add" for each in made)
