"""Why a post is not taken. Pure."""

from typing import Any


class RefusedError(Exception):
    """The caller is at fault, and the same post would be refused again.

    `status` and the sentence go to the caller, `reason` as a word for programs, `more` as further members of the
    problem (RFC 9457).
    """

    def __init__(self, status: int, reason: str, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.reason = reason
        self.more = more


class OversizeError(RefusedError):
    """More bytes than pass the door: an upload past it is the way out."""

    def __init__(self, sentence: str) -> None:
        super().__init__(413, "size", sentence)


def shown(value: Any) -> str:
    """A value as a sentence may quote it: short, and ASCII whatever it holds."""
    try:
        text = ascii(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, or lists in lists without end
        text = type(value).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."
