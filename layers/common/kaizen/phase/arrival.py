"""What phase_ingest tells phase_downsampler of a body of frames that lies in the bucket. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self, get_type_hints

VERSION = 1

# Of the messages in one object, out of their content coding. All its frames together are at most LIMITS.frames.
MOST_BODY_BYTES = 64 << 20


class MalformedArrivalError(Exception):
    """A message that is no arrival. Permanent: a retry reads the same."""


@dataclass(frozen=True, slots=True)
class Arrival:
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

    def body(self) -> str:
        return json.dumps({"version": VERSION} | asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, body: str) -> Self:
        """What `body` wrote. Raises MalformedArrivalError naming the first fault."""
        try:
            given = json.loads(body)
        except ValueError as error:
            raise MalformedArrivalError("not JSON") from error
        if not isinstance(given, Mapping) or given.get("version") != VERSION:
            raise MalformedArrivalError(f"not an arrival of version {VERSION}")
        kinds: dict[str, Any] = get_type_hints(cls)
        for name in (field.name for field in fields(cls)):
            if type(given.get(name)) is not kinds[name]:
                raise MalformedArrivalError(f"{name} is missing or no {kinds[name].__name__}")
        return cls(**{field.name: given[field.name] for field in fields(cls)})
