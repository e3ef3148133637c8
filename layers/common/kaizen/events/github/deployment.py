"""Deployments and their statuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kaizen.events.detail import Detail


@dataclass(frozen=True, slots=True)
class GithubDeployment(Detail):
    """One `deployment` or `deployment_status` delivery. Instants are aware UTC.

    `created_at` and `updated_at` are the deployment's. For a `deployment`, `state` is empty, `status_id` 0 and
    `status_at` None; for a status they say which, and when it was set. `environment` is the status's own if it names
    one. `payload` is the deployment's, empty where it is no JSON object or larger than 4 KB. `log_url` is where the
    status says its log is, empty where it says none.
    """

    DETAIL_TYPE = "github.deployment"

    delivery_id: str
    hook_id: str
    received_at: datetime
    repository_id: int
    repository: str
    action: str
    state: str
    status_id: int
    status_at: datetime | None
    deployment_id: int
    environment: str
    original_environment: str
    task: str
    ref: str
    sha: str
    payload: Mapping[str, Any]
    description: str
    log_url: str
    creator: str
    production: bool
    transient: bool
    created_at: datetime
    updated_at: datetime
    installation_id: int = 0
