"""What becomes of a request: verified, then read, then published."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from kaizen.events.slack import SlackInteraction
from slack_interactions.interaction import MAX_BODY_BYTES, RequestError, interactions, read_payload

Result = Literal["accepted", "ignored", "rejected"]


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as the domain sees it: raw bytes and the three headers that count."""

    body: bytes
    content_type: str
    timestamp: str
    signature: str


class Signed(Protocol):
    def __call__(self, body: bytes, timestamp: str, given: str, now: datetime) -> bool: ...


def receive(
    request: Request, now: datetime, signed: Signed, publish: Callable[[Sequence[SlackInteraction]], None]
) -> list[SlackInteraction]:
    """Take in one request; the interactions that were published, none for one that is not ours.

    Raises RequestError (401, 400, 413, 415) for a request at fault; what `signed` and `publish` raise passes
    through, so that a press is never acknowledged before the bus has it.
    """
    if len(request.body) > MAX_BODY_BYTES:
        raise RequestError(413, "size", f"the body is larger than {MAX_BODY_BYTES} bytes")
    # Before any parsing. A missing, a wrong and an old signature look alike from outside.
    if not signed(request.body, request.timestamp, request.signature, now):
        raise RequestError(401, "signature", "the signature in X-Slack-Signature is missing, wrong or too old")
    found = interactions(read_payload(request.body, request.content_type), now)
    if found:
        publish(found)
    return found
