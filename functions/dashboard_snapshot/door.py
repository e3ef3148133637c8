"""`GET /reports/dashboards`: who may look, which two runs, in which form. Pure but for the store.

A person follows a link from Slack, and a browser sends no token. So the link carries a key: a signature over the two
runs by the token. It opens this one page, and nobody learns the token from it.
"""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlencode

from dashboard_snapshot.comparing import Comparison, compared
from dashboard_snapshot.diffs import told
from dashboard_snapshot.model import RUN, Manifest
from dashboard_snapshot.page import html_page, text_page
from dashboard_snapshot.store import NoRunError, SnapshotStore
from kaizen.runtime.bearer import allowed
from kaizen.runtime.http import Event, Response, header, problem, query, reply

PATH = "/reports/dashboards"
_LOCKED = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-store",
    "vary": "Accept",
}


def key(token: str, older: str, newer: str) -> str:
    """What opens the page of two runs, with the token or without."""
    return hmac.new(token.encode(), f"{PATH}\n{older}\n{newer}".encode(), hashlib.sha256).hexdigest()


def address(api: str, tokens: str, older: str, newer: str) -> str:
    """The link for people. `tokens` is the secret: of two, the first one signs."""
    signed = key(tokens.split()[0], older, newer)
    return f"{api.rstrip('/')}{PATH}?{urlencode({'from': older, 'to': newer, 'key': signed})}"


def may_look(event: Event, tokens: str) -> bool:
    """By bearer token, or by the key of the two runs that are asked for; compared in constant time."""
    given = query(event, "key").encode("utf-8", "surrogatepass")
    keys = [key(each, query(event, "from"), query(event, "to")).encode() for each in tokens.split()]
    signed = [hmac.compare_digest(given, each) for each in keys]
    return allowed(header(event, "authorization"), tokens) or any(signed)


def refused() -> Response:
    answer = problem(
        401, "Unauthorized", "send the reports token as Authorization: Bearer, or follow a link from Slack"
    )
    answer["headers"]["www-authenticate"] = 'Bearer realm="reports"'
    return answer


def shown(event: Event, store: SnapshotStore, grafana: str, now: datetime) -> Response:
    """200 with the differences, 400 or 404 naming what is wrong. `to` is the newest run where it is not given, `from`
    the complete run that it was compared with. Raises ClientError, ManifestError."""
    form = query(event, "format")
    if form not in ("", "html", "md"):
        return problem(400, "Bad Request", "format is html or md")
    for name in ("from", "to"):
        if query(event, name) and not RUN.fullmatch(query(event, name)):
            return problem(400, "Bad Request", f"{name} is a run, such as 20261128T140000Z-1c73f2a")
    try:
        older, newer = _runs(query(event, "from"), query(event, "to"), store, now)
    except NoRunError as error:
        return problem(404, "Not Found", str(error))
    found = compared(older, newer)
    uid = query(event, "uid")
    if uid:
        found = _only(found, uid)
        if not found.differences:
            return problem(404, "Not Found", "this dashboard does not differ between the two runs")
    differences = told(found, store.content)
    if form == "md" or (not form and _wants_markdown(header(event, "accept"))):
        headers = _LOCKED | {"content-type": "text/markdown; charset=utf-8"}
        return reply(200, text_page(found, differences), headers)
    asked = {name: query(event, name) for name in ("from", "to", "key") if query(event, name)}
    headers = _LOCKED | {"content-type": "text/html; charset=utf-8"}
    return reply(200, html_page(found, differences, grafana, PATH, asked), headers)


def _runs(older: str, newer: str, store: SnapshotStore, now: datetime) -> tuple[Manifest, Manifest]:
    after = store.run(newer) if newer else store.last(now)
    if after is None:
        raise NoRunError("there is no run yet")
    if older:
        return store.run(older), after
    if not after.base:
        raise NoRunError(f"run {after.run} was compared with none before it; say from=")
    return store.run(after.base), after


def _only(given: Comparison, uid: str) -> Comparison:
    return Comparison(given.older, given.newer, tuple(each for each in given.differences if each.entry.uid == uid), ())


def _wants_markdown(accept: str) -> bool:
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return "text/markdown" in kinds and "text/html" not in kinds
