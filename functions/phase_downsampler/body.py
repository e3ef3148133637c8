"""A producer's body of frames: unpacked, checked against what is known of it, and sampled. Pure."""

from collections.abc import Iterator

import numpy as np

from kaizen.phase.arrival import MOST_BODY_BYTES, Arrival
from kaizen.phase.coding import decompress
from kaizen.phase.decode import decode_all
from kaizen.phase.errors import PhaseFormatError
from kaizen.phase.frames import Frames
from kaizen.phase.history.columns import measure
from kaizen.phase.history.pieces import Piece, gaps_of, join
from kaizen.phase.quantise import Bam, bam_type
from kaizen.phase.sampling import Indices
from kaizen.phase.streams import Epoch
from kaizen.phase.wire import Header, Kind, read_header


class UnusableBodyError(Exception):
    """Frames that can never be downsampled. Permanent: the stored body stays what it is."""


def unpack(data: bytes, coding: str) -> bytes:
    """The messages of a body. Raises UnusableBodyError."""
    try:
        return decompress(coding, data, MOST_BODY_BYTES)
    except PhaseFormatError as error:
        raise UnusableBodyError(str(error)) from error


def first_frames(messages: bytes) -> Header:
    """The header of the first message that holds frames. Raises UnusableBodyError."""
    view = memoryview(messages)
    try:
        while view:
            header = read_header(view)
            if header.kind is not Kind.CONFIG:
                return _timed(header)
            view = view[header.message_bytes :]
    except PhaseFormatError as error:
        raise UnusableBodyError(str(error)) from error
    raise UnusableBodyError("the body holds no frames")


def _timed(header: Header) -> Header:
    if header.dt_us < 1:  # a lone frame may say so
        raise UnusableBodyError("the frames have no time between them")
    return header


def sample(messages: bytes, arrival: Arrival, epoch: Epoch, chosen: Indices, first_seq: int) -> Piece:
    """Frames `first_seq` to the arrival's last: the `chosen` rows in the epoch's bits, and the columns of all rows.

    One message is decoded at a time, so that all rows of no more than one are in memory.

    Raises UnusableBodyError: a message is bad, or the frames are not those that the arrival and the epoch speak of.
    """
    parts = []
    following = arrival.first_seq
    try:
        for header, frames in _frames(messages):
            _check(header, arrival, epoch, following)
            following = header.seq + 1
            skipped = max(first_seq - header.first_seq, 0)
            if skipped < header.n_frames:
                taken = _after(frames, skipped)
                t0_us = header.t0_us + skipped * header.dt_us
                picked = _picked(taken, chosen, header.bits, epoch.bits)
                columns = measure(taken, header.bits)
                parts.append(Piece(header.first_seq + skipped, t0_us, epoch.dt_us, picked, columns))
    except PhaseFormatError as error:
        raise UnusableBodyError(str(error)) from error
    if following != arrival.last_seq + 1:
        raise UnusableBodyError(f"the body ends with frame {following - 1} and should with {arrival.last_seq}")
    return join(parts)


def converted(angles: Bam, bits: int, wanted: int) -> Bam:
    """Binary angles of `bits` to the nearest of `wanted`."""
    if bits == wanted:
        return angles
    if wanted > bits:
        finer: Bam = angles.astype(bam_type(wanted))
        finer <<= wanted - bits
        return finer
    lost = bits - wanted
    counts = (angles.astype(np.uint32) + (1 << (lost - 1))) >> lost
    # Just below a whole turn rounds up to it, which is 0: hence the mask.
    nearest: Bam = (counts & ((1 << wanted) - 1)).astype(bam_type(wanted))
    return nearest


def _frames(messages: bytes) -> Iterator[tuple[Header, Frames]]:
    for message in decode_all(messages):
        if message.frames is not None:
            yield message.header, message.frames


def _check(header: Header, arrival: Arrival, epoch: Epoch, following: int) -> None:
    if header.kind is Kind.CHUNK:
        raise UnusableBodyError("the body holds a CHUNK, which is no live frame")
    for name, found, wanted in (
        ("epoch", header.epoch, arrival.epoch),
        ("first frame", header.first_seq, following),
        ("number of rows", header.n_rows, epoch.total),
        ("dt_us", header.dt_us, epoch.dt_us),
    ):
        if found != wanted:
            raise UnusableBodyError(f"the frames' {name} is {found} and should be {wanted}")


def _after(frames: Frames, skipped: int) -> Frames:
    missing = None if frames.missing is None else frames.missing[skipped:]
    return Frames(frames.angles[skipped:], missing=missing)


def _picked(frames: Frames, chosen: Indices, bits: int, wanted: int) -> Frames:
    angles = converted(np.take(frames.angles, chosen, axis=1), bits, wanted)
    missing = None if frames.missing is None else np.take(frames.missing, chosen, axis=1)
    return Frames(angles, missing=gaps_of(missing))
