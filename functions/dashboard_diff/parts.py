"""The parts of the comparison, built from the function's settings."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from dashboard_diff.querying import Queries
from dashboard_diff.reports import Reports
from dashboard_diff.review import Reviewer
from dashboard_diff.store import ReportStore
from kaizen.github import access
from kaizen.github.access import GithubSettings
from kaizen.github.client import Github
from kaizen.github.comments import Author
from kaizen.policy.store import current_policy
from kaizen.prometheus.client import Prometheus
from kaizen.reviews.lease import Reviews
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import SecretMissingError, secret, where_set
from kaizen.times import utc_now

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIMITS = Limits(connect=1, read=5, attempts=3)
_LEASE = timedelta(seconds=150)  # longer than the function may run
_LARGEST = 4 * 1024 * 1024  # bytes that Prometheus may answer; 500 series of 181 points


@dataclass(frozen=True)
class DashboardDiffSettings(GithubSettings):
    reviews_table: str
    metrics_table: str
    reports_bucket: str
    policy_parameter: str
    api_url_parameter: str
    dashboard_diff_dead_letter_queue_url: str
    prometheus_url: str | None
    prometheus_token_parameter: str


@cache
def github(given: DashboardDiffSettings) -> Github:
    return access.github(given, secret, Outbound(), utc_now, lambda: client("kms", LIMITS))


@cache
def author(given: DashboardDiffSettings, asked: Github) -> Author:
    return access.author(given, asked)


@cache
def store(given: DashboardDiffSettings) -> ReportStore:
    return ReportStore(client("s3", LIMITS), given.reports_bucket)


def reports(given: DashboardDiffSettings) -> Reports | None:
    """None where the address of our own doors is not known. Raises SecretError."""
    try:
        return Reports(store(given), secret(given.api_url_parameter))
    except SecretMissingError:
        logger.warning("no report: the address of our doors is not known", parameter=given.api_url_parameter)
        return None


def prometheus(given: DashboardDiffSettings) -> Prometheus:
    """Raises ValueError for an address or a token that does not go with it, SecretError."""
    token = where_set(given.prometheus_token_parameter)
    return Prometheus(given.prometheus_url or "", Outbound(limit=_LARGEST), token, secret)


def reviewer(given: DashboardDiffSettings, dynamodb: "DynamoDBClient") -> Reviewer:
    policy = current_policy(given.policy_parameter)
    return Reviewer(
        github(given),
        lambda asked: author(given, asked),
        Reviews(dynamodb, given.reviews_table, "dashboard_diff", uuid.uuid4().hex, _LEASE),
        policy.dashboard_diff,
        utc_now,
        reports(given),
        lambda: secrets.token_hex(16),
        policy.rule_lint.paths,
        Queries(
            (lambda: prometheus(given)) if given.prometheus_url else None,
            utc_now,
            forks=policy.dashboard_diff.ask_forks,
            sources=policy.dashboard_diff.data_sources,
        ),
    )
