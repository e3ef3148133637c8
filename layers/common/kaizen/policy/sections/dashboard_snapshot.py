"""Who hears of dashboards edited in Grafana, and which branch they come from. Pure. Section [dashboard_snapshot]."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kaizen.policy import values
from kaizen.policy.reader import Table, many, one_of, real, text

_PERSON = text(r"[USW][A-Z0-9]{2,20}", "the Slack id of a person or a user group, such as U0123456789 or S0123456789")
_REPOSITORY = text(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9._-]{1,100}", "a repository such as acme/dashboards")
_BRANCH = text(r"[A-Za-z0-9._/-]{1,200}", "a branch")
_FOLDER = text(r"(?!/)(?!.*//)(?!.*/$)[^\x00-\x1f\x7f\\]{1,300}", "a folder such as grafana/dashboards, or `.` for all")
_ENVIRONMENT = text(r"[^\x00-\x1f\x7f]{1,255}", "an environment of GitHub's deployments, such as production")
BESIDE = ("library_panel", "alert_rule")
_TAG = text(r"[A-Za-z0-9._/-]{1,200}", "a tag")


@dataclass(frozen=True, slots=True)
class DashboardSnapshotPolicy:
    """Exactly one of `channel` and `webhook_parameter` says where the note goes; a webhook cannot edit it.

    `mention` is a person or group that the note calls, or None. A run's git ref is the head of `branch` in
    `repository`, None for no look at GitHub.

    `path` is the folder of the dashboards' files there, None for no look at drift. What is deployed is the newest
    deployment of `environment` that succeeded (None for any), else `deployed_tag`. Drift that is older than
    `drift_after` is told. More than the share `most_gone` of all dashboards gone at once are not
    taken for deleted. `also` is what is kept beside dashboards.
    """

    channel: str | None = None
    webhook_parameter: str | None = "/kaizen/slack/default-webhook"
    mention: str | None = None
    repository: str | None = None
    branch: str = "main"
    path: str | None = None
    environment: str | None = None
    deployed_tag: str | None = None
    drift_after: timedelta = timedelta(hours=4)
    most_gone: float = 0.2
    also: tuple[str, ...] = BESIDE


def read(file: Table) -> DashboardSnapshotPolicy:
    default = DashboardSnapshotPolicy()
    if not file.has("dashboard_snapshot"):
        return default
    table = file.table("dashboard_snapshot")
    found = DashboardSnapshotPolicy(
        channel=table.get("channel", values.channel, None),
        webhook_parameter=table.get("webhook_parameter", values.address, None),
        mention=table.get("mention", _PERSON, None),
        repository=table.get("repository", _REPOSITORY, None),
        branch=table.get("branch", _BRANCH, default.branch),
        path=table.get("path", _FOLDER, None),
        environment=table.get("environment", _ENVIRONMENT, None),
        deployed_tag=table.get("deployed_tag", _TAG, None),
        drift_after=table.get("drift_after", _after, default.drift_after),
        most_gone=table.get("most_gone", real(0.0, 1.0), default.most_gone),
        also=table.get("also", many(one_of(BESIDE)), default.also),
    )
    if table.has("channel") == table.has("webhook_parameter"):
        table.fault("needs exactly one of channel and webhook_parameter")
    if found.path is not None and found.repository is None:
        table.fault("needs the repository that it lies in", "path")
    table.close()
    return found


def _after(value: Any) -> timedelta:
    """`0` tells at once."""
    return timedelta() if value == 0 and value is not False else timedelta(seconds=values.length(value))
