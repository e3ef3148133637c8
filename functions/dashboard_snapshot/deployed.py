"""Which commit is deployed: GitHub's newest successful deployment, else the policy's tag, else nobody knows."""

from kaizen.github.client import Github
from kaizen.github.contents import head_of
from kaizen.github.deployments import newest_successful
from kaizen.github.errors import NotFoundError, UnprocessableError
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy

Deployed = tuple[str, str]  # the commit, and how it is known; both empty for none


def deployed(github: Github, repository: str, policy: DashboardSnapshotPolicy) -> Deployed:
    """Raises GithubError."""
    if sha := newest_successful(github, repository, policy.environment or ""):
        return sha, "deployment"
    if policy.deployed_tag is None:
        return "", ""
    try:
        return head_of(github, repository, f"tags/{policy.deployed_tag}"), "tag"
    except (NotFoundError, UnprocessableError):  # GitHub answers 422 for a ref that is none
        return "", ""
