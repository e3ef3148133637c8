"""A `pull_request` payload slimmed to what checks of its changes need. Pure; only what is used is validated."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from github_webhook import fields
from github_webhook.delivery import Headers
from kaizen.events.github.pull_request import GithubPullRequest

# fmt: off
ACTIONS = frozenset({
    "opened", "reopened", "closed", "edited", "synchronize", "ready_for_review", "converted_to_draft", "labeled",
    "unlabeled",
})
# fmt: on


def slim(headers: Headers, payload: Mapping[str, Any], received_at: datetime) -> GithubPullRequest | None:
    """None for an action that nobody uses. Raises RequestError 400 naming the first field at fault."""
    action = fields.text(payload, "action")
    if action not in ACTIONS:
        return None
    pull = fields.inner(payload, "pull_request")
    head, base = fields.inner(pull, "pull_request.head"), fields.inner(pull, "pull_request.base")
    base_repository = fields.inner(base, "pull_request.base.repo")
    head_repository = fields.inner(head, "pull_request.head.repo") if head.get("repo") is not None else None
    base_id = fields.number(base_repository, "pull_request.base.repo.id")
    return GithubPullRequest(
        **fields.origin(headers, payload, received_at),
        action=action,
        pull_request_id=fields.number(pull, "pull_request.id"),
        number=fields.number(pull, "pull_request.number"),
        title=fields.text(pull, "pull_request.title", fields.MAX_TITLE),
        url=fields.url(pull, "pull_request.html_url"),
        author=fields.login(pull.get("user")),
        state=fields.text(pull, "pull_request.state"),
        draft=fields.flag(pull, "pull_request.draft"),
        merged=fields.flag(pull, "pull_request.merged"),
        base_ref=fields.text(base, "pull_request.base.ref", fields.MAX_REF),
        base_sha=fields.text(base, "pull_request.base.sha", fields.MAX_SHA),
        base_repository=fields.text(base_repository, "pull_request.base.repo.full_name"),
        head_ref=fields.text(head, "pull_request.head.ref", fields.MAX_REF),
        head_sha=fields.text(head, "pull_request.head.sha", fields.MAX_SHA),
        head_repository=fields.text(head_repository, "pull_request.head.repo.full_name") if head_repository else "",
        # Two repositories of one name in two years are two: ids decide. A head whose repository is gone was a fork's.
        fork=head_repository is None or fields.number(head_repository, "pull_request.head.repo.id") != base_id,
        labels=fields.names(pull, "pull_request.labels", "name", fields.MAX_LABELS, fields.MAX_LABEL),
        created_at=fields.instant(pull, "pull_request.created_at"),
        updated_at=fields.instant(pull, "pull_request.updated_at"),
    )
