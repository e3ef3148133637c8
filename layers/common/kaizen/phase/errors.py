"""The one error of everything that reads phases, with its reason as data."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an input was refused; the texts are the same in the JavaScript decoder."""

    VERSION = "version"  # not a schema version
    TRUNCATED = "truncated"  # shorter than a header, or than its header says
    TRAILING = "trailing"  # bytes after the message
    MAGIC = "magic"  # not PHF1
    MAJOR = "major"  # a schema major that this reader does not speak
    HEADER_CRC = "header-crc"  # the header was damaged
    FIELD = "field"  # a header field holds what the format does not allow
    TOO_LARGE = "too-large"  # more rows, frames, cells or bytes than the reader allows
    LENGTH = "length"  # the payload length contradicts the other fields
    PAYLOAD = "payload"  # the payload holds what the format does not allow
    BASELINE = "baseline"  # the frames build on a state that the reader does not have
    STATE_CRC = "state-crc"  # decoded, and not what the sender had
    CODING = "coding"  # an unknown content coding, or a body that is not in it


class PhaseFormatError(Exception):
    """The input is refused. Permanent: a retry reads the same bytes.

    `reason` tells what a client does next: after `baseline` and `state-crc` it asks for a keyframe, after `major` it
    shakes hands again, anything else is damage or a foe.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
