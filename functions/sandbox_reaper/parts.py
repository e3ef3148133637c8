"""The parts of a run, built from the function's settings."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.prometheus.client import Prometheus
from kaizen.prometheus.errors import RefusedError
from kaizen.runtime.log import logger
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import SecretError, SecretMissingError, secret, where_set
from kaizen.runtime.settings import Settings
from kaizen.slack.client import Bot
from kaizen.slack.notices import Notices
from kaizen.times import utc_now
from sandbox_reaper.board import SlackBoard
from sandbox_reaper.dated import Dated
from sandbox_reaper.kubernetes.connect import Place, connect
from sandbox_reaper.kubernetes.reader import KubernetesReader
from sandbox_reaper.kubernetes.writer import KubernetesWriter
from sandbox_reaper.run import Run
from sandbox_reaper.source import take
from sandbox_reaper.store import SandboxStore
from sandbox_reaper.wording import FEATURE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE = timedelta(minutes=6)  # longer than the function may run


@dataclass(frozen=True)
class ReaperSettings(Settings):
    stage: str
    sandboxes_table: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    prometheus_url: str | None
    prometheus_token_parameter: str
    kubernetes_url: str | None
    kubernetes_token_parameter: str
    kubernetes_ca_parameter: str
    eks_cluster: str | None
    sandbox_switch_parameter: str
    button_secret_parameter: str
    slack_token_parameter: str
    slack_api_url: str


def prometheus(given: ReaperSettings) -> Prometheus:
    """Raises RefusedError where none is set."""
    if given.prometheus_url is None:
        raise RefusedError("there is none: set the template parameter PrometheusUrl")
    send = Dated(Outbound(), utc_now)
    return Prometheus(given.prometheus_url, send, where_set(given.prometheus_token_parameter), secret)


def place(given: ReaperSettings) -> Place:
    ca = where_set(given.kubernetes_ca_parameter) if given.eks_cluster is None else None  # EKS tells its own
    return Place(given.kubernetes_url or "", given.kubernetes_token_parameter, ca or "", given.eks_cluster or "")


def switched_on(given: ReaperSettings) -> bool:
    """The kill switch, read anew in each run and before each write.

    Missing or `on` permits; anything else, and no answer, does not.
    """
    try:
        return secret(given.sandbox_switch_parameter, fresh=True).strip().lower() == "on"
    except SecretMissingError:
        return True
    except SecretError:
        logger.exception("the switch cannot be read: nobody is stopped")
        return False


def board(given: ReaperSettings, dynamodb: "DynamoDBClient") -> SlackBoard:
    return SlackBoard(
        Notices(dynamodb, given.slack_table, FEATURE, uuid.uuid4().hex, LEASE),
        lambda channel: Bot(secret(given.slack_token_parameter), channel, given.slack_api_url),
        lambda: secret(given.button_secret_parameter),
        utc_now,
    )


def run(
    given: ReaperSettings,
    policy: SandboxPolicy,
    store: SandboxStore,
    shown: SlackBoard,
    sleep: Callable[[float], None],
    left: Callable[[], float],
) -> Run:
    """A run that writes only where it is live and switched on; a resume is written in any case. Raises BackendError."""
    cluster = connect(place(given), secret, sleep)
    writer = KubernetesWriter(cluster)
    return Run(
        reader=KubernetesReader(cluster),
        writer=writer if policy.mode == "live" and switched_on(given) else None,
        resumer=writer,
        take=lambda at, within: take(lambda: prometheus(given), policy, at, within),
        store=store,
        board=shown,
        policy=policy,
        switch=lambda: switched_on(given),
        clock=utc_now,
        left=left,
    )
