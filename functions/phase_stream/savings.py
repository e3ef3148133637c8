"""What responses cost and what they saved: measured one by one, and judged viewer by viewer. Pure.

`sent` is the body as it goes over the wire, in its coding. Its `full_equivalent` is what the same frames, in the same
bits and coding and with the same documents, would have taken as full frames: the baseline that every saving is named
against. A client that had no state to build on saved nothing, whatever form it was sent: its full equivalent is what
it got. Hence sent + saved = full equivalent, always, and nothing is ever taken back.

Whether a client has the state that its `after` names cannot be known when it asks. It is judged later, from what was
sent to the same viewer before: only what goes on from there saves, and each frame once for each viewer.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from kaizen.metrics.changes import Change, add
from phase_stream.answer import Body, Form
from phase_stream.plan import Mark, Plan, Resync

# The client had the frames' state and lost it; one that is new, or meets a new set of rows, has lost nothing.
_RETRANSMITS = (Resync.GAP, Resync.CRC, Resync.TOO_OLD)

Amounts = Counter[tuple[str, str, str]]  # metric, label beside the stream's, value of that; both empty without one


@dataclass(frozen=True, slots=True)
class Tally:
    """Bytes of one response; `documents` are those of `sent` that describe rows and columns. Raises ValueError.

    `again` tells that the viewer was sent these frames before, or was never sent what it says it has.
    """

    reason: Resync
    form: Form
    sent: int
    documents: int
    full_equivalent: int
    again: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.documents <= self.sent <= self.full_equivalent:
            raise ValueError(f"bytes that cannot be: {self}")
        if (self.again or self.reason is not Resync.NONE) and self.sent != self.full_equivalent:
            raise ValueError(f"a response to a client without the state saves nothing: {self}")

    @property
    def saved(self) -> int:
        return self.full_equivalent - self.sent

    @property
    def retransmitted(self) -> int:
        return self.sent if self.again or self.reason in _RETRANSMITS else 0


@dataclass(frozen=True, slots=True)
class Measured:
    """A response as the door sees it: its bytes, and its frames, `first` to `last` of `epoch`.

    `after` is the frame that the client says it has; None if it says none of this epoch.
    """

    tally: Tally
    epoch: int
    first: int
    last: int
    after: int | None

    @classmethod
    def from_attributes(cls, given: Mapping[str, Any]) -> Self:
        tally = Tally(Resync(given["reason"]), given["form"], given["sent"], given["documents"], given["full"])
        return cls(tally, given["epoch"], given["first"], given["last"], given.get("after"))

    def attributes(self) -> dict[str, Any]:
        tally = self.tally
        stored = {
            "reason": tally.reason.value,
            "form": tally.form,
            "sent": tally.sent,
            "documents": tally.documents,
            "full": tally.full_equivalent,
            "epoch": self.epoch,
            "first": self.first,
            "last": self.last,
        }
        return stored if self.after is None else stored | {"after": self.after}


def measured(plan: Plan, epoch: int, body: Body, after: Mark | None) -> Measured:
    sent = len(body.data)
    full = body.full_bytes if plan.reason is Resync.NONE else sent
    tally = Tally(plan.reason, body.form, sent, body.documents_bytes, full)
    known = after.seq if after is not None and after.epoch == epoch else None
    return Measured(tally, epoch, plan.runs[0].first_seq, plan.last_seq, known)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a viewer was sent of an epoch: nothing before `first`, nothing after `last`. It only grows."""

    epoch: int
    first: int
    last: int

    def widened(self, response: Measured) -> "Standing":
        if response.epoch < self.epoch:
            return self
        if response.epoch > self.epoch:
            return Standing(response.epoch, response.first, response.last)
        return Standing(self.epoch, min(self.first, response.first), max(self.last, response.last))


def judged(before: Standing | None, response: Measured) -> tuple[Tally, Standing | None]:
    """What a response counts as for a viewer that stands there, and where it stands afterwards.

    A viewer begins with frames that build on nothing. One that says it has a state, and was never sent any of its
    epoch, may have made that up: it saves nothing, and nothing that goes on from there does.
    What goes on exactly from the last frame that was sent saves. Frames that all lie before the first one that was
    sent, such as the past that a new page fetches, are new to the viewer, but nobody knows that it could decode deltas
    of them: they save nothing. All else was sent before, or the viewer never had what it says.
    """
    tally = response.tally
    if tally.reason is not Resync.NONE:
        begun = Standing(response.epoch, response.first, response.last)
        return tally, begun if before is None else before.widened(response)
    if before is None or before.epoch != response.epoch:
        return replace(tally, full_equivalent=tally.sent, again=True), before
    if response.after == before.last:
        return tally, before.widened(response)
    earlier = response.last < before.first
    return replace(tally, full_equivalent=tally.sent, again=not earlier), before.widened(response)


def amounts(counted: Tally) -> Amounts:
    """What one response adds to the counters."""
    sent = "phase_frame_bytes_sent_total"
    found = Amounts()
    found[sent, "kind", counted.form] = counted.sent - counted.documents
    found[sent, "kind", "config"] = counted.documents
    found["phase_frame_bytes_full_equivalent_total", "", ""] = counted.full_equivalent
    found["phase_bytes_retransmitted_total", "", ""] = counted.retransmitted
    found["phase_resync_total", "reason", counted.reason.value] = int(counted.reason is not Resync.NONE)
    made = Amounts({key: amount for key, amount in found.items() if amount})
    # Counted at 0, too: a series that first appears with its first saving hides that from every rate.
    made["bytes_saved_total", "", ""] = counted.saved
    return made


def changes(stream: str, total: Amounts) -> list[Change]:
    """The counters' rows: eleven at most. All of a stream go to one shard, for one writer folds them."""
    made = []
    for (name, label, value), amount in total.items():
        labels = {"stream": stream} | ({label: value} if label else {})
        made.append(add(name, labels, amount, shard_by=stream))
    return made


@dataclass(slots=True)
class Account:
    """One viewer's responses of a stretch of time, in their order; `standing` moves with each.

    `began_at` and `served_at` are the times of the first and the last, in milliseconds since 1970.
    """

    before: Standing | None
    standing: Standing | None
    sent: int = 0
    responses: int = 0
    saved: int = 0
    began_at: int = 0
    served_at: int = 0

    @classmethod
    def of(cls, before: Standing | None) -> Self:
        return cls(before, before)

    def add(self, response: Measured, millis: int) -> Tally:
        """What it counts as."""
        counted, self.standing = judged(self.standing, response)
        self.sent += counted.sent
        self.responses += 1
        self.saved += counted.saved
        self.began_at = self.began_at or millis
        self.served_at = millis
        return counted
