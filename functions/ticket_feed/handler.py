"""GET or HEAD /feed.rss and /feed.atom -> the newest ticket events; the only file here that knows Lambda's shapes."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.mttr_store import read_windows
from kaizen.policy.sections.feed import PLACEHOLDER
from kaizen.policy.store import current_policy
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import http_function
from kaizen.runtime.http import Event, Response, problem, query, request_id
from kaizen.runtime.log import logger
from kaizen.runtime.settings import Settings
from kaizen.tickets import newest_feed_items
from kaizen.times import utc_now
from ticket_feed.access import allowed
from ticket_feed.exchange import address, given_token, representation
from ticket_feed.filters import NAMES, FilterError, Filters, read_filters
from ticket_feed.model import MOST_ENTRIES, MOST_READ, build, select
from ticket_feed.render import CONTENT_TYPES, Format

# A reader waits: a call that hangs must leave time to say so.
_LIMITS = Limits(connect=1, read=3, attempts=2)
_RETRY_SECONDS = 60
NO_DOMAIN = "the policy's feed.domain is still a placeholder: set a domain you own"
LOCAL = "local"  # the stage on one machine, where the placeholder does no harm
_FILTERED_PAGE = MOST_READ // 2  # events; a filter looks through more than it shows, in few reads below 1 MB


class PlaceholderError(Exception):
    """The feed would go out under a domain that nobody owns, and its ids are for ever. Permanent: mend the policy."""


@dataclass(frozen=True)
class FeedSettings(Settings):
    stage: str
    tickets_table: str
    metrics_table: str
    policy_parameter: str


@cache
def settings() -> FeedSettings:
    return FeedSettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return client("dynamodb", _LIMITS)


@http_function
def lambda_handler(event: Event, context: Any) -> Response:
    """200 or 304; 400 and 401 name the caller's fault, 404 another path; 503 when AWS does not answer."""
    form = str(event.get("rawPath", "")).rpartition("/feed.")[2]
    if form not in CONTENT_TYPES:
        return problem(404, "Not Found", "the feeds are /feed.rss and /feed.atom")
    response = answer(event, form)
    labels = {"format": form, "code": str(response["statusCode"])}
    change = add("kaizen_feed_requests_total", labels, shard_by=request_id(event))
    count_if_possible(dynamodb(), settings().metrics_table, [change], utc_now())
    # Never the query string: the token travels there.
    logger.info("feed request", form=form, status=response["statusCode"])
    # HEAD gets what GET gets: the gateway says its length and keeps the body, whose length nobody else knows.
    return response


def answer(event: Event, form: Format) -> Response:
    try:
        policy = current_policy(settings().policy_parameter)
        if policy.feed.domain == PLACEHOLDER and settings().stage != LOCAL:
            return unavailable(PlaceholderError(PLACEHOLDER), NO_DOMAIN, _RETRY_SECONDS)
        token = given_token(event)
        if not allowed(token, policy.feed.tokens):
            refusal = problem(401, "Unauthorized", "the token is missing or not valid; ask for a new feed address")
            refusal["headers"]["www-authenticate"] = 'Bearer realm="kaizen feed"'
            return refusal
        filters = read_filters({name: query(event, name) for name in NAMES}, policy)
        tables = settings()
        page = MOST_ENTRIES if filters == Filters() else _FILTERED_PAGE
        items = select(newest_feed_items(dynamodb(), tables.tickets_table, page), filters)
        windows = read_windows(dynamodb(), tables.metrics_table)
    except FilterError as error:
        return problem(400, "Bad Request", str(error), allowed=error.allowed)
    except FAILURES as error:
        return unavailable(error, "the feed cannot be read at the moment; try again", _RETRY_SECONDS)
    feed = build(items, filters, windows, policy.feed, address(event, filters, policy.feed))
    return representation(event, feed, form, policy.feed)
