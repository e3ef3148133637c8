"""The parts of a run, built from the function's settings."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from dashboard_snapshot import door
from dashboard_snapshot.deadline import Deadline
from dashboard_snapshot.drifting import Drifting
from dashboard_snapshot.drifttelling import DriftTelling
from dashboard_snapshot.grafana import AT_ONCE, Grafana
from dashboard_snapshot.snapshot import Snapshot
from dashboard_snapshot.store import SnapshotStore
from kaizen.events.bus import Publisher
from kaizen.events.dashboard import SOURCE
from kaizen.github import access
from kaizen.github.access import GithubSettings
from kaizen.github.client import Github
from kaizen.metrics.counting import count
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import SecretMissingError, secret
from kaizen.slack.blocks import Message
from kaizen.slack.client import Poster
from kaizen.slack.destination import poster
from kaizen.slack.notices import Notices
from kaizen.times import utc_now

LIMITS = Limits(connect=2, read=10, attempts=4)
_LEASE = timedelta(minutes=16)  # longer than the function may run


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
    event_bus_name: str


def github(given: DashboardSnapshotSettings) -> Github:
    return access.github(given, secret, Outbound(), utc_now, lambda: client("kms", LIMITS))


def way(given: DashboardSnapshotSettings, policy: DashboardSnapshotPolicy) -> Poster:
    """The way into the channel. Raises SecretError, or RefusedError for an address that is none."""
    return poster(policy, secret, given.slack_token_parameter, given.slack_api_url)


def page(given: DashboardSnapshotSettings, older: str, newer: str) -> str:
    """The link for people; empty where no token for reports is set up."""
    try:
        api, tokens = secret(given.api_url_parameter), secret(given.reports_token_parameter)
    except SecretMissingError as error:
        logger.warning("the note has no link", fault=str(error))
        return ""
    return door.address(api, tokens, older, newer)


def snapshot(
    given: DashboardSnapshotSettings,
    address: str,
    policy: DashboardSnapshotPolicy,
    store: SnapshotStore,
    sleep: Callable[[float], object],
    remaining: Callable[[], float],
) -> Snapshot:
    """`address` is Grafana's; `sleep` takes seconds, `remaining` gives those that the function still may run."""
    dynamodb = client("dynamodb", LIMITS)
    notices = Notices(dynamodb, given.slack_table, "dashboards", uuid.uuid4().hex, _LEASE)

    def tell(subject: str, message: Message) -> object:
        return notices.show(subject, message, way(given, policy), utc_now)

    def told_of(subject: str) -> bool:
        return notices.posted(subject) is not None

    deadline = Deadline(remaining)
    grafana = Grafana(
        address,
        Outbound(read=20, connections=AT_ONCE),
        given.grafana_token_parameter,
        secret,
        sleep,
        deadline.left,
    )
    return Snapshot(
        grafana=grafana,
        store=store,
        address=address.rstrip("/"),
        mention=policy.mention or "",
        most_gone=policy.most_gone,
        also=policy.also,
        in_time=deadline.in_time,
        tell=tell,
        told_of=told_of,
        page=lambda older, newer: page(given, older, newer),
        count=lambda changes: count(dynamodb, given.metrics_table, changes, utc_now()),
        clock=utc_now,
        drifting=Drifting(lambda: github(given), store, policy, lambda: deadline.left() > 0, grafana.is_gone),
        drift_telling=DriftTelling(
            store,
            policy,
            address.rstrip("/"),
            tell,
            told_of,
            Publisher(client("events", LIMITS), given.event_bus_name, SOURCE).publish,
        ),
    )
