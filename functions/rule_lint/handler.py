"""SQS batch -> one pull request each, reviewed -> what a retry may cure goes back, what none cures to dead letters."""

import os
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

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
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import SecretMissingError, secret
from kaizen.times import utc_now
from rule_lint.booking import booked, result
from rule_lint.review import Reviewer

_LIMITS = Limits(connect=1, read=5, attempts=3)
_LEASE = timedelta(seconds=150)  # longer than the function may run


@dataclass(frozen=True)
class RuleLintSettings(GithubSettings):
    reviews_table: str
    metrics_table: str
    policy_parameter: str
    rule_lint_dead_letter_queue_url: str


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


def reviewer() -> Reviewer:
    reviews = Reviews(dynamodb(), settings().reviews_table, "rule_lint", uuid.uuid4().hex, _LEASE)
    return Reviewer(github(), author, reviews, current_policy(settings().policy_parameter).rule_lint, utc_now)


def take(message: dict[str, Any]) -> None:
    """One message. Raises whatever a retry may cure."""
    try:
        outcome = reviewer().take(read_message(message))
        changes = list(booked(outcome))
        logger.info("rules reviewed", result=outcome.result, head=outcome.head_sha, comment=outcome.address)
    except SecretMissingError:
        changes = [result("off")]
        logger.warning("no access to GitHub is set up: rules are not reviewed")
    except (MalformedEventError, GithubError) as error:
        if isinstance(error, GithubError) and error.retryable:
            raise
        logger.error("rules not reviewed for good", message_id=message["messageId"], fault=str(error))
        dead_letters().bury(message, str(error))
        changes = [result("failed")]
    count_if_possible(dynamodb(), settings().metrics_table, changes, utc_now())


lambda_handler = queue_function("rules not reviewed", take)
