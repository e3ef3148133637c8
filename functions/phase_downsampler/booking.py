"""What is counted when frames are taken, or come to nothing. Pure."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from kaizen.metrics.changes import Change, add, set_gauge
from kaizen.phase.streams import Stream
from phase_downsampler.decision import Decision, Step


def dropped(stream: str, reason: str, frames: int) -> Change:
    """`reason` is duplicate, stale, malformed or expired."""
    return add("phase_frames_dropped_total", {"stream": stream, "reason": reason}, frames)


def taken(
    stream: Stream, decision: Decision, frames: int, chunks: Counter[int], expired: int, now: datetime
) -> Iterator[Change]:
    """For the transaction that moves the stream on; `chunks` says how many of each level are new."""
    labels = {"stream": stream.stream}
    yield add("phase_frames_processed_total", labels, frames)
    yield set_gauge("phase_last_frame_timestamp_seconds", labels, stream.last_us / 1e6)
    yield set_gauge("phase_last_processed_timestamp_seconds", labels, int(now.timestamp()))
    if decision.step is Step.BEGIN:
        yield add("phase_epochs_total", labels)
        yield set_gauge("phase_rows", labels | {"kind": "sampled"}, stream.epoch.rows)
        yield set_gauge("phase_rows", labels | {"kind": "total"}, stream.epoch.total)
    if decision.gap:
        yield add("phase_gaps_total", labels)
    if decision.dropped:
        yield dropped(stream.stream, Step.DUPLICATE, decision.dropped)
    if expired:
        yield dropped(stream.stream, "expired", expired)
    for level, count in sorted(chunks.items()):
        yield add("phase_chunks_total", labels | {"level": str(level)}, count)
