"""What a reader asks with, and the feed as the answer to that: token, address, coding, or that nothing is new. Pure."""

import re

from kaizen.policy import FeedPolicy
from kaizen.runtime.conditional import http_date, not_modified
from kaizen.runtime.content import compressed, quality
from kaizen.runtime.http import Event, Response, header, query, reply
from ticket_feed.filters import Filters
from ticket_feed.model import Feed
from ticket_feed.render import CONTENT_TYPES, REVISION, Format, render

_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?")


def representation(event: Event, feed: Feed, form: Format, policy: FeedPolicy) -> Response:
    """The feed in the coding the reader wants, or 304 when it has that already."""
    zipped = quality(header(event, "accept-encoding"), "gzip") > 0
    # Each coding is another representation, and a strong tag names the bytes of one.
    etag = f'"{feed.fingerprint(form, REVISION)}{"-gzip" if zipped else ""}"'
    headers = {
        "etag": etag,
        "cache-control": f"{'private' if policy.tokens else 'public'}, max-age={feed.ttl_minutes * 60}",
        "vary": "Accept-Encoding",
    }
    if feed.changed is not None:
        headers["last-modified"] = http_date(feed.changed)
    if not_modified(header(event, "if-none-match"), header(event, "if-modified-since"), etag, feed.changed):
        return reply(304, "", headers)
    headers |= {"content-type": CONTENT_TYPES[form], "x-content-type-options": "nosniff"}
    if zipped:
        headers["content-encoding"] = "gzip"
    content = render(feed, form)
    if zipped:
        return reply(200, compressed(content), headers)
    return reply(200, content.decode("utf-8"), headers)


def given_token(event: Event) -> str:
    """From the address, since feed readers send no headers; a bearer token serves those that do."""
    scheme, _, credentials = header(event, "authorization").partition(" ")
    return query(event, "token") or (credentials.strip() if scheme.lower() == "bearer" else "")


def address(event: Event, filters: Filters, policy: FeedPolicy) -> str:
    """The URL by which this reader comes back, its parameters in the one canonical order.

    The token stays in it: readers that subscribe to the self link would otherwise lose access.
    """
    given = header(event, "host")
    host = given if _HOST.fullmatch(given) else str((event.get("requestContext") or {}).get("domainName", ""))
    scheme = "http" if header(event, "x-forwarded-proto").lower() == "http" else "https"
    wanted = filters.query(token=query(event, "token") if policy.tokens else "")
    return f"{scheme}://{host}{event['rawPath']}" + (f"?{wanted}" if wanted else "")
