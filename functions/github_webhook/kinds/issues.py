"""An `issues` payload slimmed to the facts that tickets need. Pure; only what is used is validated."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from github_webhook import fields
from github_webhook.delivery import Headers
from kaizen.events.github import GithubIssue

# fmt: off
ACTIONS = frozenset({
    "opened", "edited", "deleted", "transferred", "closed", "reopened", "assigned", "unassigned", "labeled",
    "unlabeled", "milestoned", "demilestoned", "locked", "unlocked", "pinned", "unpinned", "typed", "untyped",
})
# fmt: on
_NOTHING: Mapping[str, Any] = {}


def slim(headers: Headers, payload: Mapping[str, Any], received_at: datetime) -> GithubIssue | None:
    """The event of a delivery, None for an action that tickets do not know.

    Raises RequestError 400 naming the first field that is missing or of the wrong type.
    """
    action = fields.text(payload, "action")
    if action not in ACTIONS:
        return None
    issue = fields.inner(payload, "issue")
    moved_issue, moved_repository = _moved(action, payload)
    return GithubIssue(
        **fields.origin(headers, payload, received_at),
        action=action,
        issue_id=fields.number(issue, "issue.id"),
        number=fields.number(issue, "issue.number"),
        title=fields.text(issue, "issue.title", fields.MAX_TITLE),
        url=fields.url(issue, "issue.html_url"),
        state=_state(issue, action),
        state_reason=fields.optional_text(issue, "issue.state_reason"),
        labels=fields.names(issue, "issue.labels", "name", fields.MAX_LABELS, fields.MAX_LABEL),
        assignees=fields.names(issue, "issue.assignees", "login", fields.MAX_ASSIGNEES, fields.MAX_NAME),
        author=fields.login(issue.get("user")),
        created_at=fields.instant(issue, "issue.created_at"),
        updated_at=fields.instant(issue, "issue.updated_at"),
        closed_at=fields.optional_instant(issue, "issue.closed_at"),
        action_label=_action_label(action, payload),
        moved_issue_id=fields.number(moved_issue, "issue.id") if moved_issue else 0,
        moved_repository_id=fields.number(moved_repository, "repository.id") if moved_repository else 0,
        moved_opened_at=fields.optional_instant(moved_issue, "issue.created_at"),
        moved_labels=fields.names(moved_issue, "issue.labels", "name", fields.MAX_LABELS, fields.MAX_LABEL),
    )


def _moved(action: str, payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The issue and repository on the other side of a transfer, empty when there is none."""
    changes = payload.get("changes")
    if not isinstance(changes, dict):
        return _NOTHING, _NOTHING
    side = {"transferred": "new", "opened": "old"}.get(action)
    if side is None:
        return _NOTHING, _NOTHING
    issue, repository = changes.get(f"{side}_issue"), changes.get(f"{side}_repository")
    if not isinstance(issue, dict):
        return _NOTHING, _NOTHING
    return issue, repository if isinstance(repository, dict) else _NOTHING


def _state(issue: Mapping[str, Any], action: str) -> str:
    # `pinned` and `unpinned` may lack the state, and those actions change nothing else.
    if issue.get("state") is None and action in ("pinned", "unpinned"):
        return ""
    state = fields.text(issue, "issue.state")
    if state not in ("open", "closed"):
        raise fields.fault("issue.state", "open or closed")
    return state


def _action_label(action: str, payload: Mapping[str, Any]) -> str:
    if action not in ("labeled", "unlabeled"):
        return ""
    return fields.text(fields.inner(payload, "label"), "label.name", fields.MAX_LABEL)
