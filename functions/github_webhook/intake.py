"""What becomes of a delivery: verified, then read, then published; each outcome is counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from github_webhook.delivery import MAX_BODY_BYTES, RequestError, read_headers, read_payload
from github_webhook.kinds import KINDS, Event

Result = Literal["accepted", "ignored", "rejected"]
# Metric labels come from this list, never from the request: an unsigned header may say anything.
KNOWN_EVENTS = frozenset({*KINDS, "ping"})


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as the domain sees it: raw bytes and the five headers that count."""

    body: bytes
    content_type: str
    signature: str
    event: str
    delivery_id: str
    hook_id: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery, and why."""

    result: Result
    event: str  # for the metric: a known event or `other`
    delivery_id: str
    reason: str = ""


class Publish(Protocol):
    def __call__(self, event: Event) -> None: ...


def receive(request: Request, now: datetime, signed: Callable[[bytes, str], bool], publish: Publish) -> Receipt:
    """Take in one delivery.

    Raises RequestError (401, 400, 413, 415) for a request at fault; what `signed` and `publish` raise passes
    through, so that a delivery is never acknowledged before the bus has it.
    """
    if len(request.body) > MAX_BODY_BYTES:
        raise RequestError(413, "size", f"the body is larger than {MAX_BODY_BYTES} bytes")
    # Before any parsing. A missing and a wrong signature look alike from outside.
    if not signed(request.body, request.signature):
        raise RequestError(401, "signature", "the signature in X-Hub-Signature-256 is missing or wrong")
    headers = read_headers(request.event, request.delivery_id, request.hook_id)
    payload = read_payload(request.body, request.content_type)
    if headers.event not in KINDS:
        return Receipt("ignored", event_label(headers.event), headers.delivery_id, "event")
    event = KINDS[headers.event](headers, payload, now)
    if event is None:
        return Receipt("ignored", headers.event, headers.delivery_id, "action")
    publish(event)
    return Receipt("accepted", headers.event, headers.delivery_id)


def event_label(event: str) -> str:
    return event if event in KNOWN_EVENTS else "other"
