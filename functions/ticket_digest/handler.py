"""Schedule -> routes that are due -> open tickets and MTTR windows -> Slack; the only file here that knows Lambda."""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from kaizen.policy.store import current_policy
from kaizen.runtime.clients import client
from kaizen.runtime.functions import background_function
from kaizen.subscriptions.store import read_subscriptions
from kaizen.times import utc_now
from ticket_digest import parts
from ticket_digest.parts import LIMITS, DigestSettings
from ticket_digest.run import Run, chosen

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@cache
def settings() -> DigestSettings:
    return DigestSettings.from_env(os.environ)


@cache
def dynamodb() -> "DynamoDBClient":
    return client("dynamodb", LIMITS)


@background_function
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Post what is due. `{"force": true}` posts to all routes at once, `{"route": "name"}` to that one.

    Raises at the end, when every route has been tried, so that Lambda retries and at last reports the failure.
    """
    given = settings()
    policy = current_policy(given.policy_parameter)
    routes = chosen(event, policy.routes)
    unreadable: list[str] = []

    def left() -> float:
        return float(context.get_remaining_time_in_millis() / 1000)

    run = Run(parts.desk(given, dynamodb(), policy, lambda: utc_now(), time.sleep, left, unreadable))
    forced = event.get("force") is True or "route" in event
    # Lambda repeats a failed request under the same id: then it goes on where it stopped.
    results = run.routes(routes, context.aws_request_id if forced else "")
    if not forced:
        run.subscriptions(read_subscriptions(dynamodb(), given.slack_table))
    run.end(unreadable)
    return {"routes": [asdict(result) for result in results]}
