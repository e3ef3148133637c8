"""A `push` payload slimmed to which commits a branch went between, and which paths changed. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from github_webhook import fields
from github_webhook.delivery import Headers
from kaizen.events.github.push import GithubPush

# All paths together, so that the event fits the bus whatever they are made of.
MAX_PATHS, MAX_PATH_CHARACTERS = 500, 30_000
# GitHub lists no more commits in a delivery: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
LISTED_COMMITS = 2048


def slim(headers: Headers, payload: Mapping[str, Any], received_at: datetime) -> GithubPush:
    """Raises RequestError 400 naming the first field at fault."""
    repository = fields.inner(payload, "repository")
    pusher = payload.get("pusher")
    created, forced = fields.flag(payload, "created"), fields.flag(payload, "forced")
    paths, whole = _changed_paths(payload)
    return GithubPush(
        **fields.origin(headers, payload, received_at),
        ref=fields.text(payload, "ref", fields.MAX_REF),
        before=fields.text(payload, "before", fields.MAX_SHA),
        after=fields.text(payload, "after", fields.MAX_SHA),
        default_branch=fields.text(repository, "repository.default_branch", fields.MAX_REF),
        created=created,
        deleted=fields.flag(payload, "deleted"),
        forced=forced,
        pusher=fields.optional_text(pusher, "pusher.name") if isinstance(pusher, dict) else "",
        changed_paths=paths,
        # What a forced push takes back, and what a new branch has already, no listed commit tells.
        paths_complete=whole and not created and not forced,
    )


def _changed_paths(payload: Mapping[str, Any]) -> tuple[tuple[str, ...], bool]:
    """Sorted, as many as fit, and whether that is all of them."""
    commits = payload.get("commits") or []
    if not isinstance(commits, list):
        raise fields.fault("commits", "a list")
    found: set[str] = set()
    for commit in commits:
        for group in ("added", "modified", "removed"):
            listed = (commit.get(group) or []) if isinstance(commit, dict) else None
            if not isinstance(listed, list) or not all(isinstance(path, str) for path in listed):
                raise fields.fault(f"commits.{group}", "a list of texts")
            found.update(fields.clean(path) for path in listed)
    kept: list[str] = []
    room = MAX_PATH_CHARACTERS
    for path in sorted(found)[:MAX_PATHS]:
        if len(path) > room:
            break
        room -= len(path)
        kept.append(path)
    return tuple(kept), len(kept) == len(found) and len(commits) < LISTED_COMMITS
