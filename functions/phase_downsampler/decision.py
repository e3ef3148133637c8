"""What an arrival means for its stream, before anything of it is read. Pure.

the stream         the arrival                            step
has no frame yet   any                                    BEGIN
is in an epoch     of a lower epoch                       STALE
                   of a higher epoch                      BEGIN
                   of it, its last frame seen             DUPLICATE
                   of it, with frames beyond the newest   APPEND
"""

from dataclasses import dataclass
from enum import StrEnum

from kaizen.phase.arrival import Arrival, MalformedArrivalError
from kaizen.phase.streams import Stream


class Step(StrEnum):
    BEGIN = "begin"
    APPEND = "append"
    DUPLICATE = "duplicate"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Decision:
    """The frames from `first_seq` on are taken, `dropped` of the arrival are not.

    `gap` says that frames are missing before `first_seq`. Those may still come: too late, as duplicates.
    """

    step: Step
    first_seq: int
    dropped: int = 0
    gap: bool = False


def decide(stream: Stream | None, arrival: Arrival) -> Decision:
    """The step for one arrival. Raises MalformedArrivalError if it holds no frames."""
    first, last = arrival.first_seq, arrival.last_seq
    if not 0 <= first <= last:
        raise MalformedArrivalError(f"frames {first} to {last} are none")
    frames = last - first + 1
    if stream is None or arrival.epoch > stream.epoch.epoch:
        return Decision(Step.BEGIN, first)
    if arrival.epoch < stream.epoch.epoch:
        return Decision(Step.STALE, first, dropped=frames)
    following = stream.epoch.last_seq + 1
    if last < following:
        return Decision(Step.DUPLICATE, first, dropped=frames)
    taken = max(first, following)
    return Decision(Step.APPEND, taken, dropped=taken - first, gap=taken > following)
