"""The parts of the bandwidth log, built from the function's settings."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from bandwidth_snapshot import door
from bandwidth_snapshot.day import Bin, bins_of
from bandwidth_snapshot.detector import Limits as Unexpected
from bandwidth_snapshot.posting import Posting
from bandwidth_snapshot.snapshot import Snapshot
from bandwidth_snapshot.source import bins_of_query
from bandwidth_snapshot.store import BandwidthStore
from bandwidth_snapshot.telling import Telling
from kaizen.events.bandwidth import SOURCE
from kaizen.events.bus import Publisher
from kaizen.pager.client import Pager
from kaizen.pager.events import Incident, resolve, trigger
from kaizen.phase.schema import SCHEMA
from kaizen.policy.sections.bandwidth import BandwidthPolicy
from kaizen.prometheus.client import Prometheus
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import SecretMissingError, secret, where_set
from kaizen.runtime.settings import Settings
from kaizen.slack.client import Poster
from kaizen.slack.destination import poster
from kaizen.slack.notices import Notices
from kaizen.times import utc_now

LIMITS = Limits(connect=2, read=10, attempts=4)
_LEASE = timedelta(minutes=6)  # longer than the function may run


@dataclass(frozen=True)
class BandwidthSettings(Settings):
    build_hash: str | None
    event_bus_name: str
    bandwidth_table: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    prometheus_url: str | None
    prometheus_token_parameter: str
    reports_token_parameter: str
    api_url_parameter: str
    slack_token_parameter: str
    slack_api_url: str
    pager_url: str
    pager_key_parameter: str


class NoPrometheusError(Exception):
    """The policy names a query, and the template no Prometheus to ask. Permanent: set PrometheusUrl."""


@cache
def store(given: BandwidthSettings) -> BandwidthStore:
    return BandwidthStore(client("dynamodb", LIMITS), given.bandwidth_table, given.metrics_table)


def prometheus(given: BandwidthSettings) -> Prometheus:
    if given.prometheus_url is None:
        raise NoPrometheusError("the policy's [bandwidth] query needs the template parameter PrometheusUrl")
    # One within a VPC often asks for no token.
    return Prometheus(given.prometheus_url, Outbound(), where_set(given.prometheus_token_parameter), secret)


def page(given: BandwidthSettings, today: date) -> str:
    """The link for people; empty where no token for reports is set up."""
    try:
        return door.address(secret(given.api_url_parameter), secret(given.reports_token_parameter), today)
    except SecretMissingError as error:
        logger.warning("the message has no link", fault=str(error))
        return ""


def telling(given: BandwidthSettings, policy: BandwidthPolicy, sleep: Callable[[float], object]) -> Telling:
    notices = Notices(client("dynamodb", LIMITS), given.slack_table, "bandwidth", uuid.uuid4().hex, _LEASE)

    def way() -> Poster:
        """The way into the channel. Raises SecretError, or RefusedError for an address that is none."""
        return poster(policy, secret, given.slack_token_parameter, given.slack_api_url)

    posting = Posting(notices, way, policy.channel is not None, utc_now)

    def page_out(about: Incident | str) -> None:
        """Opens an incident, or resolves one. Raises SecretError where no integration key is set up, PagerError."""
        key = secret(given.pager_key_parameter)
        event = resolve(about, key) if isinstance(about, str) else trigger(about, key)
        Pager(given.pager_url, Outbound(), sleep).send(event)

    return Telling(
        store=store(given),
        limits=Unexpected(policy.z, policy.ratio, policy.rise),
        tell=posting.tell,
        told=posting.told,
        publish=Publisher(client("events", LIMITS), given.event_bus_name, SOURCE).publish,
        page=lambda day: page(given, day),
        monthly_cap=policy.monthly_cap,
        holidays=policy.holidays,
        pager=page_out if policy.pager else None,
        edits=posting.edits,
    )


def snapshot(given: BandwidthSettings, policy: BandwidthPolicy, sleep: Callable[[float], object]) -> Snapshot:
    query, readings = policy.query, cache(store(given).readings)

    def bins(day: date) -> Mapping[str, Sequence[Bin]]:
        if query is None:
            return bins_of(day, readings(day))
        return bins_of_query(lambda: prometheus(given), query, day)

    build = given.build_hash or str(SCHEMA.build)
    versions = {"major": str(SCHEMA.major), "minor": str(SCHEMA.minor), "build": build}
    return Snapshot(
        store=store(given),
        bins=bins,
        source="counters" if query is None else "prometheus",
        versions=versions,
        telling=telling(given, policy, sleep),
        readings=readings,
    )
