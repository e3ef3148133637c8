"""Bins of a day from any PromQL expression, for those who measure egress elsewhere."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

from bandwidth_snapshot.day import BIN, BINS, Bin, start_of
from bandwidth_snapshot.names import UNNAMED, kept
from kaizen.prometheus.client import Prometheus
from kaizen.prometheus.errors import PrometheusError

MOST_SERIES = 2000  # of one answer: more is a query that nobody meant
_HIGHEST = 1e15  # bytes a second: more is no rate


class QueryError(Exception):
    """The query gives what cannot be recorded. Permanent: the message says what to change in the policy's query."""


class SourceError(Exception):
    """The day cannot be closed now: Prometheus does not answer, or says that something may be missing. Transient."""


def bins_of_query(prometheus: Callable[[], Prometheus], query: str, day: date) -> dict[str, list[Bin]]:
    """The expression gives bytes per second by `stream`; each value is the rate of the five minutes before it.

    Raises SourceError rather than taking a part for the whole, or QueryError; values that are no rate are left out,
    as gaps.
    """
    start = start_of(day)
    try:
        found = prometheus().query_range(query, start + BIN, start + timedelta(days=1), BIN)
    except PrometheusError as error:
        raise SourceError(f"Prometheus: {error}") from error
    if not found.notes.complete:
        raise SourceError(f"Prometheus says that something is missing: {'; '.join(found.notes.warnings) or 'partial'}")
    if len(found.series) > MOST_SERIES:
        raise QueryError(f"the policy's query gives {len(found.series)} series, more than {MOST_SERIES}: sum some up")
    bins: dict[str, list[Bin]] = {}
    for series in found.series:
        stream = kept(series.labels.get("stream", ""))
        if stream in bins:
            labels = "without the label stream" if stream == UNNAMED else f"of the stream {stream}"
            raise QueryError(f"the policy's query gives several series {labels}: add sum by (stream) (…) around it")
        bins[stream] = list(_bins(series.points, start))
    return {stream: each for stream, each in bins.items() if each}


def _bins(points: Sequence[tuple[float, float]], start: datetime) -> Iterator[Bin]:
    """Raises SourceError for values of other instants than those that were asked for."""
    last = 0
    for at, value in points:
        number = round((at - start.timestamp()) / BIN.total_seconds())
        if abs(at - start.timestamp() - number * BIN.total_seconds()) > 1 or not last < number <= BINS:
            raise SourceError("Prometheus gives values of other instants than every five minutes of the day")
        last = number
        if math.isfinite(value) and 0 <= value <= _HIGHEST:
            yield Bin(start + number * BIN, BIN.total_seconds(), value * BIN.total_seconds())
