"""GET or HEAD /feed.rss and /feed.atom -> the newest ticket events; the only file here that knows Lambda's shapes."""

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kaizen.content import compressed, quality
from kaizen.http import Event, Response, header, method, problem, query, reply
from kaizen.metrics.changes import add, updates
from kaizen.mttr_store import read_windows
from kaizen.observability import logger
from kaizen.policy import FeedPolicy
from kaizen.policy_store import current_policy
from kaizen.secrets import SecretError
from kaizen.settings import Settings
from kaizen.tickets import newest_feed_items
from kaizen.times import utc_now
from ticket_feed.access import allowed
from ticket_feed.conditional import http_date, not_modified
from ticket_feed.filters import NAMES, FilterError, Filters, read_filters
from ticket_feed.model import MOST_ENTRIES, MOST_READ, Feed, build, select
from ticket_feed.render import CONTENT_TYPES, REVISION, Format, render

# A reader waits: a call that hangs must leave time to say so.
_CLIENT = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?")
_RETRY_SECONDS = "60"
_FILTERED_PAGE = MOST_READ // 2  # events; a filter looks through more than it shows, in few reads below 1 MB


@dataclass(frozen=True)
class FeedSettings(Settings):
    tickets_table: str
    metrics_table: str
    policy_parameter: str


@cache
def settings() -> FeedSettings:
    return FeedSettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return boto3.client("dynamodb", config=_CLIENT)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: Event, context: Any) -> Response:
    """200 or 304; 400 and 401 name the caller's fault, 404 another path; 503 when AWS does not answer."""
    form = str(event.get("rawPath", "")).rpartition("/feed.")[2]
    if form not in CONTENT_TYPES:
        return problem(404, "Not Found", "the feeds are /feed.rss and /feed.atom")
    response = answer(event, form)
    count(form, response["statusCode"], event)
    # Never the query string: the token travels there.
    logger.info("feed request", form=form, status=response["statusCode"])
    if method(event) == "HEAD":
        response |= {"body": "", "isBase64Encoded": False}
    return response


def answer(event: Event, form: Format) -> Response:
    try:
        policy = current_policy(settings().policy_parameter)
        token = given_token(event)
        if not allowed(token, policy.feed.tokens):
            refusal = problem(401, "Unauthorized", "the token is missing or not valid; ask for a new feed address")
            refusal["headers"]["www-authenticate"] = 'Bearer realm="kaizen feed"'
            return refusal
        filters = read_filters({name: query(event, name) for name in NAMES}, policy)
        client, tables = dynamodb(), settings()
        page = MOST_ENTRIES if filters == Filters() else _FILTERED_PAGE
        items = select(newest_feed_items(client, tables.tickets_table, page), filters)
        windows = read_windows(client, tables.metrics_table)
    except FilterError as error:
        return problem(400, "Bad Request", str(error), allowed=error.allowed)
    except (SecretError, BotoCoreError, ClientError) as error:
        logger.error("feed not read", error=type(error).__name__)
        unavailable = problem(503, "Service Unavailable", "the feed cannot be read at the moment; try again")
        unavailable["headers"]["retry-after"] = _RETRY_SECONDS
        return unavailable
    feed = build(items, filters, windows, policy.feed, address(event, filters, policy.feed))
    return representation(event, feed, form, policy.feed)


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
    if method(event) == "HEAD":
        return reply(200, "", headers)
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


def count(form: str, status: int, event: Event) -> None:
    """Count an answer. One that cannot be counted still stands."""
    request_id = str((event.get("requestContext") or {}).get("requestId", ""))
    change = add("kaizen_feed_requests_total", {"format": form, "code": str(status)}, shard_by=request_id)
    try:
        for update in updates(settings().metrics_table, [change], utc_now()):
            dynamodb().update_item(**update)
    except (BotoCoreError, ClientError) as error:
        logger.error("feed request not counted", error=type(error).__name__)
