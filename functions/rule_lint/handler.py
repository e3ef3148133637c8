"""SQS batch -> one pull request each, reviewed -> what a retry may cure goes back, what none cures to dead letters."""

import os
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from kaizen.events.github.pull_request import GithubPullRequest
from kaizen.github import access
from kaizen.github.access import GithubSettings
from kaizen.github.client import Github
from kaizen.github.comments import Author
from kaizen.metrics.changes import Change
from kaizen.metrics.counting import count_if_possible
from kaizen.policy.store import current_policy
from kaizen.prometheus.client import Prometheus
from kaizen.reviews.dead_letters import DeadLetters
from kaizen.reviews.lease import Reviews
from kaizen.reviews.taking import taken
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import queue_function
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import secret, where_set
from kaizen.times import utc_now
from rule_lint.booking import booked, result
from rule_lint.replaying import Replayer
from rule_lint.review import Reviewer

_LIMITS = Limits(connect=1, read=5, attempts=3)
_LEASE = timedelta(seconds=150)  # longer than the function may run
_LARGEST = 8 * 1024 * 1024  # bytes that Prometheus may answer; a week of 30 series that never stop


@dataclass(frozen=True)
class RuleLintSettings(GithubSettings):
    reviews_table: str
    metrics_table: str
    policy_parameter: str
    rule_lint_dead_letter_queue_url: str
    prometheus_url: str | None
    prometheus_token_parameter: str


@cache
def settings() -> RuleLintSettings:
    return RuleLintSettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return client("dynamodb", _LIMITS)


@cache
def dead_letters() -> DeadLetters:
    return DeadLetters(client("sqs", _LIMITS), settings().rule_lint_dead_letter_queue_url)


@cache
def github() -> Github:
    return access.github(settings(), secret, Outbound(), utc_now, lambda: client("kms", _LIMITS))


@cache
def author(asked: Github) -> Author:
    return access.author(settings(), asked)


def prometheus() -> Prometheus:
    """Raises ValueError for an address or a token that does not go with it, SecretError."""
    address, token = settings().prometheus_url or "", where_set(settings().prometheus_token_parameter)
    return Prometheus(address, Outbound(limit=_LARGEST), token, secret)


def reviewer() -> Reviewer:
    reviews = Reviews(dynamodb(), settings().reviews_table, "rule_lint", uuid.uuid4().hex, _LEASE)
    policy = current_policy(settings().policy_parameter)
    asked = prometheus if settings().prometheus_url else None
    replayer = Replayer(asked, utc_now, forks=policy.rule_lint.replay_forks)
    return Reviewer(github(), author, reviews, policy.rule_lint, utc_now, replayer, policy.dashboard_diff.paths)


def review(event: GithubPullRequest) -> list[Change]:
    outcome = reviewer().take(event)
    logger.info("rules reviewed", result=outcome.result, head=outcome.head_sha, comment=outcome.address)
    return list(booked(outcome))


def take(message: dict[str, Any]) -> None:
    """One message. Raises whatever a retry may cure."""
    changes = taken(message, review, dead_letters, result)
    count_if_possible(dynamodb(), settings().metrics_table, changes, utc_now())


lambda_handler = queue_function("rules not reviewed", take)
