"""One arrival applied: read, decide, sample, write the objects, commit; again when someone else was faster.

All that is written follows from the stream as it was read and from the arrival, to the byte. So whatever fails before
the commit is done over by the redelivery, and after the commit the redelivery is a duplicate.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from kaizen.metrics.changes import Change
from kaizen.phase import keys
from kaizen.phase.arrival import Arrival
from kaizen.phase.decode import decode
from kaizen.phase.errors import PhaseFormatError
from kaizen.phase.history import levels
from kaizen.phase.history.closing import closed
from kaizen.phase.history.pieces import Piece
from kaizen.phase.history.reel import Reel
from kaizen.phase.sampling import Indices
from kaizen.phase.streams import Epoch, Segment, Stream
from kaizen.policy import Policy
from phase_downsampler import body, booking, ring
from phase_downsampler.body import UnusableBodyError
from phase_downsampler.decision import Decision, Step, decide
from phase_downsampler.memory import Memory
from phase_downsampler.objects import Bucket, Object, chunk_objects, config_object, ring_object
from phase_downsampler.rows import RowSet, choose, describe, indices, read_rows

ATTEMPTS = 5


class Conflict(Exception):
    """Raised by a store when another writer was first."""


class UnknownStreamError(Exception):
    """The policy does not know the stream. A retry may cure it: the door may hold a newer policy than this process."""


class LostConfigError(Exception):
    """What describes an epoch's rows is not in the bucket any more. Permanent, for all that follows in the epoch."""


class Store(Bucket, Protocol):
    """What downsampling needs of a store beside its objects."""

    def load(self, stream: str) -> Stream | None: ...

    def commit(
        self, old: Stream | None, new: Stream, ended: Epoch | None, changes: Sequence[Change], now: datetime
    ) -> None: ...

    def count(self, changes: Sequence[Change], now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an arrival: how many frames were taken, and how many chunks of each level were written.

    `expired` counts frames whose objects in the ring had expired before their chunk closed: history lacks them.
    """

    decision: Decision
    frames: int
    chunks: Counter[int]
    expired: int

    def as_log(self) -> dict[str, Any]:
        return {
            "step": self.decision.step,
            "frames": self.frames,
            "dropped": self.decision.dropped,
            "gap": self.decision.gap,
            "chunks": {str(level): count for level, count in sorted(self.chunks.items())},
            "expired": self.expired,
        }


class Downsampler:
    def __init__(self, store: Store, sleep: Callable[[float], None]) -> None:
        self._store = store
        self._sleep = sleep
        self._memory = Memory()

    def apply(self, arrival: Arrival, policy: Policy, now: datetime) -> Result:
        """Take an arrival's frames exactly once.

        Raises MalformedArrivalError and UnusableBodyError, which no retry cures; Conflict, UnknownStreamError and
        whatever the store raises, which one may.
        """
        for attempt in range(ATTEMPTS):
            stream = self._store.load(arrival.stream)
            decision = decide(stream, arrival)
            if decision.step in (Step.STALE, Step.DUPLICATE):
                self._store.count([booking.dropped(arrival.stream, decision.step, decision.dropped)], now)
                return Result(decision, 0, Counter(), 0)
            try:
                return self._take(arrival, stream, decision, policy, now)
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
                self._sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _take(self, arrival: Arrival, old: Stream | None, decision: Decision, policy: Policy, now: datetime) -> Result:
        messages = self._messages(arrival)
        written: list[Object] = []
        if decision.step is Step.BEGIN:
            before = None
            epoch, chosen, described = self._begin(arrival, messages, policy)
            written.append(described)
        else:
            assert old is not None
            before = old
            epoch, chosen = replace(old.epoch, last_seq=arrival.last_seq), self._chosen(old)
        piece = body.sample(messages, arrival, epoch, chosen, decision.first_seq)
        del messages
        chunks: Counter[int] = Counter()
        reel = Reel(self._store, before, self._known(before), piece)
        new = _advanced(arrival.stream, old, before, epoch, piece, reel, gap=decision.gap)
        written += [ring_object(arrival.stream, epoch, reel.fresh[each]) for each in new.segments if each in reel.fresh]
        self._store.put(written)
        closing = [*levels.closing(epoch, before.epoch.last_seq if before else None, decision.first_seq)]
        self._store.put(self._history(arrival.stream, epoch, closing, reel, chunks))
        ended, expired = None, _expired(epoch, closing, reel)
        if before is None and old is not None:
            ended = replace(old.epoch, ended=True)
            rest = Reel(self._store, old, self._known(old))
            closing = [*levels.ending(ended)]
            self._store.put(self._history(old.stream, ended, closing, rest, chunks))
            expired += _expired(ended, closing, rest)
        changes = [*booking.taken(new, decision, len(piece.frames.angles), chunks, expired, now)]
        self._store.commit(old, new, ended, changes, now)
        self._memory.keep(new, chosen, reel.known)
        return Result(decision, len(piece.frames.angles), chunks, expired)

    def _messages(self, arrival: Arrival) -> bytes:
        (data,) = self._store.get([arrival.key])
        if data is None:
            raise UnusableBodyError(f"there is no object {arrival.key}")
        return body.unpack(data, arrival.coding)

    def _begin(self, arrival: Arrival, messages: bytes, policy: Policy) -> tuple[Epoch, Indices, Object]:
        """A new epoch, its rows, and the object that describes them."""
        wanted = policy.stream(arrival.stream)
        if wanted is None:
            raise UnknownStreamError(f"the policy knows no stream {arrival.stream!r}")
        first = body.first_frames(messages)
        rows = self._rows(arrival)
        bits = min(wanted.bits, first.bits)  # more would only repeat what the producer has
        sample = choose(rows, wanted, bits, first.dt_us)
        epoch = Epoch(
            epoch=arrival.epoch,
            first_seq=arrival.first_seq,
            last_seq=arrival.last_seq,
            t0_us=first.t0_us,
            dt_us=first.dt_us,
            rows=len(sample.rows),
            total=len(rows.ids),
            method=sample.method,
            bits=bits,
            levels=levels.possible(wanted.levels, wanted.factor, first.dt_us),
            factor=wanted.factor,
            chunk_columns=wanted.chunk_columns,
        )
        described = describe(arrival.stream, epoch, rows, sample, wanted.seed)
        return epoch, sample.rows, config_object(arrival.stream, epoch, described)

    def _rows(self, arrival: Arrival) -> RowSet:
        """The rows that the producer named for the epoch."""
        key = keys.rows(arrival.stream, arrival.epoch)
        (message,) = self._store.get([key])
        if message is None:
            raise UnusableBodyError(f"there is no object {key}")
        try:
            return read_rows(decode(message).document or {})
        except (PhaseFormatError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise UnusableBodyError(f"the rows in {key} cannot be read: {error}") from error

    def _chosen(self, stream: Stream) -> Indices:
        """The rows that were chosen when the stream's epoch began."""
        known = self._memory.of(stream.stream, stream.epoch.epoch)
        if known is not None:
            return known.chosen
        key = keys.config(stream.stream, stream.epoch.epoch)
        (message,) = self._store.get([key])
        if message is None:
            raise LostConfigError(f"there is no object {key}")
        return indices(decode(message).document or {})

    def _known(self, stream: Stream | None) -> "dict[Segment, Piece]":
        known = self._memory.of(stream.stream, stream.epoch.epoch) if stream is not None else None
        return dict(known.pieces) if known is not None else {}

    def _history(
        self, stream: str, epoch: Epoch, closing: Iterable[tuple[int, int]], reel: Reel, chunks: Counter[int]
    ) -> Iterator[Object]:
        """The objects of the chunks that close, which are counted in `chunks` by level."""
        for chunk in closed(self._store, stream, epoch, closing, reel):
            chunks[chunk.level] += 1
            yield from chunk_objects(stream, epoch, chunk)


def _expired(epoch: Epoch, closing: Iterable[tuple[int, int]], reel: Reel) -> int:
    """How many frames the chunks of level 0 lack because they waited for too long."""
    return sum(reel.lost(*levels.frames_of(epoch, 0, number)) for level, number in closing if level == 0)


def _advanced(
    stream: str, old: Stream | None, before: Stream | None, epoch: Epoch, piece: Piece, reel: Reel, *, gap: bool
) -> Stream:
    """The stream after the new frames; they go on from `before`, or begin an epoch if that is None."""
    gops = () if before is None else before.gops
    distance = ring.gop_frames(epoch.dt_us) if before is None else before.gop_frames
    starts = ring.starts(gops[-1] if gops else None, distance, piece.first_seq, piece.last_seq, gap=gap)
    segments, gops = ring.kept(
        reel.segments, ring.groups(gops, starts, reel.angles, epoch.bits), piece.last_seq, epoch.chunk_columns
    )
    return Stream(
        stream=stream,
        version=1 if old is None else old.version + 1,
        epoch=epoch,
        gop_frames=distance,
        last_us=piece.last_us,
        segments=segments,
        gops=gops,
    )
