"""Residuals as bytes that compress well: zigzag, so that small ones of both signs are small, then low and high bytes
apart, so that the mostly empty high bytes lie together."""

import numpy as np

from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.quantise import BITS, Words, bam_type, wrapped

# Numbers as arrays without axes: over a frame, numpy takes half again as long with Python's.
_TO_SIGN = {bits: np.array(bits - 1, bam_type(bits)) for bits in BITS}
_BYTE = np.array(8, "<u2")


def planes_per_cell(bits: int) -> int:
    """Bytes that one residual takes."""
    return 1 if bits == 8 else 2


def zigzag(words: Words, bits: int) -> Words:
    """Residuals modulo 2^bits, read as signed: 0, -1, 1, -2 become 0, 1, 2, 3."""
    folded: Words = np.right_shift(words, _TO_SIGN[bits])
    np.negative(folded, out=folded)  # all ones if negative, else 0
    np.bitwise_xor(folded, words + words, out=folded)  # twice by adding, which takes half as long as shifting
    return wrapped(folded, bits)


def unzigzag(folded: Words, bits: int) -> Words:
    words: Words = np.bitwise_and(folded, 1)
    np.negative(words, out=words)
    np.bitwise_xor(words, folded >> 1, out=words)
    return wrapped(words, bits)


def to_planes(words: Words, bits: int) -> bytes:
    """The planes of residuals of any shape, in their order in memory (C order)."""
    folded = zigzag(words, bits)
    if bits == 8:
        return folded.tobytes()
    flat = folded.reshape(-1)
    planes = np.empty((2, flat.size), np.uint8)
    planes[0] = flat  # the low bytes: assignment takes numbers modulo the type
    flat >>= _BYTE
    planes[1] = flat
    return planes.tobytes()


def from_planes(data: memoryview, bits: int) -> Words:
    """The inverse, flat; `data` holds whole planes and nothing else. Raises PhaseFormatError(payload)."""
    planes = np.frombuffer(data, np.uint8)
    if bits == 8:
        return unzigzag(planes, bits)
    low, high = planes[: len(planes) // 2], planes[len(planes) // 2 :]
    if bits == 12 and high.max() > 0xF:
        raise PhaseFormatError(Reason.PAYLOAD, "a residual of 12 bits is larger than 12 bits")
    folded = high.astype(bam_type(bits))
    folded <<= 8
    folded |= low
    return unzigzag(folded, bits)
