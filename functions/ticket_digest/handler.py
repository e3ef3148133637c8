"""Schedule -> routes that are due -> open tickets and MTTR windows -> Slack; the only file here that knows Lambda."""

import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from kaizen.digest.canaries import read_late
from kaizen.mttr_store import read_windows
from kaizen.policy import Route
from kaizen.policy.store import current_policy
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import background_function
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from kaizen.slack.client import Poster
from kaizen.slack.delivery import Pace
from kaizen.slack.destination import poster
from kaizen.slack.errors import RefusedError
from kaizen.slack.outbox import Outbox
from kaizen.subscriptions.store import read_subscriptions
from kaizen.tickets import UnreadableTicketsError, open_tickets
from kaizen.times import utc_now
from ticket_digest.posting import Desk, Reading, Result

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LIMITS = Limits(connect=2, read=5, attempts=3)


@dataclass(frozen=True)
class DigestSettings(Settings):
    tickets_table: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    slack_token_parameter: str
    slack_api_url: str


class DigestFailedError(Exception):
    """Some routes did not get their digest; every other route did. The next run tries again."""


class UnknownRouteError(Exception):
    """The event names a route that the policy does not have."""


@cache
def settings() -> DigestSettings:
    return DigestSettings.from_env(os.environ)


@cache
def dynamodb() -> "DynamoDBClient":
    return client("dynamodb", _LIMITS)


def way(route: Route) -> Poster:
    """The way into the channel. Raises SecretError, or RefusedError for an address that is none."""
    return poster(route, secret, settings().slack_token_parameter, settings().slack_api_url)


@background_function
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Post what is due. `{"force": true}` posts to all routes at once, `{"route": "name"}` to that one.

    Raises at the end, when every route has been tried, so that Lambda retries and at last reports the failure.
    """
    given = settings()
    policy = current_policy(given.policy_parameter)
    routes = _chosen(event, policy.routes)
    unreadable: list[str] = []

    @cache
    def read() -> Reading:
        tickets, faulty = open_tickets(dynamodb(), given.tickets_table)
        unreadable.extend(faulty)
        now = utc_now()
        canaries = read_late(dynamodb(), given.metrics_table, now)
        return Reading(tickets, read_windows(dynamodb(), given.metrics_table), now, canaries)

    desk = Desk(
        policy=policy,
        read=read,
        poster=way,
        outbox=Outbox(dynamodb(), given.slack_table, given.metrics_table, time.sleep),
        pace=Pace(utc_now, time.sleep, lambda: context.get_remaining_time_in_millis() / 1000),
        owner=uuid.uuid4().hex,
    )
    forced = event.get("force") is True or "route" in event
    results: list[Result] = []
    errors: list[Exception] = []
    for route in routes:
        try:
            # Lambda repeats a failed request under the same id: then it goes on where it stopped.
            result = desk.forced(route, context.aws_request_id) if forced else desk.scheduled(route)
        except Exception as error:  # noqa: BLE001 - raised below, once the other routes have their digest
            logger.error("no digest", route=route.name, error=type(error).__name__, reason=str(error))
            error.add_note(f"route {route.name}")
            errors.append(error)
        else:
            log = logger.warning if result.delivered.repeated else logger.info
            log("digest", **asdict(result))
            results.append(result)
    if not forced:
        for subscription in read_subscriptions(dynamodb(), given.slack_table):
            try:
                if subscription.daily is not None:
                    logger.info("digest", **asdict(desk.subscribed(subscription)))
            except RefusedError as error:  # a channel that is gone must not fail every run for ever
                logger.error("digest refused", subscription=subscription.id, reason=str(error))
            except Exception as error:  # noqa: BLE001 - raised below, like those of routes
                logger.error("no digest", subscription=subscription.id, error=type(error).__name__, reason=str(error))
                error.add_note(f"subscription {subscription.id} of {subscription.channel}")
                errors.append(error)
    if unreadable:
        errors.append(UnreadableTicketsError(unreadable))
    if errors:
        raise DigestFailedError("; ".join(str(error) for error in errors)) from ExceptionGroup("digest", errors)
    return {"routes": [asdict(result) for result in results]}


def _chosen(event: Mapping[str, Any], routes: tuple[Route, ...]) -> list[Route]:
    if "route" not in event:
        return list(routes)
    chosen = [route for route in routes if route.name == event["route"]]
    if not chosen:
        known = ", ".join(route.name for route in routes) or "none"
        raise UnknownRouteError(f"the policy has no route {event['route']!r}; it has: {known}")
    return chosen
