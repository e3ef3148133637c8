"""The parts of the monitor, built from the function's settings."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from canary_monitor.alarms import Alarms
from canary_monitor.monitor import Monitor, Outside
from canary_monitor.presses import Buttons
from canary_monitor.reread import rereader
from canary_monitor.store import CanaryStore
from kaizen.github import access
from kaizen.github.access import GithubSettings
from kaizen.github.client import Github
from kaizen.pager.client import Pager
from kaizen.policy.sections.canary import CanaryPolicy
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import SecretError, SecretMissingError, secret
from kaizen.slack.client import Poster
from kaizen.slack.destination import poster
from kaizen.slack.notices import Notices
from kaizen.times import utc_now

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIMITS = Limits(connect=1, read=5, attempts=3)
_LEASE = timedelta(seconds=90)  # longer than the function may run
_GITHUB_SECONDS = 5.0  # then the page goes out without it


@dataclass(frozen=True)
class CanarySettings(GithubSettings):
    canaries_table: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    schedule_group: str
    schedule_role_arn: str
    canary_queue_arn: str
    canary_queue_url: str
    canary_dead_letter_queue_arn: str
    pager_url: str
    pager_key_parameter: str
    button_secret_parameter: str
    slack_token_parameter: str
    slack_api_url: str


@cache
def alarms(given: CanarySettings) -> Alarms:
    return Alarms(
        client("scheduler", LIMITS),
        given.schedule_group,
        given.canary_queue_arn,
        given.schedule_role_arn,
        given.canary_dead_letter_queue_arn,
    )


@cache
def github(given: CanarySettings) -> Github:
    send = Outbound(read=_GITHUB_SECONDS)
    return access.github(given, secret, send, utc_now, lambda: client("kms", LIMITS))


def way(given: CanarySettings, policy: CanaryPolicy) -> Poster:
    """The way into the channel. Raises SecretError, or RefusedError for an address that is none."""
    return poster(policy, secret, given.slack_token_parameter, given.slack_api_url)


def buttons(given: CanarySettings, policy: CanaryPolicy) -> Buttons | None:
    """None for a webhook, which does not say in which channel it posts; and where no secret is set up."""
    if policy.channel is None:
        return None
    try:
        signs = secret(given.button_secret_parameter)
    except SecretMissingError:
        logger.warning("no buttons: their secret is not set up", parameter=given.button_secret_parameter)
        return None
    except SecretError as error:  # Slack is a copy: nothing of it may hold up a page
        logger.error("no buttons: their secret cannot be read", reason=str(error))
        return None
    return Buttons(signs, policy.channel, policy.responders)


def monitor(
    given: CanarySettings, dynamodb: "DynamoDBClient", policy: CanaryPolicy, sleep: Callable[[float], object]
) -> Monitor:
    """Where no pager is set up, Slack alone hears of canaries."""
    notices = Notices(dynamodb, given.slack_table, "canary", uuid.uuid4().hex, _LEASE)
    try:
        routing_key = secret(given.pager_key_parameter)
    except SecretMissingError:
        routing_key = ""
        logger.warning("no pager is set up: Slack alone hears of canaries", parameter=given.pager_key_parameter)
    outside = Outside(
        alarms=alarms(given),
        page=Pager(given.pager_url, Outbound(), sleep).send if routing_key else None,
        routing_key=routing_key,
        reread=rereader(lambda: github(given)),
        show=lambda subject, message, thread="": notices.show(subject, message, way(given, policy), utc_now, thread),
        buttons=buttons(given, policy),
    )
    store = CanaryStore(dynamodb, given.canaries_table, given.metrics_table)
    return Monitor(store, outside, policy, utc_now)
