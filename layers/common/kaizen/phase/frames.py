"""Frames of phases in memory, where they stand in their stream, and the state after them."""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.predict import History
from kaizen.phase.quantise import BITS, Bam, bam_type
from kaizen.phase.schema import SCHEMA, Version


@dataclass(frozen=True, slots=True)
class Frames:
    """Successive frames of the same rows.

    `angles` are binary angles [frames, rows], uint8 for 8 bits, else uint16. `resultant` is R in 255ths, uint8 of the
    same shape, or None. `missing` is True where there is no data, of the same shape, or None if nothing ever is; the
    angle there should repeat the row's last one.
    """

    angles: Bam
    resultant: NDArray[np.uint8] | None = None
    missing: NDArray[np.bool_] | None = None

    def check(self, bits: int) -> None:
        """Raises ValueError if these are no frames of `bits`: a fault of the caller, not of data."""
        if bits not in BITS:
            raise ValueError(f"{bits} bits are none of {BITS}")
        if self.angles.ndim != 2 or self.angles.dtype != bam_type(bits):
            raise ValueError(f"angles of {bits} bits are [frames, rows] of {bam_type(bits)}, not {self.angles.dtype}")
        if not self.angles.size:
            raise ValueError("there are no frames, or no rows")
        if bits == 12 and self.angles.max() > 0xFFF:
            raise ValueError("an angle of 12 bits is larger than 12 bits")
        for name, array, kind in (("resultant", self.resultant, np.uint8), ("missing", self.missing, np.bool_)):
            if array is not None and (array.shape != self.angles.shape or array.dtype != kind):
                raise ValueError(f"{name} has another shape than the angles, or is not {np.dtype(kind)}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where frames stand in their stream, and which schema to write them in; a server puts the negotiated one there.

    `seq` is the last frame's number, `t0_us` the first one's time (microseconds since 1970, UTC), `dt_us` the time from
    one to the next. `sampled` says that the rows are a sample of more.
    """

    epoch: int
    seq: int
    t0_us: int
    dt_us: int
    sampled: bool = False
    version: Version = SCHEMA


@dataclass(frozen=True, slots=True)
class Baseline:
    """The state after frame (epoch, seq), on which the next frame builds. Its arrays are nobody else's."""

    epoch: int
    seq: int
    bits: int
    predictor: int
    angles: History
    resultant: History | None
    has_mask: bool

    def check_next(self, epoch: int, base_seq: int, bits: int, predictor: int, n_rows: int) -> None:
        """Whether such frames build on this state. Raises PhaseFormatError(baseline)."""
        have = (self.epoch, self.seq, self.bits, self.predictor, len(self.angles.last))
        want = (epoch, base_seq, bits, predictor, n_rows)
        if have == want:
            return
        for name, had, wanted in zip(("epoch", "seq", "bits", "predictor", "rows"), have, want, strict=True):
            if had != wanted:
                raise PhaseFormatError(Reason.BASELINE, f"the frames build on {name} {wanted}, the state has {had}")

    def check_planes(self, has_resultant: bool, has_mask: bool) -> None:
        """Whether the frames carry what these did. Raises PhaseFormatError(baseline)."""
        if has_resultant != (self.resultant is not None) or has_mask != self.has_mask:
            raise PhaseFormatError(Reason.BASELINE, "the frames and the state differ in having R or a mask")


def state_crc(angles: Bam, resultant: NDArray[np.uint8] | None, mask: bytes | memoryview) -> int:
    """CRC-32 of a message's frames: all angles frame by frame in row order, then all R, then the mask as it travels.

    All frames and not the last alone: a changed residual of a linear prediction can cancel out modulo 2^bits by then.
    """
    crc = zlib.crc32(np.ascontiguousarray(angles).data)
    if resultant is not None:
        crc = zlib.crc32(np.ascontiguousarray(resultant).data, crc)
    return zlib.crc32(mask, crc) if mask else crc
