"""What phase_ingest tells phase_downsampler of a body of frames that lies in the bucket. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from kaizen.events.detail import Detail, MalformedEventError, correlated, correlation_of

# Of the messages in one object, out of their content coding. All its frames together are at most LIMITS.frames.
MOST_BODY_BYTES = 64 << 20


class MalformedArrivalError(Exception):
    """A message that is no arrival. Permanent: a retry reads the same."""


@dataclass(frozen=True, slots=True)
class Arrival(Detail):
    """Frames `first_seq` to `last_seq` of an epoch, in the object `key` in the content coding `coding`.

    The object holds PHF1 messages: a keyframe and what follows it, each on top of the one before. `received_us` is
    when the body was taken, in microseconds since 1970.
    """

    stream: str
    epoch: int
    first_seq: int
    last_seq: int
    key: str
    coding: str
    received_us: int

    def body(self, correlation_id: str = "") -> str:
        return json.dumps(correlated(self.detail(), correlation_id), separators=(",", ":"))

    @classmethod
    def read(cls, body: str) -> Self:
        """What some version's `body` wrote. Raises MalformedArrivalError naming the first field at fault."""
        try:
            given = json.loads(body)
        except ValueError as error:
            raise MalformedArrivalError("not JSON") from error
        if not isinstance(given, Mapping):
            raise MalformedArrivalError("not a JSON object")
        try:
            return cls.from_detail(given)
        except MalformedEventError as error:
            raise MalformedArrivalError(str(error)) from error


def correlation(body: str) -> str:
    """The id of the request that brought a message's frames; empty where none is told."""
    try:
        given = json.loads(body)
    except ValueError:
        return ""
    return correlation_of(given) if isinstance(given, Mapping) else ""
