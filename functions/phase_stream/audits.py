"""GET and POST /phase/savings/audit: browsers report what they received, whoever asks sees it beside what was sent."""

from kaizen.runtime.http import Response, reply_json
from phase_stream.audit import newest
from phase_stream.call import Call
from phase_stream.ledger import TakenError
from phase_stream.request import RequestError, read_place, read_report


def listing(call: Call) -> Response:
    """One page of the audits of the last day, the last changed first; `next` leads to the page after it."""
    audits, following = call.ledger.audits(call.now, read_place(call.event))
    return reply_json(200, {"audits": [each.document() for each in newest(audits)], "next": following})


def report(call: Call) -> Response:
    """Takes the browser's count and shows the difference; only who reported first may replace it."""
    given = read_report(call.event)
    if given.stream not in call.names:
        raise RequestError(404, f"there is no stream {given.stream!r}", streams=list(call.names))
    try:
        audit = call.ledger.report(given, call.now)
    except TakenError:
        raise RequestError(409, "another report stands under that audit, and its key is not yours") from None
    if audit is None:
        raise RequestError(404, "no frames of that stream were sent under that audit within the last day")
    return reply_json(200, audit.document())
