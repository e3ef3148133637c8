"""SQS batch -> one deployment's fact or one alarm each -> the failed ones go back alone."""

import os
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from canary_monitor.alarms import Alarms
from canary_monitor.incoming import read_message
from canary_monitor.monitor import Monitor, Outside
from canary_monitor.presses import Buttons
from canary_monitor.reread import rereader
from canary_monitor.store import CanaryStore
from kaizen.events.slack import SlackInteraction
from kaizen.github import access
from kaizen.github.access import GithubSettings
from kaizen.github.client import Github
from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.pager.client import Pager
from kaizen.policy.sections.canary import CanaryPolicy
from kaizen.policy.store import current_policy
from kaizen.runtime.again import ONE_TRY, Again
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import queue_function
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import SecretMissingError, secret
from kaizen.slack.client import Poster
from kaizen.slack.destination import poster
from kaizen.slack.notices import Notices
from kaizen.times import utc_now

_LIMITS = Limits(connect=1, read=5, attempts=3)
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
def settings() -> CanarySettings:
    return CanarySettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return client("dynamodb", _LIMITS)


@cache
def alarms() -> Alarms:
    given = settings()
    return Alarms(
        client("scheduler", _LIMITS),
        given.schedule_group,
        given.canary_queue_arn,
        given.schedule_role_arn,
        given.canary_dead_letter_queue_arn,
    )


@cache
def github() -> Github:
    send = Outbound(read=_GITHUB_SECONDS)
    return access.github(settings(), secret, send, utc_now, lambda: client("kms", _LIMITS))


def way(policy: CanaryPolicy) -> Poster:
    """The way into the channel. Raises SecretError, or RefusedError for an address that is none."""
    return poster(policy, secret, settings().slack_token_parameter, settings().slack_api_url)


def buttons(policy: CanaryPolicy) -> Buttons | None:
    """None for a webhook, which does not say in which channel it posts; and where no secret is set up."""
    if policy.channel is None:
        return None
    try:
        signs = secret(settings().button_secret_parameter)
    except SecretMissingError:
        logger.warning("no buttons: their secret is not set up", parameter=settings().button_secret_parameter)
        return None
    return Buttons(signs, policy.channel, policy.responders)


def monitor(policy: CanaryPolicy) -> Monitor:
    given = settings()
    notices = Notices(dynamodb(), given.slack_table, "canary", uuid.uuid4().hex, _LEASE)
    try:
        routing_key = secret(given.pager_key_parameter)
    except SecretMissingError:
        routing_key = ""
        logger.warning("no pager is set up: Slack alone hears of canaries", parameter=given.pager_key_parameter)
    outside = Outside(
        alarms=alarms(),
        page=Pager(given.pager_url, Outbound(), time.sleep).send if routing_key else None,
        routing_key=routing_key,
        reread=rereader(github),
        show=lambda subject, message, thread="": notices.show(subject, message, way(policy), utc_now, thread),
        buttons=buttons(policy),
    )
    store = CanaryStore(dynamodb(), given.canaries_table, given.metrics_table)
    return Monitor(store, outside, policy, utc_now)


def handle(message: dict[str, Any]) -> None:
    """Raises MalformedEventError, and what the stores and the services outside raise."""
    kind, work = read_message(message)
    result = work(monitor(current_policy(settings().policy_parameter).canary))
    logger.info("canary", kind=kind, result=result)
    if kind == SlackInteraction.DETAIL_TYPE:
        counted = "taken" if result in ("extend", "done") else "over" if result in ("over", "expired") else "refused"
        change = add("kaizen_canary_presses_total", {"result": counted})
        count_if_possible(dynamodb(), settings().metrics_table, [change], utc_now())


def again(message: dict[str, Any]) -> None:
    """Of two people who press at once, the second waits for seconds."""
    Again(client("sqs", ONE_TRY), settings().canary_queue_url)(message)


lambda_handler = queue_function("canary not handled", handle, again)
