"""Frames to the body of a response: as deltas and as full frames, and of these the smallest in the coding. Pure.

Full frames are laid both ways, frame by frame and row by row, and the smaller one is what deltas are held against: rows
that turn slowly compress up to a quarter better with time running fastest, and a baseline without that would flatter.

A message holds successive frames of one GOP. It ends where the GOP does, where the times of the ring's objects do not
fit together, and where a mask sets in: the state after a frame has a mask or has none, so that the first frame with one
is a keyframe, and the rest of the GOP has it too. All of that follows from the stored frames alone: every process gives
every client the same state after the same frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

from kaizen.phase.coding import compress
from kaizen.phase.encode import config, delta, full, keyframe
from kaizen.phase.frames import Baseline, Frames, Place
from kaizen.phase.predict import LEAKY
from kaizen.phase.schema import Version
from kaizen.phase.streams import Epoch
from phase_stream.plan import Plan, Run
from phase_stream.ring import Window

Form = Literal["full", "delta"]


@dataclass(frozen=True, slots=True)
class Body:
    """`data` in the coding, in one of the two forms; `full_bytes` is the length of the full one in its smaller layout.

    `documents_bytes` of it are for what is no frame: by so much the CONFIG and the columns make it longer.
    """

    data: bytes
    form: Form
    documents_bytes: int
    full_bytes: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """The frames of one message; the one at `start` is their keyframe."""

    start: int
    predictor: int
    masked: bool
    first_seq: int
    last_seq: int

    @property
    def remembered(self) -> int:
        """The first frame on which the state before `first_seq` depends.

        A leaky rate remembers all frames since the keyframe, the other predictors the last step alone.
        """
        return self.start if self.predictor > LEAKY else max(self.start, self.first_seq - 2)


class Composer:
    """Makes the bodies of an epoch's frames."""

    def __init__(self, epoch: Epoch, window: Window, version: Version, coding: str) -> None:
        self._epoch = epoch
        self._window = window
        self._version = version
        self._coding = coding

    def body(self, plan: Plan, config: bytes = b"", *, columns: bool = False) -> Body:
        """What a plan sends; `config` is the epoch's CONFIG message, or nothing."""
        pieces = [piece for run in plan.runs for piece in self._pieces(run)]
        layouts, as_delta = self._encoded(pieces)
        after = b"".join(self._columns(pieces)) if columns else b""
        coded = [(compress(self._coding, config + each + after), each) for each in layouts]
        whole, as_full = min(coded, key=lambda each: len(each[0]))
        changed = compress(self._coding, config + as_delta + after)
        # Full where it is not larger: it decodes faster.
        form: Form = "full" if len(whole) <= len(changed) else "delta"
        data, frames = (whole, as_full) if form == "full" else (changed, as_delta)
        documents = len(data) - len(compress(self._coding, frames)) if config or after else 0
        return Body(data, form, max(documents, 0), len(whole))

    def _pieces(self, run: Run) -> Iterator[_Piece]:
        onset = self._window.mask_onset(run.start, run.last_seq)
        cuts = {run.first_seq, *self._window.jumps(run.first_seq, run.last_seq)}
        if onset is not None and onset > run.first_seq:
            cuts.add(onset)
        for first, following in pairwise([*sorted(cuts), run.last_seq + 1]):
            masked = onset is not None and first >= onset
            start = onset if masked and onset is not None else run.start
            yield _Piece(start, run.predictor, masked, first, following - 1)

    def _encoded(self, pieces: list[_Piece]) -> tuple[list[bytes], bytes]:
        """The messages as full frames, in each layout, and as deltas. Frames that come singly have one layout."""
        by_frame, by_row, as_delta = [], [], []
        state: Baseline | None = None
        for piece in pieces:
            frames = self._window.frames(piece.first_seq, piece.last_seq, masked=piece.masked)
            place = self._place(piece.first_seq, piece.last_seq)
            single = len(frames.angles) == 1
            if piece.first_seq == piece.start:
                lay = partial(keyframe, frames, place, self._epoch.bits, piece.predictor)
                whole = lay()
                as_delta += [whole.data] if single else self._opened(piece, frames)
            else:
                before = state or self._state_before(piece)
                lay = partial(full, frames, place, before)
                whole = lay()
                as_delta.append(delta(frames, place, before, time_major=True).data)
            by_frame.append(whole.data)
            by_row.append(whole.data if single else lay(time_major=True).data)
            state = whole.baseline
        layouts = [b"".join(by_frame)]
        if by_row != by_frame:
            layouts.append(b"".join(by_row))
        return layouts, b"".join(as_delta)

    def _opened(self, piece: _Piece, frames: Frames) -> list[bytes]:
        """A keyframe alone, and the others as a delta on it."""
        first, last = piece.first_seq, piece.last_seq
        one, others = _split(frames, 1)
        head = keyframe(one, self._place(first, first), self._epoch.bits, piece.predictor)
        # Time running fastest takes up to 45 % less at 8 bits, 2 % at 16, and on noise as much as the other way.
        return [head.data, delta(others, self._place(first + 1, last), head.baseline, time_major=True).data]

    def _state_before(self, piece: _Piece) -> Baseline:
        """What every client has that decoded the frame before the piece."""
        first, last = piece.remembered, piece.first_seq - 1
        frames = self._window.frames(first, last, masked=piece.masked)
        return keyframe(frames, self._place(first, last), self._epoch.bits, piece.predictor).baseline

    def _place(self, first: int, last: int) -> Place:
        epoch, t0_us = self._epoch, self._window.time_of(first)
        return Place(epoch.epoch, last, t0_us, epoch.dt_us, epoch.rows < epoch.total, self._version)

    def _columns(self, pieces: list[_Piece]) -> Iterator[bytes]:
        """A CONFIG message for each stretch of frames without a gap."""
        stretches: list[list[int]] = []
        for piece in pieces:
            if stretches and stretches[-1][1] == piece.first_seq - 1:
                stretches[-1][1] = piece.last_seq
            else:
                stretches.append([piece.first_seq, piece.last_seq])
        for first, last in stretches:
            document = {"columns": self._window.columns(first, last)}
            yield config(document, self._place(first, last), self._epoch.bits, self._epoch.rows)


def _split(frames: Frames, count: int) -> tuple[Frames, Frames]:
    """The first `count` frames, and the others."""
    angles, missing = frames.angles, frames.missing
    if missing is None:
        return Frames(angles[:count]), Frames(angles[count:])
    return Frames(angles[:count], None, missing[:count]), Frames(angles[count:], None, missing[count:])
