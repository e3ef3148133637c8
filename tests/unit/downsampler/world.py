"""A producer, a store in memory, and what a reader finds in it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaizen.metrics.changes import Change
from kaizen.phase import keys
from kaizen.phase.arrival import Arrival
from kaizen.phase.coding import compress, decompress
from kaizen.phase.decode import Message, decode_all
from kaizen.phase.encode import config, delta, keyframe
from kaizen.phase.frames import Frames, Place
from kaizen.phase.quantise import Bam, to_bam
from kaizen.phase.streams import Epoch, Stream
from kaizen.policy import Policy
from kaizen.policy.sections.streams import StreamPolicy
from phase_downsampler.downsampling import Conflict, Downsampler, Result
from phase_downsampler.objects import Object
from tests.factories import default_policy

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
T0_US = 1_770_000_000_000_000
NAME = "kuramoto"


def policy_of(**given: Any) -> Policy:
    """A policy with one stream; small chunks and levels make small tests."""
    small = {"levels": 2, "factor": 2, "chunk_columns": 8} | given
    return replace(default_policy(), streams=(StreamPolicy(NAME, **small),))


def theta(frames: int, rows: int, seed: int = 1) -> NDArray[np.float64]:
    """Phases [frames, rows] that turn at their own rates and wrap."""
    rng = np.random.default_rng(seed)
    rates = rng.normal(0.3, 0.2, rows)
    return rng.uniform(0, 6.28, rows) + rates * np.arange(frames)[:, None] + rng.normal(0, 0.02, (frames, rows))


@dataclass
class MemoryStore:
    """The twin of `store.PhaseStore`. `fail` is the step that breaks once: put, after `spared` of them, or commit, or
    committed, when all is written and nobody hears of it.
    """

    streams: dict[str, Stream] = field(default_factory=dict)
    epochs: dict[tuple[str, int], Epoch] = field(default_factory=dict)
    objects: dict[str, Object] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    gauges: dict[tuple[str, str], float] = field(default_factory=dict)
    fail: str = ""
    spared: int = 0
    read: list[str] = field(default_factory=list)

    def load(self, stream: str) -> Stream | None:
        found = self.streams.get(stream)
        return None if found is None else Stream.from_attributes(found.attributes())

    def get(self, wanted: Sequence[str]) -> list[bytes | None]:
        self.read += wanted
        return [self.objects[key].data if key in self.objects else None for key in wanted]

    def put(self, objects: Iterable[Object]) -> None:
        for each in objects:
            if self.spared and self.fail == "put":
                self.spared -= 1
            else:
                self._break("put")
            self.objects[each.key] = each

    def commit(
        self, old: Stream | None, new: Stream, ended: Epoch | None, changes: Sequence[Change], now: datetime
    ) -> None:
        self._break("commit")
        stored = self.streams.get(new.stream)
        if (stored.version if stored else 0) != (old.version if old else 0):
            raise Conflict("version")
        self.streams[new.stream] = new
        for epoch in (new.epoch, ended):
            if epoch is not None:
                self.epochs[new.stream, epoch.epoch] = epoch
        self.count(changes, now)
        self._break("committed")

    def count(self, changes: Sequence[Change], now: datetime) -> None:
        for change in changes:
            ((_, amount),) = change.amounts
            if change.action == "add":
                self.counts[change.metric, change.series] += int(amount)
            else:
                self.gauges[change.metric, change.series] = amount

    def _break(self, step: str) -> None:
        if self.fail == step:
            self.fail = ""
            raise ConnectionError(step)

    def total(self, metric: str, *labels: str) -> int:
        series = "[" + ",".join(f'"{label}"' for label in labels) + "]"
        return self.counts[metric, series]


@dataclass(frozen=True)
class Producer:
    """The frames of one epoch, [frames, rows], in the numbers that a producer gives them."""

    angles: Bam
    bits: int = 16
    missing: NDArray[np.bool_] | None = None
    epoch: int = 7
    dt_us: int = 1_000_000
    t0_us: int = T0_US
    stream: str = NAME
    document: dict[str, Any] | None = None

    @classmethod
    def of(cls, phases: NDArray[np.float64], bits: int = 16, **given: Any) -> "Producer":
        return cls(to_bam(phases, bits), bits, **given)

    def _frames(self, first: int, last: int) -> Frames:
        gaps = None if self.missing is None else self.missing[first : last + 1]
        return Frames(self.angles[first : last + 1], missing=gaps)

    def messages(self, first: int, last: int, *, described: bool = False) -> bytes:
        """A CONFIG if wanted, a keyframe, and a delta if there is more than one frame."""
        place = Place(self.epoch, first, self.t0_us + first * self.dt_us, self.dt_us)
        start = keyframe(self._frames(first, first), place, self.bits, 2)
        data = self.config() + start.data if described else start.data
        if last > first:
            rest = Place(self.epoch, last, place.t0_us + self.dt_us, self.dt_us)
            data += delta(self._frames(first + 1, last), rest, start.baseline, time_major=True).data
        return data

    def config(self) -> bytes:
        rows = self.angles.shape[1]
        document = self.document or {"ranges": [[100, rows]]}
        return config(document, Place(self.epoch, 0, self.t0_us, self.dt_us), self.bits, rows)

    def arrival(self, first: int, last: int) -> Arrival:
        key = keys.raw(self.stream, self.epoch, first, last, "0" * 16)
        return Arrival(self.stream, self.epoch, first, last, key, "zstd", self.t0_us)

    def post(self, store: MemoryStore, first: int, last: int) -> Arrival:
        """What phase_ingest does with a body."""
        arrival = self.arrival(first, last)
        described = Object(keys.rows(self.stream, self.epoch), self.config())
        store.put([described, Object(arrival.key, compress("zstd", self.messages(first, last)))])
        return arrival


def downsampler(store: MemoryStore) -> Downsampler:
    return Downsampler(store, lambda _: None)


def send(store: MemoryStore, producer: Producer, policy: Policy, *bodies: tuple[int, int]) -> list[Result]:
    """Bodies of frames, first and last, one after the other through one process."""
    process = downsampler(store)
    return [process.apply(producer.post(store, *body), policy, NOW) for body in bodies]


def written(store: MemoryStore, *prefixes: str) -> dict[str, Object]:
    return {key: each for key, each in store.objects.items() if key.startswith(prefixes)}


def messages(stored: Object) -> list[Message]:
    return list(decode_all(decompress(stored.coding or "identity", stored.data, 1 << 26)))


def chunk(store: MemoryStore, level: int, number: int, epoch: int = 7, coding: str = "zstd") -> tuple[Message, Any]:
    """A chunk's message, and its columns."""
    found, described = messages(store.objects[keys.chunk(NAME, epoch, level, number, coding)])
    assert described.document is not None
    return found, described.document["columns"]
