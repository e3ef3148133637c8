"""The way to stored chunks, whose bytes never pass here.

GET /phase/streams/{id}/levels/{level}/chunks/{chunk} leads to one, .../chunks?first=&last= gives the addresses of many.
Without `?epoch=` the chunks are those of the current epoch.
"""

from kaizen.phase.keys import CHUNK_CODINGS
from kaizen.phase.streams import Epoch
from kaizen.runtime.content import quality
from kaizen.runtime.http import Response, header, reply, reply_json
from phase_stream.call import Call
from phase_stream.ranges import MOST_CHUNKS, read_range
from phase_stream.request import ChunkAsk, RequestError, read_chunk_ask
from phase_stream.store import ADDRESS_SECONDS, ExpiredError
from phase_stream.summaries import level_document

CACHED_SECONDS = 600  # less than the address is valid for, so that none is followed when it is over
_CACHED = f"private, max-age={CACHED_SECONDS}"


def redirect(call: Call) -> Response:
    """307 to an address that is valid for minutes."""
    ask, name = read_chunk_ask(call.event), call.name()
    epoch = call.epoch(ask.epoch, ask.level)
    coding = _coding(call)
    if ask.chunk not in epoch.chunks(ask.level):
        raise _missing(epoch, ask, "there is no such chunk")
    try:
        address = call.store.chunk_address(name, epoch.epoch, ask.level, ask.chunk, coding)
    except ExpiredError as error:
        raise _missing(epoch, ask, "the chunk is no longer kept, or no frame fell into it") from error
    return reply(307, "", {"location": address, "cache-control": _CACHED})


def addresses(call: Call) -> Response:
    """Addresses of successive chunks of a level, valid for minutes; `next` is the first that had no room, or null."""
    ask, name = read_range(call.event), call.name()
    epoch, coding = call.epoch(ask.epoch, ask.level), _coding(call)
    there = epoch.chunks(ask.level)
    first = there.start if ask.first is None else max(ask.first, there.start)
    stop = there.stop if ask.last is None else min(ask.last + 1, there.stop)
    numbers = range(first, min(stop, first + MOST_CHUNKS))
    found = call.store.chunk_addresses(name, epoch.epoch, ask.level, numbers, coding) if numbers else {}
    document = {
        "epoch": epoch.epoch,
        **level_document(epoch, ask.level),
        "coding": coding,
        "expires_in": ADDRESS_SECONDS,
        "chunks": [{"chunk": number, "bytes": size, "url": url} for number, (size, url) in found.items()],
        "next": numbers.stop if numbers.stop < stop else None,
    }
    # What is there stays as it is; where more chunks may come, the next answer says so.
    settled = epoch.ended or (ask.last is not None and ask.last < there.stop)
    return reply_json(200, document, {"cache-control": _CACHED if settled else "no-store"})


def _coding(call: Call) -> str:
    coding = stored_coding(header(call.event, "accept-encoding"))
    if coding is None:
        raise RequestError(406, f"chunks are stored in {' and '.join(CHUNK_CODINGS)}, and neither is accepted")
    return coding


def stored_coding(accept_encoding: str) -> str | None:
    """The coding of the object to lead to; None if the client takes neither.

    A client that does not say gets gzip, which everyone reads (RFC 9110, 12.5.3: without the header, any will do).
    """
    if not accept_encoding:
        return "gzip"
    weights = {coding: quality(accept_encoding, coding) for coding in CHUNK_CODINGS}
    best = max(CHUNK_CODINGS, key=weights.__getitem__)
    return best if weights[best] > 0 else None


def _missing(epoch: Epoch, ask: ChunkAsk, what: str) -> RequestError:
    """404 that names what exists."""
    there = level_document(epoch, ask.level)
    first, last = there["first_chunk"], there["last_chunk"]
    exist = f"{first} to {last} exist" if first is not None else "none is complete yet"
    return RequestError(404, f"{what}: of epoch {epoch.epoch}, level {ask.level}, {exist}", epoch=epoch.epoch, **there)
