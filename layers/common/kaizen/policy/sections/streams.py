"""Streams of oscillator phases: their rows, bits and levels of history. Pure. Section [[streams]]."""

from collections.abc import Iterator
from dataclasses import dataclass

from kaizen.policy import values
from kaizen.policy.named import same_names, too_many
from kaizen.policy.reader import Table, integer, one_number_of, real

_MOST_STREAMS = 50  # each is some forty metric series


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """One stream of oscillator phases: how many of its rows are kept, and in which levels its history is stored.

    Up to `threshold` rows all are kept, above it `target_rows`, or what `pixels` (of height), `bytes_per_second` (of
    egress for one viewer) and `standard_error` (of R) ask for; None where nothing is asked. `seed` chooses the sample.
    Level l has a column per `factor`**l frames; a chunk holds `chunk_columns` columns.
    """

    id: str
    target_rows: int = 1000
    threshold: int = 4096
    pixels: int | None = None
    bytes_per_second: int | None = None
    standard_error: float | None = None
    seed: int = 0
    bits: int = 16
    levels: int = 6
    factor: int = 4
    chunk_columns: int = 256


def read(file: Table) -> tuple[StreamPolicy, ...]:
    streams = tuple(_stream(each) for each in file.tables("streams"))
    too_many(file, "streams", len(streams), _MOST_STREAMS)
    return streams


def contradictions(streams: tuple[StreamPolicy, ...]) -> Iterator[str]:
    """Names that two streams have."""
    yield from same_names("streams", [stream.id for stream in streams])


def _stream(table: Table) -> StreamPolicy:
    default = StreamPolicy("")
    stream = StreamPolicy(
        id=table.need("id", values.name, table.entry),
        target_rows=table.get("target_rows", integer(256, 8192), default.target_rows),
        threshold=table.get("threshold", integer(256, 8192), default.threshold),
        pixels=table.get("pixels", integer(256, 8192), None),
        bytes_per_second=table.get("bytes_per_second", integer(1000, 10**9), None),
        standard_error=table.get("standard_error", real(0.005, 0.5), None),
        seed=table.get("seed", integer(0, (1 << 63) - 1), default.seed),
        bits=table.get("bits", one_number_of(values.BITS), default.bits),
        levels=table.get("levels", integer(0, 10), default.levels),
        factor=table.get("factor", one_number_of((2, 4)), default.factor),
        chunk_columns=table.get("chunk_columns", one_number_of((64, 128, 256, 512)), default.chunk_columns),
    )
    table.close()
    return stream
