"""The rows of an epoch: those that the producer named, and those of them that are kept. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaizen.phase.planes import planes_per_cell
from kaizen.phase.sampling import HASH, Ids, Indices, Sample, choose_rows
from kaizen.phase.sizing import choose_k, standard_error
from kaizen.phase.streams import Epoch
from kaizen.policy.sections.streams import StreamPolicy


@dataclass(frozen=True, slots=True, eq=False)
class RowSet:
    """Each row's oscillator, and its stratum if the producer named any."""

    ids: Ids
    strata: NDArray[np.int64] | None


def read_rows(document: Mapping[str, Any]) -> RowSet:
    """The rows that a producer's CONFIG names; phase_ingest has checked it.

    Raises KeyError, TypeError, ValueError or OverflowError for what is no such document.
    """
    if "ids" in document:
        ids = np.array(document["ids"], np.uint64)
    else:
        ids = np.concatenate([np.arange(first, first + count, dtype=np.uint64) for first, count in document["ranges"]])
    if "strata" not in document:
        return RowSet(ids, None)
    labels, counts = zip(*document["strata"], strict=True)
    return RowSet(ids, np.repeat(np.array(labels, np.int64), counts))


def choose(rows: RowSet, policy: StreamPolicy, bits: int, dt_us: int) -> Sample:
    """As many rows as the policy asks for: the same ones whenever this is repeated."""
    k = choose_k(
        len(rows.ids),
        px_h=policy.pixels,
        bytes_budget=policy.bytes_per_second,
        fps=1_000_000 / dt_us,
        bpp=planes_per_cell(bits),
        eps=policy.standard_error,
        target=policy.target_rows,
        threshold=policy.threshold,
    )
    return choose_rows(rows.ids, k, policy.seed, rows.strata)


def describe(stream: str, epoch: Epoch, rows: RowSet, sample: Sample, seed: int) -> dict[str, Any]:
    """The epoch's CONFIG document: which oscillators are shown, in the order of the rows, and how they were chosen."""
    return {
        "stream": stream,
        "epoch": epoch.epoch,
        "ids": rows.ids[sample.rows].tolist(),
        "index": sample.rows.tolist(),
        "strata": None if rows.strata is None else rows.strata[sample.rows].tolist(),
        "seed": seed,
        "hash": HASH,
        "method": sample.method,
        "rows": len(sample.rows),
        "total": len(rows.ids),
        "standard_error": round(standard_error(len(sample.rows), len(rows.ids)), 6),
        "bits": epoch.bits,
        "t0_us": epoch.t0_us,
        "dt_us": epoch.dt_us,
    }


def indices(document: Mapping[str, Any]) -> Indices:
    """The producer's row behind each kept one, from the document that `describe` made."""
    return np.array(document["index"], np.int64)
