"""`GET /reports/dashboards`: who may look, which two runs, in which form. Pure but for the store."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from dashboard_snapshot.comparing import Comparison, compared
from dashboard_snapshot.diffs import told
from dashboard_snapshot.driftpage import drift_card
from dashboard_snapshot.model import RUN, Manifest
from dashboard_snapshot.page import html_page, text_page
from dashboard_snapshot.store import NoRunError, SnapshotStore
from kaizen.reports.access import LOCKED, by_key, by_token, key
from kaizen.runtime.http import Event, Response, header, problem, query, reply

PATH = "/reports/dashboards"
_LOCKED = LOCKED | {"vary": "Accept"}


def address(api: str, tokens: str, older: str, newer: str) -> str:
    """The link for people."""
    signed = key(tokens, PATH, older, newer)
    return f"{api.rstrip('/')}{PATH}?{urlencode({'from': older, 'to': newer, 'key': signed})}"


def may_look(event: Event, tokens: str) -> bool:
    """By bearer token, or by the key of the two runs that are asked for: it opens this one page."""
    return by_token(event, tokens) or by_key(event, tokens, PATH, query(event, "from"), query(event, "to"))


def shown(
    event: Event, store: SnapshotStore, grafana: str, now: datetime, in_time: Callable[[], bool] = lambda: True
) -> Response:
    """200 with the differences, 400 or 404 naming what is wrong. `to` is the newest run where it is not given, `from`
    the complete run that it was compared with. What there is no time for is linked. Raises ClientError, ManifestError.
    """
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
    differences = told(found, store.content, in_time=in_time)
    if form == "md" or (not form and _wants_markdown(header(event, "accept"))):
        headers = _LOCKED | {"content-type": "text/markdown; charset=utf-8"}
        return reply(200, text_page(found, differences, store.bucket), headers)
    asked = {name: query(event, name) for name in ("from", "to", "key") if query(event, name)}
    headers = _LOCKED | {"content-type": "text/html; charset=utf-8"}
    drift = "" if uid else drift_card(found.newer, store.content, store.bucket, in_time)
    page = html_page(found, differences, grafana, PATH, asked | ({"uid": uid} if uid else {}), drift)
    return reply(200, page, headers)


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
