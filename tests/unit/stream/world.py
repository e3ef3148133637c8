"""The doors over a store in memory, and viewers whose every frame is held against the truth."""

import base64
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import numpy as np

from kaizen.phase import keys
from kaizen.phase.coding import decompress
from kaizen.phase.decode import Message, decode_all
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Baseline
from kaizen.phase.schema import SCHEMA
from kaizen.phase.streams import Epoch, Segment, Stream
from kaizen.runtime.http import Response
from phase_stream import frames
from phase_stream.audit import Audit, Side
from phase_stream.call import Call
from phase_stream.ledger import Ledger
from phase_stream.plan import Mark
from phase_stream.request import Report, RequestError
from phase_stream.ring import Window, plain, read_segment
from phase_stream.savings import Account, Measured, Tally, amounts
from phase_stream.store import ExpiredError, PhaseStore
from tests.factories import NOW
from tests.unit.stream.source import Source

COUNTERS = (
    "phase_frame_bytes_sent_total",
    "phase_frame_bytes_full_equivalent_total",
    "bytes_saved_total",
    "phase_bytes_retransmitted_total",
    "phase_resync_total",
)
BODY_LIMIT = 64 << 20
_NAMES = itertools.count()


class MemoryStore:
    """The twin of PhaseStore over sources and of Ledger; it judges at once, and keeps every tally as it was judged."""

    def __init__(self, *sources: Source) -> None:
        self.sources = {each.name: each for each in sources}
        self.tallies: list[Tally] = []
        self.rows: Counter[tuple[str, str]] = Counter()
        self.accounts: dict[tuple[str, str], Account] = {}

    def stream(self, name: str) -> Stream | None:
        return self.sources[name].stream if name in self.sources else None

    def streams(self, names: Iterable[str]) -> list[Stream]:
        return [self.sources[name].stream for name in names if name in self.sources]

    def epochs(self, name: str) -> Sequence[Epoch]:
        return self.sources[name].epochs

    def epoch(self, name: str, number: int) -> Epoch | None:
        return next((each for each in self.epochs(name) if each.epoch == number), None)

    def window(self, stream: Stream, segments: Sequence[Segment]) -> Window:
        parts = []
        for segment in segments:
            key = keys.ring(stream.stream, stream.epoch.epoch, segment.first_seq, segment.last_seq)
            parts.append((segment, read_segment(self._object(stream.stream, key), stream.epoch, segment)))
        return Window(parts, stream.epoch.dt_us)

    def config(self, name: str, epoch: int) -> bytes:
        return plain(self._object(name, keys.config(name, epoch)))

    def chunk_address(self, name: str, epoch: int, level: int, chunk: int, coding: str) -> str:
        key = keys.chunk(name, epoch, level, chunk, coding)
        self._object(name, key)
        return f"https://bucket.invalid/{key}"

    def count(self, stream: str, viewer: str, request_id: str, response: Measured) -> None:
        account = self.accounts.setdefault((viewer, stream), Account.of(None))
        counted = account.add(response, len(self.tallies))
        self.tallies.append(counted)
        for (metric, _, value), amount in amounts(counted).items():
            assert amount >= 0, "a counter falls"
            self.rows[metric, f"{stream} {value}"] += amount

    def report(self, report: Report, now: datetime) -> Audit | None:
        account = self.accounts.get((report.audit, report.stream))
        if account is None:
            return None
        sides = Side(account.sent, account.responses), account.saved, Side(report.received, report.responses)
        return Audit(report.audit, report.stream, "", "", 1 << 40, *sides)

    def total(self, metric: str, label: str = "") -> int:
        return sum(amount for (name, series), amount in self.rows.items() if name == metric and label in series)

    def totals(self) -> dict[str, int]:
        return {metric: self.total(metric) for metric in COUNTERS}

    def _object(self, name: str, key: str) -> bytes:
        try:
            return self.sources[name].objects[key]
        except KeyError:
            raise ExpiredError(key) from None


@dataclass(frozen=True)
class Answer:
    """A response as the client gets it, its content coding undone if that is possible."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def reason(self) -> str:
        return self.headers["phase-resync"]

    def plain(self) -> bytes:
        return decompress(self.headers.get("content-encoding", "identity"), self.body, BODY_LIMIT)

    def messages(self, baseline: Baseline | None = None) -> list[Message]:
        return list(decode_all(self.plain(), baseline))


def received(response: Response) -> Answer:
    body = response["body"]
    raw = base64.b64decode(body) if response["isBase64Encoded"] else body.encode()
    return Answer(response["statusCode"], response["headers"], raw)


@dataclass
class World:
    store: MemoryStore
    ids: Iterable[int] = field(default_factory=itertools.count)

    def get(
        self, name: str, query: Mapping[str, str], coding: str = "zstd", *, request_id: str = "", tag: str = ""
    ) -> Answer:
        headers = {"Accept-Encoding": coding} | ({"If-None-Match": tag} if tag else {})
        event = {"pathParameters": {"id": name}, "queryStringParameters": dict(query), "headers": headers}
        request_id = request_id or f"request-{next(iter(self.ids))}"
        names = tuple(self.store.sources)
        call = Call(event, request_id, NOW, SCHEMA, names, cast(PhaseStore, self.store), cast(Ledger, self.store))
        try:
            return received(frames.serve(call))
        except RequestError as error:
            return received(error.response())


def same(message: Message, source: Source) -> bool:
    """Whether a message's frames are the producer's own, and where nothing is missing none says so."""
    header, got = message.header, message.frames
    assert got is not None
    for row, seq in enumerate(range(header.first_seq, header.seq + 1)):
        angles, missing = source.truth[Mark(header.epoch, seq)]
        masked = None if got.missing is None else got.missing[row]
        if not np.array_equal(got.angles[row], angles):
            return False
        if missing is None and masked is not None and masked.any():
            return False
        if missing is not None and (masked is None or not np.array_equal(masked, missing)):
            return False
    return True


@dataclass
class Viewer:
    """A client by the protocol: what it shows is the truth, or it asks for a keyframe."""

    source: Source
    coding: str = "zstd"
    name: str = field(default_factory=lambda: f"viewer-{next(_NAMES):016d}")
    baseline: Baseline | None = None
    epochs_known: set[int] = field(default_factory=set)
    lost: str = ""
    session: list[tuple[bytes, str]] = field(
        default_factory=list
    )  # plain bodies, none if it was not even that, and the outcome

    @property
    def query(self) -> dict[str, str]:
        if self.baseline is not None:
            return {"audit": self.name, "after": f"{self.baseline.epoch}.{self.baseline.seq}"}
        return {"audit": self.name} | ({"resync": self.lost} if self.lost else {})

    @property
    def mark(self) -> Mark | None:
        return None if self.baseline is None else Mark(self.baseline.epoch, self.baseline.seq)

    def receive(self, answer: Answer) -> None:
        if answer.status == 204:
            return
        try:
            body = answer.plain()
        except PhaseFormatError as error:
            self.session.append((b"", error.reason.value))
            self._lose("crc")
            return
        try:
            messages = list(decode_all(body, self.baseline))
        except PhaseFormatError as error:
            self.session.append((body, error.reason.value))
            self._lose("gap" if error.reason is Reason.BASELINE else "crc")
            return
        for message in messages:
            if message.document is not None and "ids" in message.document:
                self.epochs_known.add(message.header.epoch)
            if message.frames is not None:
                assert same(message, self.source), f"{message.header} is not what the producer sent"
                assert message.header.epoch in self.epochs_known, "frames of rows that nobody described"
                self.baseline, self.lost = message.baseline, ""
        self.session.append((body, f"{self.mark}"))

    def _lose(self, reason: str) -> None:
        self.baseline, self.lost = None, reason
