"""Schedules -> readings every five minutes, a closed day at 00:10 UTC; or a backfill that somebody asks for."""

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from bandwidth_snapshot.day import Bin, bins_of
from bandwidth_snapshot.detector import Limits as Unexpected
from bandwidth_snapshot.request import read_request
from bandwidth_snapshot.snapshot import Snapshot
from bandwidth_snapshot.source import bins_of_query
from bandwidth_snapshot.store import BandwidthStore
from bandwidth_snapshot.telling import Telling
from kaizen.events.bandwidth import SOURCE
from kaizen.events.bus import Publisher
from kaizen.phase.schema import SCHEMA
from kaizen.policy.sections.bandwidth import BandwidthPolicy
from kaizen.policy.store import current_policy
from kaizen.prometheus.client import Prometheus
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import background_function
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import secret, where_set
from kaizen.runtime.settings import Settings
from kaizen.slack.client import Poster
from kaizen.slack.destination import poster
from kaizen.slack.notices import Notices
from kaizen.times import utc_now

_LIMITS = Limits(connect=2, read=10, attempts=4)
_LEASE = timedelta(minutes=6)  # longer than the function may run


@dataclass(frozen=True)
class BandwidthSettings(Settings):
    event_bus_name: str
    bandwidth_table: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    prometheus_url: str | None
    prometheus_token_parameter: str
    slack_token_parameter: str
    slack_api_url: str


class NoPrometheusError(Exception):
    """The policy names a query, and the template no Prometheus to ask. Permanent: set PrometheusUrl."""


@cache
def settings() -> BandwidthSettings:
    return BandwidthSettings.from_env(os.environ)


@cache
def store() -> BandwidthStore:
    return BandwidthStore(client("dynamodb", _LIMITS), settings().bandwidth_table, settings().metrics_table)


def prometheus() -> Prometheus:
    given = settings()
    if given.prometheus_url is None:
        raise NoPrometheusError("the policy's [bandwidth] query needs the template parameter PrometheusUrl")
    # One within a VPC often asks for no token.
    return Prometheus(given.prometheus_url, Outbound(), where_set(given.prometheus_token_parameter), secret)


def way(policy: BandwidthPolicy) -> Poster:
    """The way into the channel. Raises SecretError, or RefusedError for an address that is none."""
    return poster(policy, secret, settings().slack_token_parameter, settings().slack_api_url)


def telling(policy: BandwidthPolicy) -> Telling:
    given = settings()
    notices = Notices(client("dynamodb", _LIMITS), given.slack_table, "bandwidth", uuid.uuid4().hex, _LEASE)
    return Telling(
        store=store(),
        limits=Unexpected(policy.z, policy.ratio, policy.rise),
        tell=lambda subject, message: notices.show(subject, message, way(policy), utc_now),
        told=lambda subject: notices.posted(subject) is not None,
        publish=Publisher(client("events", _LIMITS), given.event_bus_name, SOURCE).publish,
        monthly_cap=policy.monthly_cap,
        holidays=policy.holidays,
    )


def snapshot(policy: BandwidthPolicy) -> Snapshot:
    query = policy.query

    @cache
    def bins(day: date) -> Mapping[str, Sequence[Bin]]:
        if query is None:
            return bins_of(day, store().readings(day))
        return bins_of_query(prometheus, query, day)

    return Snapshot(
        store=store(),
        bins=bins,
        source="counters" if query is None else "prometheus",
        versions={"major": str(SCHEMA.major), "minor": str(SCHEMA.minor), "build": str(SCHEMA.build)},
        telling=telling(policy),
    )


@background_function
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """`{"do": "record"}`, `close` or `report`, or `{"backfill": {"from": ..., "to": ...}}`; says what it did.

    Raises at the end, when everything has been tried, so that Lambda retries and at last reports the failure.
    """
    now = utc_now()
    request = read_request(event, now)
    if request.kind == "record":
        store().keep(store().counters(now))
        return {"recorded": True}
    made = snapshot(current_policy(settings().policy_parameter).bandwidth)
    if request.kind == "report":
        made.report(now)
        return {"reported": True}
    days = made.close(now) if request.kind == "close" else made.backfill(request.first, request.last, now)
    logger.info("days closed", days=[each.isoformat() for each in days])
    return {"closed": [each.isoformat() for each in days]}
