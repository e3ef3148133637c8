"""What a response cost and what it saved, as changes of the counters. Pure.

`sent` is the body as it goes over the wire, in its coding. Its `full_equivalent` is what the same frames, in the same
bits and coding and with the same documents, would have taken as full frames: the baseline that every saving is named
against. A client that had no state to build on saved nothing, whatever form it was sent: its full equivalent is what
it got. Hence sent + saved = full equivalent, always, and nothing is ever taken back.
"""

from dataclasses import dataclass

from kaizen.metrics.changes import Change, add
from phase_stream.answer import Body, Form
from phase_stream.plan import Resync

# The client had the frames' state and lost it; one that is new, or meets a new set of rows, has lost nothing.
_RETRANSMITS = (Resync.GAP, Resync.CRC, Resync.TOO_OLD)


@dataclass(frozen=True, slots=True)
class Tally:
    """Bytes of one response; `documents` are those of `sent` that describe rows and columns. Raises ValueError."""

    reason: Resync
    form: Form
    sent: int
    documents: int
    full_equivalent: int

    def __post_init__(self) -> None:
        if not 0 <= self.documents <= self.sent <= self.full_equivalent:
            raise ValueError(f"bytes that cannot be: {self}")
        if self.reason is not Resync.NONE and self.sent != self.full_equivalent:
            raise ValueError(f"a resynchronised response saves nothing: {self}")

    @property
    def saved(self) -> int:
        return self.full_equivalent - self.sent

    @property
    def retransmitted(self) -> int:
        return self.sent if self.reason in _RETRANSMITS else 0


def tally(reason: Resync, body: Body) -> Tally:
    sent = len(body.data)
    full = body.full_bytes if reason is Resync.NONE else sent
    return Tally(reason, body.form, sent, body.documents_bytes, full)


def changes(stream: str, counted: Tally, request_id: str) -> list[Change]:
    """The counters' rows, sharded by the request, so that viewers seldom wait for each other."""
    of_stream = {"stream": stream}
    sent = "phase_frame_bytes_sent_total"
    amounts = [
        (sent, of_stream | {"kind": counted.form}, counted.sent - counted.documents),
        (sent, of_stream | {"kind": "config"}, counted.documents),
        ("phase_frame_bytes_full_equivalent_total", of_stream, counted.full_equivalent),
        ("phase_bytes_retransmitted_total", of_stream, counted.retransmitted),
        ("phase_resync_total", of_stream | {"reason": counted.reason.value}, int(counted.reason is not Resync.NONE)),
    ]
    made = [add(name, labels, amount, shard_by=request_id) for name, labels, amount in amounts if amount]
    # Counted at 0, too: a series that first appears with its first saving hides that from every rate.
    return [*made, add("bytes_saved_total", of_stream, counted.saved, shard_by=request_id)]
