"""GET and POST /phase/savings/audit: browsers report what they received, whoever asks sees it beside what was sent."""

from kaizen.runtime.http import Response, reply_json
from phase_stream.audit import newest
from phase_stream.call import Call
from phase_stream.request import RequestError, read_report


def listing(call: Call) -> Response:
    """The audits of the last day, the last changed first."""
    audits = newest(call.store.audits(call.now))
    return reply_json(200, {"audits": [each.document() for each in audits]})


def report(call: Call) -> Response:
    """Takes the browser's count and shows the difference; a later report replaces it."""
    given = read_report(call.event)
    audit = call.store.report(given, call.now)
    if audit is None:
        raise RequestError(404, "no frames of that stream were sent under that audit within the last day")
    return reply_json(200, audit.document())
