"""A `repository` payload slimmed to what it is called now and was called before. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from github_webhook import fields
from github_webhook.delivery import Headers
from kaizen.events.github.repository import GithubRepository

ACTIONS = frozenset({"renamed", "transferred", "archived", "unarchived", "deleted"})


def slim(headers: Headers, payload: Mapping[str, Any], received_at: datetime) -> GithubRepository | None:
    """None for an action that nobody uses. Raises RequestError 400 naming the first field at fault."""
    action = fields.text(payload, "action")
    if action not in ACTIONS:
        return None
    repository = fields.inner(payload, "repository")
    return GithubRepository(
        **fields.origin(headers, payload, received_at),
        action=action,
        old_repository=_before(action, payload, fields.text(repository, "repository.full_name")),
        default_branch=fields.text(repository, "repository.default_branch", fields.MAX_REF),
        archived=fields.flag(repository, "repository.archived"),
    )


def _before(action: str, payload: Mapping[str, Any], full_name: str) -> str:
    owner, _, name = full_name.partition("/")
    if action == "renamed":
        changes = fields.inner(fields.inner(payload, "changes"), "changes.repository")
        old = fields.text(fields.inner(changes, "changes.repository.name"), "changes.repository.name.from")
        return f"{owner}/{old}"
    if action == "transferred":
        before = fields.inner(fields.inner(fields.inner(payload, "changes"), "changes.owner"), "changes.owner.from")
        place = "organization" if before.get("organization") is not None else "user"
        return f"{fields.text(fields.inner(before, place), f'changes.owner.from.{place}.login')}/{name}"
    return ""
