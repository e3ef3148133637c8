"""GET /phase/streams/{id}/levels/{level}/chunks/{chunk}: the way to a stored chunk, whose bytes never pass here.

Without `?epoch=` the chunk is one of the current epoch.
"""

from kaizen.phase.keys import CHUNK_CODINGS
from kaizen.phase.streams import Epoch
from kaizen.runtime.content import quality
from kaizen.runtime.http import Response, header, reply
from phase_stream.call import Call
from phase_stream.request import ChunkAsk, RequestError, read_chunk_ask
from phase_stream.store import ExpiredError
from phase_stream.summaries import level_document

CACHED_SECONDS = 600  # less than the address is valid for, so that none is followed when it is over


def redirect(call: Call) -> Response:
    """307 to an address that is valid for minutes."""
    ask, name = read_chunk_ask(call.event), call.name()
    epoch = _epoch(call, ask)
    if ask.level > epoch.levels:
        raise RequestError(404, f"epoch {epoch.epoch} has the levels 0 to {epoch.levels}", levels=epoch.levels)
    coding = stored_coding(header(call.event, "accept-encoding"))
    if coding is None:
        raise RequestError(406, f"chunks are stored in {' and '.join(CHUNK_CODINGS)}, and neither is accepted")
    if ask.chunk not in epoch.chunks(ask.level):
        raise _missing(epoch, ask, "there is no such chunk")
    try:
        address = call.store.chunk_address(name, epoch.epoch, ask.level, ask.chunk, coding)
    except ExpiredError as error:
        raise _missing(epoch, ask, "the chunk is no longer kept, or no frame fell into it") from error
    return reply(307, "", {"location": address, "cache-control": f"private, max-age={CACHED_SECONDS}"})


def stored_coding(accept_encoding: str) -> str | None:
    """The coding of the object to lead to; None if the client takes neither.

    A client that does not say gets gzip, which everyone reads (RFC 9110, 12.5.3: without the header, any will do).
    """
    if not accept_encoding:
        return "gzip"
    weights = {coding: quality(accept_encoding, coding) for coding in CHUNK_CODINGS}
    best = max(CHUNK_CODINGS, key=weights.__getitem__)
    return best if weights[best] > 0 else None


def _epoch(call: Call, ask: ChunkAsk) -> Epoch:
    if ask.epoch is None:
        return call.stream().epoch
    found = call.store.epoch(call.name(), ask.epoch)
    if found is None:
        known = [each.epoch for each in call.store.epochs(call.name())]
        raise RequestError(404, f"there is no epoch {ask.epoch}", epochs=known)
    return found


def _missing(epoch: Epoch, ask: ChunkAsk, what: str) -> RequestError:
    """404 that names what exists."""
    there = level_document(epoch, ask.level)
    first, last = there["first_chunk"], there["last_chunk"]
    exist = f"{first} to {last} exist" if first is not None else "none is complete yet"
    return RequestError(404, f"{what}: of epoch {epoch.epoch}, level {ask.level}, {exist}", epoch=epoch.epoch, **there)
