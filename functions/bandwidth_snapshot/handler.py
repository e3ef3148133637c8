"""Schedules -> readings every five minutes, a closed day at 00:10 UTC. `GET /reports/bandwidth` -> the days."""

import os
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from bandwidth_snapshot import door, parts
from bandwidth_snapshot.parts import BandwidthSettings
from bandwidth_snapshot.request import read_request
from kaizen.policy.store import current_policy
from kaizen.reports.access import refused
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import either_function
from kaizen.runtime.http import Event, Response
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.times import utc_now

_RETRY_SECONDS = 15


@cache
def settings() -> BandwidthSettings:
    return BandwidthSettings.from_env(os.environ)


def run(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """`{"do": "record"}`, `close` or `report`, or `{"backfill": {"from": ..., "to": ...}}`; says what it did.

    Raises at the end, when everything has been tried, so that Lambda retries and at last reports the failure.
    """
    now = utc_now()
    request = read_request(event, now)
    store = parts.store(settings())
    if request.kind == "record":
        store.keep(store.counters(now, settings().build_hash or ""))
        return {"recorded": True}
    made = parts.snapshot(settings(), current_policy(settings().policy_parameter).bandwidth, time.sleep)
    if request.kind == "report":
        made.report(now)
        return {"reported": True}
    if request.kind == "close":
        closed, kept = made.close(now), []
    else:
        done = made.backfill(request.first, request.last, now)
        closed, kept = ([each for each in done if (done[each] == "kept") is want] for want in (False, True))
    result = {name: [each.isoformat() for each in days] for name, days in (("closed", closed), ("kept", kept)) if days}
    logger.info("days closed", days=result)  # `kept` are those of which the source says less than what is known
    return result


def report(event: Event, context: Any) -> Response:
    """The log as a page or CSV; 401 without token or key, 503 where a store fails."""
    now = utc_now()
    try:
        if not door.may_look(event, secret(settings().reports_token_parameter), now):
            logger.warning("report refused")
            return refused()
        policy = current_policy(settings().policy_parameter).bandwidth
        return door.shown(event, parts.store(settings()), policy, now)
    except FAILURES as error:
        return unavailable(error, "the bandwidth log cannot be read", _RETRY_SECONDS)


lambda_handler = either_function(report, run)
