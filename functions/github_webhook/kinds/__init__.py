"""Which kinds of deliveries are taken, and what makes an event of each: a line a kind."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from github_webhook.delivery import Headers
from github_webhook.kinds import deployments, issues, labels, pull_requests, pushes, repositories
from kaizen.events.github.deployment import GithubDeployment
from kaizen.events.github.issue import GithubIssue
from kaizen.events.github.label import GithubLabel
from kaizen.events.github.pull_request import GithubPullRequest
from kaizen.events.github.push import GithubPush
from kaizen.events.github.repository import GithubRepository

type Event = GithubIssue | GithubDeployment | GithubPullRequest | GithubPush | GithubRepository | GithubLabel
type Slim = Callable[[Headers, Mapping[str, Any], datetime], Event | None]

# By the header X-GitHub-Event. Each value is also a label of kaizen_webhook_deliveries_total.
KINDS: dict[str, Slim] = {
    "issues": issues.slim,
    "deployment": deployments.slim_deployment,
    "deployment_status": deployments.slim_status,
    "pull_request": pull_requests.slim,
    "push": pushes.slim,
    "repository": repositories.slim,
    "label": labels.slim,
}
# Kinds whose consumer counts what was accepted, in the transaction in which it takes effect.
COUNTED_BY_CONSUMER = frozenset({"issues"})
