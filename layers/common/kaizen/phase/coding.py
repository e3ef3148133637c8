"""HTTP content codings: which one a client takes, bodies into it, and bodies out of it within a bound. Pure."""

import re
import zlib
from enum import IntEnum

import cramjam
import numpy as np

from kaizen.phase.errors import PhaseFormatError, Reason

IDENTITY = "identity"

# By size at equal speed on residual planes: also the preference among what a client likes equally.
CODINGS = ("zstd", "br", "gzip")

_ALIASES = {"x-gzip": "gzip"}  # RFC 9110, 8.4.1.3
_MEMBER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?")


class Effort(IntEnum):
    """LIVE is for what is sent once and waited for; ARCHIVE, slower, for what is stored and read many times."""

    LIVE = 0
    ARCHIVE = 1


# Of zstd, 17 is the last level whose window stays within the 8 MB that browsers take (RFC 9659).
_LEVELS = {"zstd": (3, 17), "br": (4, 9), "gzip": (6, 9)}


def negotiate_coding(accept_encoding: str | None) -> str | None:
    """The content coding to answer in, `identity` for none; None if the client refuses all of ours, that one included.

    `accept_encoding` is the request's header, None if missing. The client's weights decide, then our preference. A
    member that does not parse is passed over.
    """
    weights: dict[str, float] = {}
    for member in (accept_encoding or "").split(","):
        match = _MEMBER.fullmatch(member.strip(" \t"))
        if match is not None:
            name = match[1].lower()
            weights[_ALIASES.get(name, name)] = float(match[2] or 1)
    others = weights.get("*", 0.0)
    best = max(CODINGS, key=lambda coding: weights.get(coding, others))
    if weights.get(best, others) > 0:
        # A client may prefer no coding at all, but one that does not speak of it takes a coding first.
        return best if weights.get(best, others) >= weights.get(IDENTITY, 0.0) else IDENTITY
    refused = weights.get(IDENTITY, weights.get("*", 1.0)) == 0
    return None if refused else IDENTITY


def compress(coding: str, data: bytes, effort: Effort = Effort.LIVE) -> bytes:
    """`data` in a content coding. Raises PhaseFormatError(coding) for an unknown one."""
    if coding == IDENTITY:
        return data
    if coding not in _LEVELS:
        raise PhaseFormatError(Reason.CODING, f"content coding {coding[:40]!r} is not known here")
    level = _LEVELS[coding][effort]
    if coding == "zstd":
        return bytes(cramjam.zstd.compress(data, level=level))
    if coding == "br":
        return bytes(cramjam.brotli.compress(data, level=level))
    # From zlib and not cramjam, for its header without a time: equal data give equal bytes.
    packer = zlib.compressobj(level, wbits=31)
    return packer.compress(data) + packer.flush()


def decompress(coding: str, data: bytes, limit: int) -> bytes:
    """The inverse, if the result has at most `limit` bytes; what would have more is refused before it is written.

    Of Brotli, bytes after its end go unnoticed: the messages within tell by their lengths and numbers.

    Raises PhaseFormatError: coding (unknown, the data are not in it, or too much comes out), too-large (no coding).
    """
    name = _ALIASES.get(coding.lower(), coding.lower())
    if name in ("", IDENTITY):
        if len(data) > limit:
            raise PhaseFormatError(Reason.TOO_LARGE, f"{len(data)} bytes are more than {limit}")
        return data
    if name not in _LEVELS:
        raise PhaseFormatError(Reason.CODING, f"content coding {coding[:40]!r} is not known here")
    unpack = {"zstd": cramjam.zstd, "br": cramjam.brotli, "gzip": cramjam.gzip}[name].decompress_into
    room = np.empty(limit, np.uint8)
    try:
        size = unpack(data, room)
    except cramjam.DecompressionError as error:
        raise PhaseFormatError(Reason.CODING, f"the body is not {name}, or more than {limit} bytes in it") from error
    return room[:size].tobytes()
