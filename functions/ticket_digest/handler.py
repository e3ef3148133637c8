"""Schedule -> routes that are due -> open tickets and windows -> Slack."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from kaizen.metrics.changes import set_gauge, updates
from kaizen.mttr_store import Windows, read_windows
from kaizen.observability import logger
from kaizen.policy import Policy, Route
from kaizen.policy_store import current_policy
from kaizen.secrets import secret
from kaizen.settings import Settings
from kaizen.slack.client import BotChannel, Channel, Waiting, WebhookChannel
from kaizen.tickets import Ticket, UnreadableTicketsError, open_tickets
from kaizen.times import utc_now
from ticket_digest.content import digest
from ticket_digest.due import due
from ticket_digest.posting import post_all
from ticket_digest.render import render
from ticket_digest.store import MarkerStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CLIENT = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 4, "mode": "standard"})


@dataclass(frozen=True)
class DigestSettings(Settings):
    tickets_table: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    slack_token_parameter: str
    slack_api_url: str


class DigestError(Exception):
    """Some routes got no digest; raised at the end, when all the others have theirs."""


class UnknownRouteError(Exception):
    """The event asks for a route that the policy does not have."""


@cache
def settings() -> DigestSettings:
    return DigestSettings.from_env(os.environ)


@cache
def client() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_CLIENT)


class Run:
    """One invocation: what it read, at most once, and what it has done."""

    def __init__(self, policy: Policy, now: datetime, request_id: str, left: Callable[[], float]) -> None:
        self.policy = policy
        self.now = now
        self.request_id = request_id
        self.markers = MarkerStore(client(), settings().slack_table)
        self.waiting = Waiting(left, time.sleep)
        self.unreadable: list[str] = []
        self._read: tuple[list[Ticket], Windows] | None = None

    def reading(self) -> tuple[list[Ticket], Windows]:
        if self._read is None:
            tickets, self.unreadable = open_tickets(client(), settings().tickets_table)
            self._read = tickets, read_windows(client(), settings().metrics_table)
        return self._read

    def scheduled(self, route: Route) -> bool:
        """Post the digest that is due, if nobody has; whether it was posted."""
        day = due(route, self.now)
        if day is None:
            return False
        claim = self.markers.claim(route.name, day.isoformat(), self.request_id, self.now)
        if claim is None:
            return False
        try:
            self._post(
                route,
                f"{route.name}/{day.isoformat()}",
                posted=claim.posted,
                thread=claim.thread,
                look_first=claim.again,
                advance=lambda posted, thread: self.markers.advance(claim, posted, thread),
            )
        except BaseException:
            self.markers.release(claim)
            raise
        self.markers.finish(claim, utc_now())
        return True

    def forced(self, route: Route) -> None:
        """Post now, whatever the hour; the day's own digest is not affected."""
        self._post(route, f"{route.name}/forced/{self.request_id}")

    def _post(self, route: Route, key: str, **progress: Any) -> None:
        tickets, windows = self.reading()
        content = digest(route, tickets, windows, self.policy, self.now)
        channel = self._channel(route)
        changes = []
        try:
            if content.groups or route.empty_digest:
                post_all(channel, render(content), key, **progress)
            succeeded = int(utc_now().timestamp())
            changes.append(set_gauge("kaizen_digest_last_success_timestamp_seconds", {"route": route.name}, succeeded))
        finally:
            for update in updates(settings().metrics_table, [*changes, *channel.requests], self.now):
                client().update_item(**update)

    def _channel(self, route: Route) -> Channel:
        if route.webhook_parameter is not None:
            return WebhookChannel(secret(route.webhook_parameter), self.waiting)
        assert route.channel is not None
        token = secret(settings().slack_token_parameter)
        return BotChannel(token, settings().slack_api_url, route.channel, self.waiting)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, list[str]]:
    """Post what is due; `{"force": true}`, with or without `"route"`, posts at once. Names the routes posted.

    Raises DigestError or UnreadableTicketsError at the end, when every other route has its digest.
    """
    policy = current_policy(settings().policy_parameter)
    run = Run(policy, utc_now(), context.aws_request_id, lambda: context.get_remaining_time_in_millis() / 1000)
    wanted = event.get("route")
    routes = [route for route in policy.routes if wanted in (None, route.name)]
    if wanted is not None and not routes:
        raise UnknownRouteError(f"there is no route {wanted!r} in the policy")
    posted, failed = [], []
    for route in routes:
        try:
            if event.get("force") is True:
                run.forced(route)
                posted.append(route.name)
            elif run.scheduled(route):
                posted.append(route.name)
        except Exception as error:  # noqa: BLE001 - one route must not keep the others from their digest
            logger.error("digest not posted", route=route.name, error=type(error).__name__, reason=str(error))
            failed.append(f"{route.name}: {error}")
    logger.info("digests posted", routes=posted, failed=len(failed))
    if failed:
        raise DigestError("; ".join(failed))
    if run.unreadable:
        raise UnreadableTicketsError(run.unreadable)
    return {"posted": posted}
