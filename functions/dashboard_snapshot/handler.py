"""Schedule -> one run: Grafana read, stored, compared, told. `GET /reports/dashboards` -> any two runs compared."""

import os
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from dashboard_snapshot import door
from dashboard_snapshot.deadline import within
from dashboard_snapshot.gitref import git_ref
from dashboard_snapshot.model import run_id
from dashboard_snapshot.parts import LIMITS, DashboardSnapshotSettings, github, snapshot
from dashboard_snapshot.request import read_request
from dashboard_snapshot.snapshot import Order
from dashboard_snapshot.store import SnapshotStore
from kaizen.policy.store import current_policy
from kaizen.reports.access import refused
from kaizen.runtime.clients import client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import either_function
from kaizen.runtime.http import Event, Response
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.times import utc_now

_RETRY_SECONDS = 15
_COMPARING_SECONDS = 12  # the gateway waits for 30; the last dashboard that is begun may take some


@cache
def settings() -> DashboardSnapshotSettings:
    return DashboardSnapshotSettings.from_env(os.environ)


@cache
def store() -> SnapshotStore:
    return SnapshotStore(client("s3", LIMITS), settings().snapshots_bucket)


def run(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """One run. Raises at the end where it is partial, so that Lambda tries again and at last reports the failure."""
    given, request = settings(), read_request(event)
    if given.grafana_url is None:
        logger.info("no Grafana is set up: there is nothing to keep")
        return {"run": "", "outcome": "off"}
    policy = current_policy(given.policy_parameter).dashboard_snapshot
    now = utc_now()
    ref = git_ref(given.git_ref, request.git_ref, policy, lambda: github(given))
    order = Order(run_id(now, context.aws_request_id), now, ref, request.deployed_ref, request.accept)
    made = snapshot(
        given, given.grafana_url, policy, store(), time.sleep, lambda: context.get_remaining_time_in_millis() / 1000
    ).run(order)
    logger.info("dashboards kept", run=made.run, dashboards=len(made.entries), git_ref=made.git_ref)
    return {"run": made.run, "outcome": made.outcome, "dashboards": len(made.entries)}


def report(event: Event, context: Any) -> Response:
    """The differences of two runs; 401 without token or key, 503 where a store fails."""
    try:
        if not door.may_look(event, secret(settings().reports_token_parameter)):
            logger.warning("report refused")
            return refused()
        return door.shown(event, store(), settings().grafana_url or "", utc_now(), within(_COMPARING_SECONDS))
    except FAILURES as error:
        return unavailable(error, "the snapshots cannot be read", _RETRY_SECONDS)


lambda_handler = either_function(report, run)
