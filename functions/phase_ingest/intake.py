"""What becomes of a body: read, checked, stored, queued. Only what is durable is acknowledged."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from kaizen.phase import keys
from kaizen.phase.arrival import Arrival
from kaizen.phase.streams import Stream
from phase_ingest.body import Body, read_body
from phase_ingest.checks import check_count, check_stream, check_time, microseconds
from phase_ingest.known import KnownRows
from phase_ingest.posted import Posted


class Store(Protocol):
    """What the function keeps, and what it knows; see phase_ingest.store. All of it raises when AWS does not answer."""

    def stream(self, stream: str) -> Stream | None: ...
    def put_raw(self, key: str, data: bytes, coding: str) -> None: ...
    def send(self, arrival: Arrival, deduplication_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """`seq` is the last frame's number."""

    stream: str
    epoch: int
    frames: int
    seq: int


def take(stream: str, posted: Posted, now: datetime, store: Store, known: KnownRows) -> Receipt:
    """Take in one body.

    Raises RefusedError for one at fault, of which nothing is kept; what the store raises passes through, so that
    nothing is acknowledged that is not both in the bucket and in the queue. Taken again, a body gets the same key and
    the same deduplication id.
    """
    body = read_body(posted)
    check_time(body.last_us, now)
    check_stream(body.epoch, body.dt_us, body.last_seq, body.last_us, store.stream(stream))
    check_count(body.rows, known.rows(stream, body.epoch, body.config), body.epoch)
    digest = sha256(body.data).hexdigest()[:16]
    arrival = Arrival(
        stream=stream,
        epoch=body.epoch,
        first_seq=body.first_seq,
        last_seq=body.last_seq,
        key=keys.raw(stream, body.epoch, body.first_seq, body.last_seq, digest),
        coding=body.coding,
        received_us=microseconds(now),
    )
    store.put_raw(arrival.key, body.data, body.coding)
    store.send(arrival, deduplication_id(body, stream, digest))
    return Receipt(stream, body.epoch, body.frames, body.last_seq)


def deduplication_id(body: Body, stream: str, digest: str) -> str:
    """By which SQS drops a body that is posted again within five minutes."""
    return sha256(f"{stream}/{body.epoch}/{body.first_seq}-{body.last_seq}/{digest}".encode()).hexdigest()
