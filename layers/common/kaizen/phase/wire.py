"""The header of a PHF1 message: 56 bytes, little-endian, checked whole before anything is allocated.

offset size field                          offset size field
 0      4   magic PHF1                      20     4   base_seq (= seq unless DELTA)
 4      1   schema major                    24     4   n_rows
 5      1   schema minor                    28     4   n_frames
 6      2   schema build                    32     8   t0_us, time of the first frame, microseconds since 1970
 8      1   kind                            40     4   dt_us, microseconds from frame to frame
 9      1   flags                           44     4   payload_len
10      1   bits                            48     4   state_crc, CRC-32 of the decoded frames
11      1   predictor                       52     4   header_crc, CRC-32 of the 52 bytes before it
12      4   epoch                           56         payload
16      4   seq, of the last frame
"""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.planes import planes_per_cell
from kaizen.phase.predict import NONE, is_predictor
from kaizen.phase.quantise import BITS
from kaizen.phase.schema import SCHEMA, Version

MEDIA_TYPE = "application/vnd.phase-metrics.frames; v=1"
MAGIC = b"PHF1"
HEADER_BYTES = 56

_FIELDS = struct.Struct("<4sBBHBBBBIIIIIqIII")
_CRC = struct.Struct("<I")

_U32 = 0xFFFFFFFF
# Times are exact in JavaScript's numbers, too: until the year 2255.
_LAST_US = (1 << 53) - 1


class Kind(IntEnum):
    FULL = 0  # every frame as it is
    DELTA = 1  # frames on top of the state at base_seq
    CONFIG = 2  # a JSON object about the epoch
    CHUNK = 3  # a keyframe and what follows, complete in itself


# Flags. Plain integers: they are tested for every frame.
HAS_R = 1
HAS_MASK = 2
SAMPLED = 4  # the rows are a sample of more
TIME_MAJOR = 8  # cells lie row by row, time running fastest
KEYFRAME = 16  # the first frame needs no state
IGNORABLE = 32 | 64  # of later minors: their bytes follow the payload that is known here

_REFUSED_FLAGS = 0xFF & ~(HAS_R | HAS_MASK | SAMPLED | TIME_MAJOR | KEYFRAME | IGNORABLE)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader accepts. The defaults let 4096 rows by 1800 frames pass, or a frame of a million rows."""

    rows: int = 1 << 20
    frames: int = 1 << 14
    cells: int = 1 << 23
    config_bytes: int = 1 << 20


LIMITS = Limits()

_KINDS = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of a header; `seq` is the last frame's number, numbers being consecutive."""

    kind: Kind
    flags: int
    bits: int
    predictor: int
    epoch: int
    seq: int
    base_seq: int
    n_rows: int
    n_frames: int
    t0_us: int
    dt_us: int
    payload_len: int
    state_crc: int
    version: Version = SCHEMA

    @property
    def cells(self) -> int:
        return self.n_rows * self.n_frames

    @property
    def residual_bytes(self) -> int:
        return self.cells * planes_per_cell(self.bits)

    @property
    def resultant_bytes(self) -> int:
        return self.cells if self.flags & HAS_R else 0

    @property
    def mask_bytes(self) -> int:
        """A bit per cell, each frame in whole bytes."""
        return self.n_frames * mask_stride(self.n_rows) if self.flags & HAS_MASK else 0

    @property
    def frame_payload_bytes(self) -> int:
        """What the known parts of the payload take, by the other fields."""
        return self.residual_bytes + self.resultant_bytes + self.mask_bytes

    @property
    def message_bytes(self) -> int:
        return HEADER_BYTES + self.payload_len

    @property
    def first_seq(self) -> int:
        return self.seq - self.n_frames + 1

    def pack(self) -> bytes:
        """The 56 bytes. Raises PhaseFormatError for what no reader would take."""
        check(self, Limits(rows=_U32, frames=_U32, cells=_U32, config_bytes=_U32))
        try:
            fields = _FIELDS.pack(
                MAGIC,
                self.version.major,
                self.version.minor,
                self.version.build,
                self.kind,
                self.flags,
                self.bits,
                self.predictor,
                self.epoch,
                self.seq,
                self.base_seq,
                self.n_rows,
                self.n_frames,
                self.t0_us,
                self.dt_us,
                self.payload_len,
                self.state_crc,
            )
        except struct.error as error:
            raise PhaseFormatError(Reason.FIELD, f"a header field has no room: {error}") from error
        return fields + _CRC.pack(zlib.crc32(fields))


def mask_stride(n_rows: int) -> int:
    return (n_rows + 7) // 8


def read_header(data: bytes | memoryview, limits: Limits = LIMITS) -> Header:
    """The header at the start of `data`, whose message may be followed by others.

    Raises PhaseFormatError: truncated, magic, major, header-crc, field, too-large, length.
    """
    if len(data) < HEADER_BYTES:
        raise PhaseFormatError(Reason.TRUNCATED, f"{len(data)} bytes are fewer than a header's {HEADER_BYTES}")
    magic, major, minor, build, kind, flags, bits, predictor, epoch, seq, base_seq, *rest = _FIELDS.unpack_from(data)
    n_rows, n_frames, t0_us, dt_us, payload_len, state_crc = rest
    if magic != MAGIC:
        raise PhaseFormatError(Reason.MAGIC, f"{magic!r} is not {MAGIC!r}")
    if major != SCHEMA.major:
        raise PhaseFormatError(Reason.MAJOR, f"schema {major}.{minor} is not {SCHEMA.major}.x")
    if zlib.crc32(data[: _FIELDS.size]) != _CRC.unpack_from(data, _FIELDS.size)[0]:
        raise PhaseFormatError(Reason.HEADER_CRC, "the header's checksum does not fit it")
    if kind not in _KINDS:
        raise PhaseFormatError(Reason.FIELD, f"kind {kind} is unknown")
    header = Header(
        kind=Kind(kind),
        flags=flags,
        bits=bits,
        predictor=predictor,
        epoch=epoch,
        seq=seq,
        base_seq=base_seq,
        n_rows=n_rows,
        n_frames=n_frames,
        t0_us=t0_us,
        dt_us=dt_us,
        payload_len=payload_len,
        state_crc=state_crc,
        version=Version(major, minor, build),
    )
    check(header, limits)
    if len(data) < header.message_bytes:
        raise PhaseFormatError(
            Reason.TRUNCATED, f"{len(data)} bytes are fewer than the {header.message_bytes} of the message"
        )
    return header


def check(header: Header, limits: Limits) -> None:
    """Whether the fields agree with each other and with the limits. Raises PhaseFormatError: field, too-large, length.

    Nothing here grows with the message, and whatever passes takes at least a byte of payload per cell: a decoder that
    allocates by these numbers is bounded by what was really sent.
    """
    _check_fields(header)
    _check_sizes(header, limits)


def _check_fields(header: Header) -> None:
    kind, flags, frames = header.kind, header.flags, header.n_frames
    if flags & _REFUSED_FLAGS:
        raise _fault(f"flags {flags:#x} hold one that may not be ignored")
    if header.bits not in BITS:
        raise _fault(f"{header.bits} bits are none of {BITS}")
    if not is_predictor(header.predictor):
        raise _fault(f"predictor {header.predictor} is unknown")
    if header.n_rows < 1:
        raise _fault("there are no rows")
    if kind is Kind.CONFIG:
        if frames != 0:
            raise _fault("a CONFIG has no frames")
        if flags & (HAS_R | HAS_MASK | TIME_MAJOR | KEYFRAME):
            raise _fault(f"flags {flags:#x} do not fit a CONFIG")
        if header.predictor != NONE:
            raise _fault("a CONFIG predicts nothing")
    elif frames < 1:
        raise _fault("there are no frames")
    elif frames > 1 and header.dt_us < 1:
        raise _fault("several frames have no time between them")
    if header.seq < frames - 1:
        raise _fault(f"seq {header.seq} leaves no numbers for {frames} frames")
    if kind is Kind.DELTA:
        if flags & KEYFRAME:
            raise _fault("a DELTA is no keyframe")
        if header.base_seq != header.seq - frames:
            raise _fault(f"base_seq {header.base_seq} is not seq minus the frames")
    elif header.base_seq != header.seq:
        raise _fault(f"base_seq {header.base_seq} is not seq {header.seq}")
    if kind is Kind.CHUNK and not flags & KEYFRAME:
        raise _fault("a CHUNK starts with a keyframe")
    if header.t0_us < 0 or header.t0_us + max(frames - 1, 0) * header.dt_us > _LAST_US:
        raise _fault("the frames lie outside the years 1970 to 2255")


def _fault(what: str) -> PhaseFormatError:
    return PhaseFormatError(Reason.FIELD, what)


def _check_sizes(header: Header, limits: Limits) -> None:
    for name, size, limit in (
        ("rows", header.n_rows, limits.rows),
        ("frames", header.n_frames, limits.frames),
        ("cells", header.cells, limits.cells),
    ):
        if size > limit:
            raise PhaseFormatError(Reason.TOO_LARGE, f"{size} {name} are more than {limit}")
    if header.kind is Kind.CONFIG:
        if header.payload_len > limits.config_bytes:
            raise PhaseFormatError(
                Reason.TOO_LARGE, f"a CONFIG of {header.payload_len} bytes is larger than {limits.config_bytes}"
            )
        return
    known = header.frame_payload_bytes
    extended = bool(header.flags & IGNORABLE)
    if header.payload_len < known or (header.payload_len > known and not extended):
        raise PhaseFormatError(Reason.LENGTH, f"a payload of {header.payload_len} bytes should have {known}")
