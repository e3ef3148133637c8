"""Schedule -> one run: Grafana read, stored, compared, told. `GET /reports/dashboards` -> any two runs compared."""

import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from dashboard_snapshot import door
from dashboard_snapshot.gitref import git_ref
from dashboard_snapshot.grafana import Grafana
from dashboard_snapshot.harvest import AT_ONCE
from dashboard_snapshot.model import run_id
from dashboard_snapshot.request import read_request
from dashboard_snapshot.snapshot import Order, Snapshot
from dashboard_snapshot.store import SnapshotStore
from kaizen.github import access
from kaizen.github.access import GithubSettings
from kaizen.github.client import Github
from kaizen.metrics.counting import count
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from kaizen.policy.store import current_policy
from kaizen.reports.access import refused
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import either_function
from kaizen.runtime.http import Event, Response
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import SecretMissingError, secret
from kaizen.slack.client import Poster
from kaizen.slack.destination import poster
from kaizen.slack.notices import Notices
from kaizen.times import utc_now

_LIMITS = Limits(connect=2, read=10, attempts=4)
_LEASE = timedelta(minutes=16)  # longer than the function may run
_RESERVE = 90.0  # seconds for the manifest, the note and the counts
_RETRY_SECONDS = 15


@dataclass(frozen=True)
class DashboardSnapshotSettings(GithubSettings):
    snapshots_bucket: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    grafana_url: str | None
    grafana_token_parameter: str
    reports_token_parameter: str
    api_url_parameter: str
    git_ref: str | None
    slack_token_parameter: str
    slack_api_url: str


@cache
def settings() -> DashboardSnapshotSettings:
    return DashboardSnapshotSettings.from_env(os.environ)


@cache
def store() -> SnapshotStore:
    return SnapshotStore(client("s3", _LIMITS), settings().snapshots_bucket)


def github() -> Github:
    return access.github(settings(), secret, Outbound(), utc_now, lambda: client("kms", _LIMITS))


def way(policy: DashboardSnapshotPolicy) -> Poster:
    """The way into the channel. Raises SecretError, or RefusedError for an address that is none."""
    return poster(policy, secret, settings().slack_token_parameter, settings().slack_api_url)


def page(older: str, newer: str) -> str:
    """The link for people; empty where no token for reports is set up."""
    try:
        return door.address(
            secret(settings().api_url_parameter), secret(settings().reports_token_parameter), older, newer
        )
    except SecretMissingError as error:
        logger.warning("the note has no link", fault=str(error))
        return ""


def snapshot(address: str, policy: DashboardSnapshotPolicy, remaining: Any) -> Snapshot:
    given = settings()
    dynamodb = client("dynamodb", _LIMITS)
    notices = Notices(dynamodb, given.slack_table, "dashboards", uuid.uuid4().hex, _LEASE)
    return Snapshot(
        grafana=Grafana(
            address,
            Outbound(read=20, connections=AT_ONCE),
            given.grafana_token_parameter,
            secret,
            time.sleep,
            lambda: remaining() - _RESERVE,
        ),
        store=store(),
        address=address.rstrip("/"),
        mention=policy.mention or "",
        most_gone=policy.most_gone,
        in_time=lambda: remaining() > _RESERVE,
        tell=lambda subject, message: notices.show(subject, message, way(policy), utc_now),
        told_of=lambda subject: notices.posted(subject) is not None,
        page=page,
        count=lambda changes: count(dynamodb, given.metrics_table, changes, utc_now()),
        clock=utc_now,
    )


def run(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """One run. Raises at the end where it is partial, so that Lambda tries again and at last reports the failure."""
    given, request = settings(), read_request(event)
    if given.grafana_url is None:
        logger.info("no Grafana is set up: there is nothing to keep")
        return {"run": "", "outcome": "off"}
    policy = current_policy(given.policy_parameter).dashboard_snapshot
    now = utc_now()
    order = Order(
        run_id(now, context.aws_request_id), now, git_ref(given.git_ref, request.git_ref, policy, github),
        request.deployed_ref, request.accept,
    )  # fmt: skip
    made = snapshot(given.grafana_url, policy, lambda: context.get_remaining_time_in_millis() / 1000).run(order)
    logger.info("dashboards kept", run=made.run, dashboards=len(made.entries), git_ref=made.git_ref)
    return {"run": made.run, "outcome": made.outcome, "dashboards": len(made.entries)}


def report(event: Event, context: Any) -> Response:
    """The differences of two runs; 401 without token or key, 503 where a store fails."""
    try:
        if not door.may_look(event, secret(settings().reports_token_parameter)):
            logger.warning("report refused")
            return refused()
        return door.shown(event, store(), (settings().grafana_url or "").rstrip("/"), utc_now())
    except FAILURES as error:
        return unavailable(error, "the snapshots cannot be read", _RETRY_SECONDS)


lambda_handler = either_function(report, run)
