"""The newest frames as they lie in the bucket, decoded, and cut to what a response needs. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaizen.phase.coding import decompress
from kaizen.phase.decode import Message, decode_all
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Frames
from kaizen.phase.quantise import Bam
from kaizen.phase.streams import Epoch, Segment
from kaizen.phase.wire import MAGIC, Kind, Limits

# Our own objects: a body of many frames has columns larger than a client would take in one piece.
_LIMITS = Limits(config_bytes=1 << 24)
_OBJECT_BYTES = 40 << 20
_COLUMNS = ("r", "psi", "density")
_COLUMN_BYTES = 2048  # of a frame's columns in memory, about


@dataclass(frozen=True, slots=True)
class Stored:
    """A ring object: angles [frames, rows], the mask of missing ones or None, and lists with an item for each frame."""

    angles: Bam
    missing: NDArray[np.bool_] | None
    columns: Mapping[str, list[Any]]

    @property
    def size(self) -> int:
        """Bytes in memory."""
        mask = 0 if self.missing is None else self.missing.nbytes
        return self.angles.nbytes + mask + _COLUMN_BYTES * len(self.angles)


def plain(data: bytes) -> bytes:
    """The PHF1 messages of an object, which holds them as they are or in zstd. Raises PhaseFormatError."""
    return data if data.startswith(MAGIC) else decompress("zstd", data, _OBJECT_BYTES)


def read_segment(data: bytes, epoch: Epoch, segment: Segment) -> Stored:
    """A ring object, which must hold exactly the frames of its segment. Raises PhaseFormatError."""
    frames, columns = None, None
    for message in decode_all(plain(data), limits=_LIMITS):
        if message.header.kind is Kind.CHUNK:
            frames = _frames(message, epoch, segment)
        elif message.document is not None:
            columns = message.document.get("columns")
    if frames is None:
        raise PhaseFormatError(Reason.PAYLOAD, "the ring's object holds no frames")
    if not isinstance(columns, Mapping) or any(len(columns.get(name) or ()) != len(frames.angles) for name in _COLUMNS):
        raise PhaseFormatError(Reason.PAYLOAD, "the ring's object has no columns for its frames")
    return Stored(frames.angles, frames.missing, {name: columns[name] for name in _COLUMNS})


def _frames(message: Message, epoch: Epoch, segment: Segment) -> Frames:
    header = message.header
    have = (header.epoch, header.first_seq, header.seq, header.n_rows, header.bits)
    want = (epoch.epoch, segment.first_seq, segment.last_seq, epoch.rows, epoch.bits)
    if have != want or message.frames is None:
        raise PhaseFormatError(Reason.FIELD, f"the ring's object holds {have} and should hold {want}")
    return message.frames


class Window:
    """Successive segments of the ring with their frames; what is asked of it must lie within them."""

    def __init__(self, parts: Sequence[tuple[Segment, Stored]], dt_us: int) -> None:
        self._parts = parts
        self._dt_us = dt_us

    def frames(self, first: int, last: int, *, masked: bool) -> Frames:
        """With a mask even where nothing is missing, or without one; then no object may have any."""
        slices = list(self._within(first, last))
        angles = _joined([stored.angles[cut] for stored, cut in slices])
        if not masked:
            return Frames(angles)
        masks = [
            np.zeros(stored.angles[cut].shape, np.bool_) if stored.missing is None else stored.missing[cut]
            for stored, cut in slices
        ]
        return Frames(angles, None, _joined(masks))

    def mask_onset(self, first: int, last: int) -> int | None:
        """The first of these frames whose object has a mask; None without one."""
        for segment, stored in self._parts:
            if stored.missing is not None and segment.first_seq <= last and segment.last_seq >= first:
                return max(segment.first_seq, first)
        return None

    def columns(self, first: int, last: int) -> dict[str, Any]:
        """What the ring says of all oscillators at each of these frames."""
        lists: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        for stored, cut in self._within(first, last):
            for name in _COLUMNS:
                lists[name] += stored.columns[name][cut]
        return {"first_seq": first, "frames_per_column": 1} | lists

    def time_of(self, seq: int) -> int:
        """Microseconds since 1970."""
        (segment,) = [each for each, _ in self._parts if each.first_seq <= seq <= each.last_seq]
        return segment.t0_us + (seq - segment.first_seq) * self._dt_us

    def jumps(self, first: int, last: int) -> Iterator[int]:
        """Frames whose time is more than half a step off what the message from `first` on would say of it."""
        origin, t0 = first, self.time_of(first)
        for segment, _ in self._parts:
            if first < segment.first_seq <= last:
                off = segment.t0_us - t0 - (segment.first_seq - origin) * self._dt_us
                if 2 * abs(off) > self._dt_us:
                    yield segment.first_seq
                    origin, t0 = segment.first_seq, segment.t0_us

    def _within(self, first: int, last: int) -> Iterator[tuple[Stored, slice]]:
        for segment, stored in self._parts:
            if segment.first_seq <= last and segment.last_seq >= first:
                start = max(first - segment.first_seq, 0)
                yield stored, slice(start, last - segment.first_seq + 1)


def _joined(arrays: list[NDArray[Any]]) -> NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def needed(segments: Iterable[Segment], first: int, last: int) -> list[Segment]:
    """The segments that hold these frames."""
    return [each for each in segments if each.first_seq <= last and each.last_seq >= first]
