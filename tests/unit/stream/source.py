"""A stream as phase_downsampler leaves it: objects of the ring, the CONFIG and the meta item, and the truth beside."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaizen.phase import keys
from kaizen.phase.coding import compress
from kaizen.phase.encode import chunk, config
from kaizen.phase.frames import Frames, Place
from kaizen.phase.predict import CANDIDATES, LINEAR
from kaizen.phase.quantise import Bam, bam_type
from kaizen.phase.streams import Epoch, Gop, Segment, Stream
from phase_stream.plan import Mark

NAME = "kuramoto"
START_US = 1_772_443_800_000_000
BINS = 64

# Angles [frames, rows] in turns, from the number of the first frame.
Motion = Callable[[int, int, int], NDArray[np.float64]]


def turning(noise: float = 0.0, seed: int = 1) -> Motion:
    """Rows that turn at speeds of their own, slowly changing; `noise` in turns per frame."""

    def motion(first: int, count: int, rows: int) -> NDArray[np.float64]:
        numbers = np.random.default_rng([seed, rows])
        speed, start = numbers.normal(0.03, 0.01, rows), numbers.random(rows)
        t = np.arange(first, first + count)[:, None]
        jolts = np.stack([np.random.default_rng([seed, rows, at[0]]).normal(0, 1, rows) for at in t])
        moved: NDArray[np.float64] = start + speed * t + 0.02 * np.sin(t / 9 + start * 6) + noise * jolts
        return moved

    return motion


def uniform(seed: int = 1) -> Motion:
    """Phases of which none tells anything about the next."""

    def motion(first: int, count: int, rows: int) -> NDArray[np.float64]:
        return np.stack([np.random.default_rng([seed, rows, at]).random(rows) for at in range(first, first + count)])

    return motion


@dataclass
class Source:
    """Posts frames; `objects` are the bucket's, `truth` what each frame of the sampled rows is (angles, missing)."""

    rows: int = 20
    bits: int = 16
    gop_frames: int = 8
    ring_frames: int = 24
    dt_us: int = 33_333
    motion: Motion = field(default_factory=turning)
    predictors: random.Random | None = None
    name: str = NAME
    total: int = 100_000
    objects: dict[str, bytes] = field(default_factory=dict)
    truth: dict[Mark, tuple[Bam, NDArray[np.bool_] | None]] = field(default_factory=dict)
    ended: list[Epoch] = field(default_factory=list)
    _stream: Stream | None = None
    _clock_us: int = START_US

    @property
    def stream(self) -> Stream:
        assert self._stream is not None
        return self._stream

    @property
    def newest(self) -> Mark:
        return Mark(self.stream.epoch.epoch, self.stream.epoch.last_seq)

    @property
    def epochs(self) -> list[Epoch]:
        """The newest first."""
        return [self.stream.epoch, *reversed(self.ended)]

    def begin(self, epoch: int, count: int = 1, *, first_seq: int = 0, rows: int | None = None) -> None:
        """A new epoch with its first body."""
        if self._stream is not None:
            self.ended.append(replace(self.stream.epoch, ended=True))
        self.rows = rows or self.rows
        description = self._described(epoch, first_seq)
        self.objects[keys.config(self.name, epoch)] = description
        made = Epoch(
            epoch, first_seq, first_seq - 1, self._clock_us, self.dt_us, self.rows, self.total, "bottom-k", self.bits,
            levels=2, factor=4, chunk_columns=64,
        )  # fmt: skip
        self._stream = Stream(self.name, 0, made, self.gop_frames, self._clock_us, (), ())
        self.post(count)

    def post(self, count: int, *, gap: int = 0, missing: bool = False, late_us: int = 0) -> None:
        """A body of `count` frames; `gap` others before it never came, `late_us` their time is off."""
        stream, epoch = self.stream, self.stream.epoch
        first = epoch.last_seq + 1 + gap
        last = first + count - 1
        self._clock_us += gap * self.dt_us + late_us
        segment = Segment(first, last, self._clock_us)
        self._clock_us += count * self.dt_us
        frames = self._frames(first, count, missing=missing)
        self.objects[keys.ring(self.name, epoch.epoch, first, last)] = self._object(frames, segment)
        for row, seq in enumerate(range(first, last + 1)):
            mask = None if frames.missing is None else frames.missing[row]
            self.truth[Mark(epoch.epoch, seq)] = frames.angles[row], mask
        gops = self._gops(stream, first, last, gap=gap > 0)
        segments = (*stream.segments, segment)
        oldest = max((gop.first_seq for gop in gops if gop.first_seq <= last - self.ring_frames + 1), default=-1)
        self._stream = replace(
            stream,
            version=stream.version + 1,
            epoch=replace(epoch, last_seq=last),
            last_us=segment.t0_us + (count - 1) * self.dt_us,
            segments=tuple(each for each in segments if each.last_seq >= oldest),
            gops=tuple(each for each in gops if each.first_seq >= oldest),
        )

    def columns(self, first: int, last: int) -> dict[str, list[Any]]:
        """What the objects say of all oscillators at each of these frames: of every seventh, that there were none."""
        numbers = range(first, last + 1)
        return {
            "r": [None if seq % 7 == 6 else round(seq % 10 / 10, 4) for seq in numbers],
            "psi": [None if seq % 7 == 6 else round(seq % 6.28, 4) for seq in numbers],
            "density": [[0 if seq % 7 == 6 else (seq * 31 + place) % 997 for place in range(BINS)] for seq in numbers],
        }

    def _frames(self, first: int, count: int, *, missing: bool) -> Frames:
        turns = self.motion(first, count, self.rows)
        angles = (np.floor(turns * (1 << self.bits)).astype(np.int64) & ((1 << self.bits) - 1)).astype(
            bam_type(self.bits)
        )
        if not missing:
            return Frames(angles)
        mask = np.random.default_rng([first, count]).random(angles.shape) < 0.3
        for row in range(1, count):
            np.copyto(angles[row], angles[row - 1], where=mask[row])
        return Frames(angles, None, mask)

    def _object(self, frames: Frames, segment: Segment) -> bytes:
        place = self._place(segment.last_seq, segment.t0_us)
        document = {"first_seq": segment.first_seq, "frames_per_column": 1} | self.columns(
            segment.first_seq, segment.last_seq
        )
        described = config({"columns": document}, place, self.bits, self.rows)
        return compress("zstd", chunk(frames, place, self.bits, LINEAR) + described)

    def _described(self, epoch: int, first_seq: int) -> bytes:
        ids = random.Random(epoch).sample(range(1 << 40), self.rows)
        document = {
            "stream": self.name, "epoch": epoch, "ids": ids, "index": list(range(self.rows)), "strata": None,
            "seed": 0, "hash": "splitmix64", "method": "bottom-k", "rows": self.rows, "total": self.total,
            "standard_error": 0.02, "bits": self.bits, "t0_us": self._clock_us, "dt_us": self.dt_us,
        }  # fmt: skip
        place = Place(epoch, first_seq, self._clock_us, self.dt_us, sampled=True)
        return config(document, place, self.bits, self.rows)

    def _place(self, last: int, t0_us: int) -> Place:
        return Place(self.stream.epoch.epoch, last, t0_us, self.dt_us, sampled=True)

    def _gops(self, stream: Stream, first: int, last: int, *, gap: bool) -> list[Gop]:
        gops = list(stream.gops)
        following = first if gap or not gops else gops[-1].first_seq + self.gop_frames
        for start in range(following, last + 1, self.gop_frames):
            predictor = LINEAR if self.predictors is None else self.predictors.choice(CANDIDATES)
            gops.append(Gop(start, predictor))
        return gops
