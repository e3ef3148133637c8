"""The sampled frames at hand: those of a stream's ring, read when they are needed, and new ones."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from kaizen.phase import keys
from kaizen.phase.history.pieces import Piece, from_ring
from kaizen.phase.quantise import Bam
from kaizen.phase.streams import Segment, Stream


class Shelf(Protocol):
    """Where objects are read."""

    def get(self, wanted: Sequence[str]) -> list[bytes | None]:
        """The content of each object, None for one that is not there."""


class Reel:
    """`stream` is None where there is no ring to go on from; `known` are pieces of the ring that need not be read.

    A piece whose object has expired is passed over as if its frames had never come.
    """

    def __init__(
        self, shelf: Shelf, stream: Stream | None, known: Mapping[Segment, Piece], fresh: Piece | None = None
    ) -> None:
        self._shelf = shelf
        self._stream = stream
        self._lost: set[Segment] = set()
        parts = fresh.split() if fresh is not None else ()
        self.fresh = {Segment(part.first_seq, part.last_seq, part.t0_us): part for part in parts}
        self.known = {**known, **self.fresh}

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All of it, oldest first."""
        return (*(self._stream.segments if self._stream is not None else ()), *self.fresh)

    def lost(self, first_seq: int, last_seq: int) -> int:
        """How many frames between two, both included, had expired when they were read."""
        overlaps = (min(each.last_seq, last_seq) - max(each.first_seq, first_seq) + 1 for each in self._lost)
        return sum(overlap for overlap in overlaps if overlap > 0)

    def between(self, first_seq: int, last_seq: int) -> list[Piece]:
        """The pieces that hold frames between two, both included, oldest first."""
        wanted = [each for each in self.segments if each.first_seq <= last_seq and each.last_seq >= first_seq]
        self._read([each for each in wanted if each not in self.known and each not in self._lost])
        return [self.known[each] for each in wanted if each in self.known]

    def angles(self, first_seq: int, last_seq: int) -> list[Bam]:
        """Their angles, cut to those frames."""
        parts = (piece.part(first_seq, last_seq) for piece in self.between(first_seq, last_seq))
        return [part.frames.angles for part in parts if part is not None]

    def _read(self, segments: Sequence[Segment]) -> None:
        if not segments:
            return
        assert self._stream is not None
        stream, epoch = self._stream.stream, self._stream.epoch.epoch
        read = self._shelf.get([keys.ring(stream, epoch, each.first_seq, each.last_seq) for each in segments])
        for segment, data in zip(segments, read, strict=True):
            if data is None:
                self._lost.add(segment)
            else:
                self.known[segment] = from_ring(data)
