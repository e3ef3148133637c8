"""GET /phase/streams/{id}/levels/{level}/cells: a piece of history, cut to the columns and rows that are looked at.

Whole chunks are better read from where they lie, see `chunks`. This is for a few of the rows, and for a level's newest
columns, which are in no chunk yet.
"""

from kaizen.phase.coding import IDENTITY, compress, negotiate_coding
from kaizen.phase.planes import planes_per_cell
from kaizen.phase.streams import Epoch
from kaizen.phase.wire import HEADER_BYTES, MEDIA_TYPE, mask_stride
from kaizen.runtime.http import Response, header, reply
from phase_stream.call import Call
from phase_stream.chunks import CACHED_SECONDS
from phase_stream.past import Past, message
from phase_stream.plan import COLUMN_BYTES, FRAME_BYTES
from phase_stream.ranges import MOST_CELLS, MOST_COLUMNS, RangeAsk, read_cells_ask, within
from phase_stream.request import RequestError


def serve(call: Call) -> Response:
    """200 with what there is of the columns, `Phase-Columns` says of which; 204 if the first of them is still to come.

    Without `first` the answer begins where the stored chunks end, without `last` it goes up to the newest column.
    """
    ask, name = read_cells_ask(call.event), call.name()
    level, epoch = ask.columns_of.level, call.epoch(ask.columns_of.epoch, ask.columns_of.level)
    stream = call.stream()
    if stream.epoch.epoch == epoch.epoch:
        epoch = stream.epoch  # as it is now: the table's item of the epoch may be a moment older
    rows = within(epoch, ask.rows)
    coding = negotiate_coding(header(call.event, "accept-encoding"))
    if coding is None:
        raise RequestError(406, "cells come in zstd, br, gzip or identity, and none of them is accepted")
    span, settled = _span(epoch, ask.columns_of, columns_that_fit(epoch, rows[1] - rows[0] + 1, columns=ask.columns))
    headers = {"timing-allow-origin": "*", "cache-control": "no-store"}
    if not span:
        return reply(204, "", headers)
    past = Past(call.store, name, epoch, stream if stream.epoch.epoch == epoch.epoch else None)
    parts = past.parts(level, span.start, span.stop - 1, rows)
    body = b"".join(message(each, epoch, level, call.version, columns=ask.columns) for each in parts)
    headers |= {"content-type": MEDIA_TYPE, "phase-columns": f"{span.start}-{span.stop - 1}"}
    if settled:
        headers["cache-control"] = f"private, max-age={CACHED_SECONDS}"
    if coding != IDENTITY:
        headers["content-encoding"] = coding
    return reply(200, compress(coding, body), headers)


def _span(epoch: Epoch, ask: RangeAsk, most: int) -> tuple[range, bool]:
    """The columns to answer with, none if they are still to come; and whether the answer will always be the same.

    Raises RequestError(404) for columns before the first.
    """
    there = epoch.columns(ask.level)
    stored = epoch.chunks(ask.level)
    first = max(there.start, stored.stop * epoch.chunk_columns) if ask.first is None else max(ask.first, there.start)
    if ask.last is not None and ask.last < there.start:
        raise RequestError(
            404,
            f"epoch {epoch.epoch} begins with column {there.start} of level {ask.level}",
            first_column=there.start,
            last_column=there.stop - 1 if there else None,
        )
    stop = there.stop if ask.last is None else min(ask.last + 1, there.stop)
    span = range(first, min(stop, first + most))
    reached = ask.last is not None and span.stop == ask.last + 1
    return span, ask.first is not None and bool(span) and (reached or span.stop < stop or epoch.ended)


def columns_that_fit(epoch: Epoch, rows: int, *, columns: bool) -> int:
    """How many columns an answer holds however badly they compress, and the door reads at once; at least one."""
    # An angle and R for each cell, and a message of its own for each column at worst.
    size = 2 * HEADER_BYTES + rows * (planes_per_cell(max(epoch.bits, 12)) + 1) + mask_stride(rows)
    fit = FRAME_BYTES // (size + (COLUMN_BYTES if columns else 0))
    return max(1, min(fit, MOST_COLUMNS, MOST_CELLS // epoch.rows))
