"""What to send to whom, and why: from where a stream stands and what its client has. Pure.

The client's `after` is its acknowledgement, and the server keeps nothing per client:

    client says                                 reason     it gets
    nothing                                     first      CONFIG, the newest GOP
    resync=crc or gap                           as it says the newest GOP; CONFIG first unless `after` has this epoch
    a frame of another epoch                    epoch      CONFIG, the newest GOP
    a frame in the ring, or the one before it   none       what follows it; nothing if it is the newest
    an older frame                              too-old    the newest GOP
    a frame that never was                      gap        the newest GOP

What is more than a response holds is cut at its end, so that the client asks again with what it then has.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Self

from kaizen.phase.planes import planes_per_cell
from kaizen.phase.streams import Epoch, Segment, Stream
from kaizen.phase.wire import HEADER_BYTES, LIMITS, mask_stride

MOST_BYTES = 4 << 20  # of a response's body: Lambda takes 6 MB, base64 counted
# What frames may take of it before they are coded: the rest is for the CONFIG, and for codings that make things larger.
FRAME_BYTES = MOST_BYTES - LIMITS.config_bytes - (1 << 16)
COLUMN_BYTES = 1024  # 64 counts of up to seven digits, and two numbers

_U32 = (1 << 32) - 1
_MARK = re.compile(r"([0-9]{1,10})\.([0-9]{1,10})")
_TAG = re.compile(rf'"{_MARK.pattern}"')


class Resync(StrEnum):
    """Why a response starts from a keyframe although nothing else asks for one."""

    NONE = "none"
    FIRST = "first"
    GAP = "gap"
    EPOCH = "epoch"
    CRC = "crc"
    TOO_OLD = "too-old"


@dataclass(frozen=True, slots=True)
class Mark:
    """A frame of a stream, written `epoch.seq`."""

    epoch: int
    seq: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        match = _MARK.fullmatch(text)
        if match is None or max(map(int, match.groups())) > _U32:
            raise ValueError(f"{text[:40]!r} is not a frame such as 7.1234")
        return cls(*map(int, match.groups()))

    @property
    def tag(self) -> str:
        return f'"{self}"'

    def __str__(self) -> str:
        return f"{self.epoch}.{self.seq}"


def marks(if_none_match: str) -> frozenset[Mark]:
    """The frames that the entity tags of an If-None-Match name; other tags are none of ours."""
    return frozenset(Mark(int(epoch), int(seq)) for epoch, seq in _TAG.findall(if_none_match))


@dataclass(frozen=True, slots=True)
class Run:
    """Successive frames of one GOP, whose keyframe is `start`."""

    start: int
    predictor: int
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`runs` to send, oldest first, none if the client is up to date; `config` tells it what the rows are."""

    reason: Resync
    config: bool
    runs: tuple[Run, ...]

    @property
    def oldest_seq(self) -> int:
        """The first frame that is needed to make the response: states are made anew from their keyframe on."""
        return self.runs[0].start

    @property
    def last_seq(self) -> int:
        return self.runs[-1].last_seq


def runs_of(stream: Stream) -> list[Run]:
    """The GOPs whose frames are all in the ring, oldest first.

    The ring's oldest object may hold the end of a GOP that is gone: nobody can decode that part.
    """
    spans = list(_spans(stream.segments))
    runs = []
    for gop, following in pairwise([*stream.gops, None]):
        assert gop is not None
        end = following.first_seq - 1 if following is not None else _U32
        for first, last in spans:
            if first <= gop.first_seq <= last:
                runs.append(Run(gop.first_seq, gop.predictor, gop.first_seq, min(last, end)))
    return runs


def _spans(segments: Iterable[Segment]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch without a gap."""
    first, last = None, -1
    for segment in segments:
        if first is not None and segment.first_seq != last + 1:
            yield first, last
            first = None
        first = segment.first_seq if first is None else first
        last = segment.last_seq
    if first is not None:
        yield first, last


def plan(stream: Stream, runs: Sequence[Run], after: Mark | None, resync: Resync | None, most: int) -> Plan:
    """At most `most` frames for a client that has all up to `after`. `runs` are the stream's, and not empty."""
    epoch = stream.epoch
    reason = _reason(epoch, runs, after) if resync is None else resync
    if reason is Resync.NONE:
        assert after is not None
        following = [replace(run, first_seq=max(run.first_seq, after.seq + 1)) for run in runs]
        wanted = [run for run in following if run.first_seq <= run.last_seq]
    else:
        wanted = [runs[-1]]
    known = after is not None and after.epoch == epoch.epoch
    return Plan(reason, not known, tuple(_cut(wanted, most)))


def _reason(epoch: Epoch, runs: Sequence[Run], after: Mark | None) -> Resync:
    if after is None:
        return Resync.FIRST
    if after.epoch != epoch.epoch:
        return Resync.EPOCH
    if any(run.first_seq <= after.seq <= run.last_seq for run in runs):
        return Resync.NONE
    if epoch.first_seq <= after.seq < runs[0].first_seq:
        # Just before the ring, the next frame is a keyframe: nothing is lost.
        return Resync.NONE if after.seq == runs[0].first_seq - 1 else Resync.TOO_OLD
    return Resync.GAP


def _cut(runs: Iterable[Run], most: int) -> Iterator[Run]:
    for run in runs:
        if most < 1:
            return
        yield replace(run, last_seq=min(run.last_seq, run.first_seq + most - 1))
        most -= run.last_seq - run.first_seq + 1


def frames_that_fit(epoch: Epoch, *, columns: bool) -> int:
    """How many frames a response holds however badly they compress; at least one of up to a million rows."""
    # Each may be a message of its own, or two.
    size = 2 * HEADER_BYTES + epoch.rows * planes_per_cell(epoch.bits) + mask_stride(epoch.rows)
    return max(1, FRAME_BYTES // (size + (COLUMN_BYTES if columns else 0)))
