"""SQS batch -> one pull request each, compared, in a comment and a report. `GET /reviews/{id}` -> the report.

What a retry may cure goes back to the queue, what none cures to dead letters.
"""

import os
from functools import cache
from typing import Any

from dashboard_diff import door, parts
from dashboard_diff.booking import result
from dashboard_diff.parts import LIMITS, DashboardDiffSettings
from kaizen.events.github.pull_request import GithubPullRequest
from kaizen.metrics.changes import Change
from kaizen.metrics.counting import count_if_possible
from kaizen.reviews.dead_letters import DeadLetters
from kaizen.reviews.taking import taken
from kaizen.runtime.clients import client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import each_message, either_function
from kaizen.runtime.http import Event, Response
from kaizen.runtime.log import logger
from kaizen.times import utc_now

_RETRY_SECONDS = 15


@cache
def settings() -> DashboardDiffSettings:
    return DashboardDiffSettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return client("dynamodb", LIMITS)


@cache
def dead_letters() -> DeadLetters:
    return DeadLetters(client("sqs", LIMITS), settings().dashboard_diff_dead_letter_queue_url)


def review(event: GithubPullRequest) -> list[Change]:
    outcome = parts.reviewer(settings(), dynamodb()).take(event)
    logger.info("dashboards compared", result=outcome.result, head=outcome.head_sha, comment=outcome.address)
    return [result(outcome.result)]


def take(message: dict[str, Any]) -> None:
    """One message. Raises whatever a retry may cure."""
    changes = taken(message, review, dead_letters, result)
    count_if_possible(dynamodb(), settings().metrics_table, changes, utc_now())


def report(event: Event, context: Any) -> Response:
    """A report for who knows its id; 503 where the bucket fails."""
    try:
        return door.shown(event, parts.store(settings()))
    except FAILURES as error:
        return unavailable(error, "the report cannot be read", _RETRY_SECONDS)


lambda_handler = either_function(report, each_message("dashboards not compared", take))
