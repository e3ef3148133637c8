"""SQS batch -> one pull request each, reviewed -> what a retry may cure goes back, what none cures to dead letters."""

import os
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from dashboard_diff.booking import result
from dashboard_diff.review import Reviewer
from kaizen.events.detail import MalformedEventError
from kaizen.github import access
from kaizen.github.access import GithubSettings
from kaizen.github.client import Github
from kaizen.github.comments import Author
from kaizen.github.errors import GithubError
from kaizen.metrics.counting import count_if_possible
from kaizen.policy.store import current_policy
from kaizen.reviews.dead_letters import DeadLetters
from kaizen.reviews.incoming import read_message
from kaizen.reviews.lease import Reviews
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import queue_function
from kaizen.runtime.log import correlate, logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import SecretMissingError, secret
from kaizen.times import utc_now

_LIMITS = Limits(connect=1, read=5, attempts=3)
_LEASE = timedelta(seconds=150)  # longer than the function may run


@dataclass(frozen=True)
class DashboardDiffSettings(GithubSettings):
    reviews_table: str
    metrics_table: str
    policy_parameter: str
    dashboard_diff_dead_letter_queue_url: str


@cache
def settings() -> DashboardDiffSettings:
    return DashboardDiffSettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return client("dynamodb", _LIMITS)


@cache
def dead_letters() -> DeadLetters:
    return DeadLetters(client("sqs", _LIMITS), settings().dashboard_diff_dead_letter_queue_url)


@cache
def github() -> Github:
    return access.github(settings(), secret, Outbound(), utc_now, lambda: client("kms", _LIMITS))


@cache
def author(github_: Github) -> Author:
    return access.author(settings(), github_)


def reviewer() -> Reviewer:
    reviews = Reviews(dynamodb(), settings().reviews_table, "dashboard_diff", uuid.uuid4().hex, _LEASE)
    return Reviewer(github(), author, reviews, current_policy(settings().policy_parameter).dashboard_diff, utc_now)


def take(message: dict[str, Any]) -> None:
    """One message. Raises whatever a retry may cure."""
    correlate(message["messageId"])
    try:
        outcome = reviewer().take(read_message(message))
        changes = [result(outcome.result)]
        logger.info("dashboards compared", result=outcome.result, head=outcome.head_sha, comment=outcome.address)
    except SecretMissingError:
        changes = [result("off")]
        logger.warning("no access to GitHub is set up: dashboards are not compared")
    except (MalformedEventError, GithubError) as error:
        if isinstance(error, GithubError) and error.retryable:
            raise
        logger.error("dashboards not compared for good", message_id=message["messageId"], fault=str(error))
        dead_letters().bury(message, str(error))
        changes = [result("failed")]
    count_if_possible(dynamodb(), settings().metrics_table, changes, utc_now())


lambda_handler = queue_function("dashboards not compared", take)
