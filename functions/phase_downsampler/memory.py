"""What a process remembers of the streams that it served last, so that it need not be read again. Pure.

Only what is committed: an object of the ring whose commit failed may be written anew with other content.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from kaizen.phase.history.pieces import Piece
from kaizen.phase.sampling import Indices
from kaizen.phase.streams import Segment, Stream

# A ring is 12 MB at its largest: 700 frames of 8192 rows.
_MOST_STREAMS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The rows chosen in an epoch, and pieces of its ring."""

    epoch: int
    chosen: Indices
    pieces: Mapping[Segment, Piece] = field(default_factory=dict)


class Memory:
    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()

    def of(self, stream: str, epoch: int) -> Known | None:
        """What is known of that epoch of a stream."""
        known = self._known.get(stream)
        return known if known is not None and known.epoch == epoch else None

    def keep(self, stream: Stream, chosen: Indices, pieces: Mapping[Segment, Piece]) -> None:
        """Those of the pieces that are in the ring, for the streams used last."""
        ring = {segment: pieces[segment] for segment in stream.segments if segment in pieces}
        self._known[stream.stream] = Known(stream.epoch.epoch, chosen, ring)
        self._known.move_to_end(stream.stream)
        if len(self._known) > _MOST_STREAMS:
            self._known.popitem(last=False)
