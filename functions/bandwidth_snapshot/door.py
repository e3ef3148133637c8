"""`GET /reports/bandwidth`: who may look, which days, in which form. Pure but for the store.

The link in Slack carries a key that opens every range of days until a date.
"""

import json
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from bandwidth_snapshot.detector import Limits
from bandwidth_snapshot.page import RANGES, html_page
from bandwidth_snapshot.request import FIRST_YEAR, day_given
from bandwidth_snapshot.store import BandwidthStore
from bandwidth_snapshot.study import LOOKED_BACK
from bandwidth_snapshot.table import MOST_BYTES, csv_text
from bandwidth_snapshot.view import MOST_JUDGED, View, view
from kaizen.policy.sections.bandwidth import BandwidthPolicy
from kaizen.reports.access import LOCKED, by_key, by_token, key
from kaizen.runtime.http import Event, Response, problem, query, reply

PATH = "/reports/bandwidth"
MOST_DAYS = 400
SHOWN_DAYS = 91
LINK_LASTS = timedelta(days=60)


def address(api: str, tokens: str, today: date) -> str:
    """The link for people; the one of every day of a month is the same, so that a message stays as it is."""
    until = (today.replace(day=1) + LINK_LASTS).isoformat()
    return f"{api.rstrip('/')}{PATH}?{urlencode({'until': until, 'key': key(tokens, PATH, until)})}"


def may_look(event: Event, tokens: str, now: datetime) -> bool:
    """By bearer token, or by a link that has not run out."""
    until = query(event, "until")
    return by_token(event, tokens) or (by_key(event, tokens, PATH, until) and now.date().isoformat() <= until)


def shown(event: Event, store: BandwidthStore, policy: BandwidthPolicy, now: datetime) -> Response:
    """200 with the days, 400 naming what is wrong, 404 before a day is closed. Raises ClientError, BotoCoreError."""
    form = query(event, "format")
    if form not in ("", "html", "csv"):
        return problem(400, "Bad Request", "format is html or csv")
    try:
        last = _date(query(event, "to"), now.date() - timedelta(days=1))
        first = _date(query(event, "from"), last - timedelta(days=SHOWN_DAYS - 1))
    except ValueError:
        return problem(400, "Bad Request", f"from and to are dates such as 2026-11-28, from {FIRST_YEAR} on")
    if not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
        return problem(400, "Bad Request", f"to is not before from, and at most {MOST_DAYS} days are shown")
    found = _view(store, policy, first, last, every=form == "csv")
    if found is None:
        return problem(404, "Not Found", f"no day is closed from {first} to {last}")
    if form == "csv":
        text = csv_text(found)
        if len(json.dumps(text)) > MOST_BYTES or len(found.streams) * len(found.totals) > MOST_JUDGED:
            days = f"{len(found.totals)} days of {len(found.streams)} streams"
            return problem(
                400, "Bad Request", f"{days} are more than one file takes: ask for fewer days by from and to"
            )
        name = f"bandwidth-{first}-{last}.csv"
        kind = {"content-type": "text/csv; charset=utf-8", "content-disposition": f'attachment; filename="{name}"'}
        return reply(200, text, LOCKED | kind)
    asked = {name: query(event, name) for name in ("until", "key") if query(event, name)}
    ranges = [_range(last, days, label, asked, first) for days, label in RANGES]
    whole = {"from": first.isoformat(), "to": last.isoformat()}
    page = html_page(found, ranges, f"{PATH}?{urlencode(asked | whole | {'format': 'csv'})}")
    return reply(200, page, LOCKED | {"content-type": "text/html; charset=utf-8"})


def _view(store: BandwidthStore, policy: BandwidthPolicy, first: date, last: date, every: bool = False) -> View | None:
    entries = store.entries(first - LOOKED_BACK, last)
    limits = Limits(policy.z, policy.ratio, policy.rise)
    return view(entries, store.days, first, last, limits, policy.holidays, policy.monthly_cap, every)


def _range(last: date, days: int, label: str, asked: dict[str, str], first: date) -> tuple[str, str, bool]:
    start = last - timedelta(days=days - 1)
    given = {"from": start.isoformat(), "to": last.isoformat()}
    return label, f"{PATH}?{urlencode(asked | given)}", start == first


def _date(given: str, default: date) -> date:
    """Raises ValueError, also for a year from which one cannot look back."""
    return day_given(given) if given else default
