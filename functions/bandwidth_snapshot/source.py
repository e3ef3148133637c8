"""Bins of a day from any PromQL expression, for those who measure egress elsewhere."""

import math
from collections.abc import Callable
from datetime import date, timedelta

from bandwidth_snapshot.day import BIN, Bin, start_of
from kaizen.prometheus.client import Prometheus
from kaizen.prometheus.errors import PrometheusError

MOST_STREAMS = 200  # each is a row a day, and series on /metrics for good


class TooManyStreamsError(Exception):
    """The query gives more streams than are kept. Permanent: sum some of them up in the query."""


class SourceError(Exception):
    """The day cannot be closed now: Prometheus does not answer, or says that something may be missing. Transient."""


def bins_of_query(prometheus: Callable[[], Prometheus], query: str, day: date) -> dict[str, list[Bin]]:
    """The expression gives bytes per second by `stream`; each value is the rate of the five minutes before it.

    Raises SourceError rather than taking a part for the whole, or TooManyStreamsError; values that are no rate are left
    out, as gaps.
    """
    start = start_of(day)
    try:
        found = prometheus().query_range(query, start + BIN, start + timedelta(days=1), BIN)
    except PrometheusError as error:
        raise SourceError(f"Prometheus: {error}") from error
    if not found.notes.complete:
        raise SourceError(f"Prometheus says that something is missing: {'; '.join(found.notes.warnings) or 'partial'}")
    if len(found.series) > MOST_STREAMS:
        raise TooManyStreamsError(
            f"the policy's query gives {len(found.series)} streams; at most {MOST_STREAMS} are kept: sum some up"
        )
    bins: dict[str, list[Bin]] = {}
    for series in found.series:
        stream = series.labels.get("stream", "all")
        for at, value in series.points:
            if math.isfinite(value) and value >= 0:
                instant = start + timedelta(seconds=round(at - start.timestamp()))
                bins.setdefault(stream, []).append(Bin(instant, BIN.total_seconds(), value * BIN.total_seconds()))
    return bins
