"""A posted body, decoded to the last frame: what is stored is what a decoder has read and found whole. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kaizen.phase.arrival import MOST_BODY_BYTES
from kaizen.phase.coding import compress, decompress
from kaizen.phase.decode import Message, decode_all
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.wire import Header
from phase_ingest import small
from phase_ingest.checks import check_count, check_follows, check_frames, check_size
from phase_ingest.faults import RefusedError
from phase_ingest.posted import Kind, Posted
from phase_ingest.rowset import count_rows

STORED_CODING = "zstd"  # of what came as JSON


@dataclass(frozen=True, slots=True)
class Config:
    """A CONFIG message, to the byte; `rows` is what its document names."""

    message: bytes
    epoch: int
    document: Mapping[str, Any]
    rows: int


@dataclass(frozen=True, slots=True)
class Body:
    """Frames `first_seq` to `last_seq` of an epoch, as PHF1 messages in the content coding `coding`.

    `last_us` is the last frame's time in microseconds since 1970. `config` is None if the body did not hold one.
    """

    data: bytes
    coding: str
    epoch: int
    first_seq: int
    last_seq: int
    last_us: int
    rows: int
    dt_us: int
    config: Config | None

    @property
    def frames(self) -> int:
        return self.last_seq - self.first_seq + 1


def read_body(posted: Posted) -> Body:
    """Raises RefusedError for the first fault: 400 with its reason, or 413 for more than a body may hold."""
    try:
        if posted.kind is Kind.JSON:
            messages = small.to_phf1(decompress(posted.coding, posted.data, small.MOST_BYTES))
            return _read(messages, compress(STORED_CODING, messages), STORED_CODING)
        messages = decompress(posted.coding, posted.data, MOST_BODY_BYTES)
        return _read(messages, posted.data, posted.coding)
    except PhaseFormatError as error:
        raise _refused(error) from error


def _read(messages: bytes, stored: bytes, coding: str) -> Body:
    """`stored` are the messages in the content coding `coding`."""
    decoded = _decoded(messages)
    message, config = next(decoded, None), None
    if message is not None and message.document is not None:
        config = _config(message.header, message.document, messages)
        message = next(decoded, None)
    if message is None:
        raise RefusedError(400, "empty", "the body holds no frames")
    first = last = message.header
    check_frames(first)
    check_size(first.n_frames, first.n_rows)
    if config is not None:
        _check_described(first, config)
    for message in decoded:
        check_frames(message.header)
        check_follows(message.header, first, last)
        last = message.header
        check_size(last.seq - first.first_seq + 1, first.n_rows)
    return Body(
        data=stored,
        coding=coding,
        epoch=first.epoch,
        first_seq=first.first_seq,
        last_seq=last.seq,
        last_us=last.t0_us + (last.n_frames - 1) * last.dt_us,
        rows=first.n_rows,
        dt_us=first.dt_us,
        config=config,
    )


def _decoded(messages: bytes) -> Iterator[Message]:
    number = 1
    try:
        for number, message in enumerate(decode_all(messages), start=2):  # noqa: B007 - the one that fails next
            yield message
    except PhaseFormatError as error:
        raise _refused(error, f"message {number}: ") from error


def _config(header: Header, document: Mapping[str, Any], messages: bytes) -> Config:
    rows = count_rows(document)
    if header.n_rows != rows:
        raise RefusedError(400, "count", f"the CONFIG says n_rows {header.n_rows}, its document names {rows} rows")
    return Config(messages[: header.message_bytes], header.epoch, document, rows)


def _check_described(first: Header, config: Config) -> None:
    """Whether the CONFIG in front is that of the frames."""
    if config.epoch != first.epoch:
        raise RefusedError(400, "changed", f"the frames are of epoch {first.epoch}, the CONFIG of {config.epoch}")
    check_count(first.n_rows, config.rows, first.epoch)


def _refused(error: PhaseFormatError, place: str = "") -> RefusedError:
    status = 413 if error.reason is Reason.TOO_LARGE else 400
    return RefusedError(status, error.reason, f"{place}{error}")
