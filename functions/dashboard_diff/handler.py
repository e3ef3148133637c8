"""SQS batch -> one pull request each, reviewed -> what a retry may cure goes back, what none cures to dead letters."""

import os
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from dashboard_diff.booking import result
from dashboard_diff.review import Reviewer
from kaizen.events.github.pull_request import GithubPullRequest
from kaizen.github import access
from kaizen.github.access import GithubSettings
from kaizen.github.client import Github
from kaizen.github.comments import Author
from kaizen.metrics.changes import Change
from kaizen.metrics.counting import count_if_possible
from kaizen.policy.store import current_policy
from kaizen.reviews.dead_letters import DeadLetters
from kaizen.reviews.lease import Reviews
from kaizen.reviews.taking import taken
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import queue_function
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import secret
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


def review(event: GithubPullRequest) -> list[Change]:
    outcome = reviewer().take(event)
    logger.info("dashboards compared", result=outcome.result, head=outcome.head_sha, comment=outcome.address)
    return [result(outcome.result)]


def take(message: dict[str, Any]) -> None:
    """One message. Raises whatever a retry may cure."""
    changes = taken(message, review, dead_letters, result)
    count_if_possible(dynamodb(), settings().metrics_table, changes, utc_now())


lambda_handler = queue_function("dashboards not compared", take)
