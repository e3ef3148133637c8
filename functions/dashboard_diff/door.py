"""`GET /reviews/{id}`: a report, or a picture of one of its layouts. Who knows the id may look. Pure but for the store.

What a report shows comes from a pull request. Everything in it is escaped; and should anything slip through, the policy
that is sent with it runs no script, loads nothing, and keeps it apart from all else on this address.
"""

import re

from dashboard_diff.store import NoReportError, ReportStore, Stored
from kaizen.runtime.conditional import not_modified
from kaizen.runtime.content import quality
from kaizen.runtime.http import Event, Response, header, method, problem, reply

_NAME = re.compile(r"[0-9a-f]{32}(?P<picture>-\d{1,3}\.svg)?")
_LOCKED = {
    "content-security-policy": "sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "vary": "Accept-Encoding",
}
PAGE, PICTURE = "text/html; charset=utf-8", "image/svg+xml; charset=utf-8"
# A page is written anew with each push; the address of a picture in a comment changes with the picture.
_CACHES = {PAGE: "private, no-cache", PICTURE: "public, max-age=86400"}


def shown(event: Event, store: ReportStore) -> Response:
    """200, or 304 for who has it; 404 for what never was, 410 for what was removed. Raises ClientError."""
    name = str((event.get("pathParameters") or {}).get("id", ""))
    found = _NAME.fullmatch(name)
    if found is None:
        return _none(404, "Not Found", "a report's address ends in 32 letters a-f and digits")
    try:
        return _representation(event, store.read(name), PICTURE if found["picture"] else PAGE)
    except NoReportError as error:
        if error.gone:
            return _none(410, "Gone", "reports are removed 90 days after the last push; a new push makes a new one")
        return _none(404, "Not Found", "there is no such report")


def _none(status: int, title: str, detail: str) -> Response:
    answer = problem(status, title, detail)
    answer["headers"] |= {"x-content-type-options": "nosniff"}
    return answer


def _representation(event: Event, stored: Stored, kind: str) -> Response:
    zipped = quality(header(event, "accept-encoding"), "gzip") > 0
    tag = f'"{stored.tag}{"-gzip" if zipped else ""}"'
    headers = _LOCKED | {"etag": tag, "cache-control": _CACHES[kind]}
    if not_modified(header(event, "if-none-match"), "", tag, None):
        return reply(304, "", headers)
    headers["content-type"] = kind
    if zipped:
        headers["content-encoding"] = "gzip"
    if method(event) == "HEAD":
        return reply(200, "", headers)
    # Always as base64: as text of JSON, four megabytes may become more than Lambda sends.
    return reply(200, stored.zipped if zipped else stored.content, headers)
