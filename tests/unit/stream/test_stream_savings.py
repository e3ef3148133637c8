"""The tally of a response and the changes it makes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.metrics.catalogue import CATALOGUE
from phase_stream.answer import Body
from phase_stream.plan import Resync
from phase_stream.savings import Tally, changes, tally

FAULTS = (Resync.GAP, Resync.CRC, Resync.TOO_OLD)


def amounts(counted: Tally, request_id: str = "r") -> dict[tuple[str, str], int]:
    made = changes("kuramoto", counted, request_id)
    assert all(change.action == "add" for change in made)
    found = {(each.metric, each.series.rpartition("#")[0]): int(each.amounts[0][1]) for each in made}
    assert len(found) == len(made), "a transaction refuses two changes of one row"
    return found


@given(
    reason=st.sampled_from(Resync),
    form=st.sampled_from(("full", "delta")),
    sent=st.integers(1, 1 << 22),
    more=st.integers(0, 1 << 22),
    share=st.floats(0, 1),
)
def test_sums_are_exact(reason: Resync, form: str, sent: int, more: int, share: float) -> None:
    documents = int(sent * share)
    body = Body(b"x" * sent, form, documents, sent + more)  # type: ignore[arg-type]
    counted = tally(reason, body)
    assert counted.sent + counted.saved == counted.full_equivalent
    assert counted.saved == (more if reason is Resync.NONE else 0)
    assert counted.retransmitted == (sent if reason in FAULTS else 0)
    rows = amounts(counted)
    by_kind = {series: amount for (name, series), amount in rows.items() if name == "phase_frame_bytes_sent_total"}
    assert sum(by_kind.values()) == sent
    assert by_kind.get('["kuramoto","config"]', 0) == documents
    assert by_kind.get(f'["kuramoto","{form}"]', 0) == sent - documents
    saved = rows["bytes_saved_total", '["kuramoto"]']
    assert sent + saved == rows["phase_frame_bytes_full_equivalent_total", '["kuramoto"]']
    assert rows.get(("phase_bytes_retransmitted_total", '["kuramoto"]'), 0) == counted.retransmitted
    resyncs = {series for name, series in rows if name == "phase_resync_total"}
    assert resyncs == (set() if reason is Resync.NONE else {f'["kuramoto","{reason}"]'})


@pytest.mark.parametrize(
    ("reason", "sent", "documents", "full"),
    [
        (Resync.NONE, 10, 0, 9),  # a negative saving
        (Resync.NONE, 10, 11, 20),
        (Resync.NONE, 10, -1, 20),
        (Resync.CRC, 10, 0, 20),  # a saving by a fault
        (Resync.FIRST, 10, 0, 20),
    ],
)
def test_what_cannot_be_is_not_counted(reason: Resync, sent: int, documents: int, full: int) -> None:
    with pytest.raises(ValueError, match="sent="):
        Tally(reason, "delta", sent, documents, full)


def test_viewers_are_spread_over_the_shards() -> None:
    counted = Tally(Resync.NONE, "delta", 10, 0, 20)
    shards = {change.series.rpartition("#")[2] for n in range(200) for change in changes("s", counted, f"request-{n}")}
    assert len(shards) == CATALOGUE["bytes_saved_total"].shards == 8


def test_one_shard_per_response() -> None:
    """The same shard in each metric: two responses that do not meet in one row meet in none."""
    counted = Tally(Resync.CRC, "delta", 10, 1, 10)
    for number in range(50):
        assert len({change.series.rpartition("#")[2] for change in changes("s", counted, f"request-{number}")}) == 1
