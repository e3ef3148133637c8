"""A body as it came, and what its headers say it is. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from kaizen.phase.coding import CODINGS, IDENTITY
from kaizen.phase.wire import MEDIA_TYPE
from phase_ingest.faults import RefusedError

# Lambda takes 6 MB of request, in which a body travels as base64.
MOST_BYTES = 4 << 20
MOST_UPLOADED_BYTES = 64 << 20

_ALIASES = {"": IDENTITY, "x-gzip": "gzip"}  # RFC 9110, 8.4.1.3


class Kind(StrEnum):
    """Content types without their parameters."""

    PHF1 = MEDIA_TYPE.partition(";")[0]
    JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Posted:
    """`data` are still in the content coding `coding`, one of ours or `identity`."""

    data: bytes
    kind: Kind
    coding: str


def kind_of(*content_types: str) -> Kind:
    """The first kind that is ours. Raises RefusedError 415."""
    for content_type in content_types:
        name = content_type.partition(";")[0].strip().lower()
        if name in Kind:
            return Kind(name)
    raise RefusedError(415, "content-type", f"send {Kind.PHF1} or {Kind.JSON} as the content type", accept=list(Kind))


def coding_of(content_encoding: str) -> str:
    """One content coding, or `identity`. Raises RefusedError 415."""
    name = content_encoding.strip().lower()
    name = _ALIASES.get(name, name)
    if name != IDENTITY and name not in CODINGS:
        raise RefusedError(
            415, "content-encoding", f"send the body in one of {', '.join(CODINGS)}, or in no content coding"
        )
    return name
