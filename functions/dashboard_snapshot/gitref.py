"""Which commit a run belongs to: what the template or the event says, else the head of the policy's branch."""

from collections.abc import Callable

from kaizen.github.client import Github
from kaizen.github.contents import head_of
from kaizen.github.errors import GithubError
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import SecretError

Ref = tuple[str, str]  # the ref, and where it comes from; both empty for none


def git_ref(setting: str | None, given: str, policy: DashboardSnapshotPolicy, github: Callable[[], Github]) -> Ref:
    """A run goes on without a ref where GitHub does not give one: the dashboards matter more."""
    if setting:
        return setting, "setting"
    if given:
        return given, "event"
    if policy.repository is None:
        return "", ""
    where = f"{policy.repository}@{policy.branch}"
    try:
        return head_of(github(), policy.repository, policy.branch), where
    except (GithubError, SecretError) as error:
        logger.warning("no git ref", branch=where, fault=str(error))
        return "", ""
