"""The doors of the phase API that are opened here."""

from phase_stream import audits, cells, chunks, frames, summaries
from phase_stream.call import Door

ROUTES: dict[str, Door] = {
    "GET /phase/streams": summaries.listing,
    "GET /phase/streams/{id}": summaries.one,
    "GET /phase/streams/{id}/frames": frames.serve,
    "GET /phase/streams/{id}/levels/{level}/cells": cells.serve,
    "GET /phase/streams/{id}/levels/{level}/chunks": chunks.addresses,
    "GET /phase/streams/{id}/levels/{level}/chunks/{chunk}": chunks.redirect,
    "GET /phase/savings/audit": audits.listing,
    "POST /phase/savings/audit": audits.report,
}
# What all pages report is for those who may read all figures: it takes the metrics token.
PRIVATE = {"GET /phase/savings/audit"}
PREFLIGHT = "OPTIONS /phase/{path+}"  # for all doors of /phase/, those of other functions too
