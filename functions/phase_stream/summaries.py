"""GET /phase/streams and /phase/streams/{id}: what there is to see, for clients and people."""

from typing import Any

from kaizen.phase.sizing import standard_error
from kaizen.phase.streams import Epoch, Stream
from kaizen.runtime.http import Response, reply_json
from phase_stream.call import Call
from phase_stream.plan import Mark, runs_of


def listing(call: Call) -> Response:
    """The policy's streams that have had a frame."""
    return reply_json(200, {"streams": [summary(each) for each in call.store.streams(call.names)]})


def one(call: Call) -> Response:
    """A stream with its epochs, the newest first, and which chunks of history each level has."""
    stream = call.stream()
    epochs = [epoch_document(each) for each in call.store.epochs(stream.stream)]
    return reply_json(200, summary(stream) | {"epochs": epochs})


def summary(stream: Stream) -> dict[str, Any]:
    """`newest` is what a client that asks for frames ends up with; times are microseconds since 1970."""
    epoch, runs = stream.epoch, runs_of(stream)
    return {
        "id": stream.stream,
        "epoch": epoch.epoch,
        "newest": str(Mark(epoch.epoch, runs[-1].last_seq)) if runs else None,
        "oldest": str(Mark(epoch.epoch, runs[0].first_seq)) if runs else None,
        "last_us": stream.last_us,
        "dt_us": epoch.dt_us,
        "gop_frames": stream.gop_frames,
        "rows": epoch.rows,
        "total": epoch.total,
        "method": epoch.method,
        "bits": epoch.bits,
    }


def epoch_document(epoch: Epoch) -> dict[str, Any]:
    """`standard_error` is that of R from the sampled rows; 0 where all of them are there."""
    return {
        "epoch": epoch.epoch,
        "first_seq": epoch.first_seq,
        "last_seq": epoch.last_seq,
        "t0_us": epoch.t0_us,
        "dt_us": epoch.dt_us,
        "ended": epoch.ended,
        "rows": epoch.rows,
        "total": epoch.total,
        "method": epoch.method,
        "standard_error": round(standard_error(epoch.rows, epoch.total), 6),
        "bits": epoch.bits,
        "levels": [level_document(epoch, level) for level in range(epoch.levels + 1)],
    }


def level_document(epoch: Epoch, level: int) -> dict[str, Any]:
    """`first_chunk` and `last_chunk` are both there, or both null while no chunk is complete."""
    chunks = epoch.chunks(level)
    return {
        "level": level,
        "step_us": epoch.dt_us * epoch.factor**level,
        "frames_per_chunk": epoch.columns_per_chunk_frames(level),
        "first_chunk": chunks[0] if chunks else None,
        "last_chunk": chunks[-1] if chunks else None,
    }
