"""Issues over the API: https://docs.github.com/en/rest/issues/issues."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kaizen.times import format_instant
from local.outside.github.refusals import answer, invalid, refused
from local.outside.github.world import Json, Repository
from local.outside.service import Reply

_CHOICES = {
    "state": ("open", "closed", "all"),
    "sort": ("created", "updated", "comments"),
    "direction": ("asc", "desc"),
}


def listed(repository: Repository, query: Mapping[str, str]) -> list[Json] | Reply:
    """Open ones, the newest first, where nothing else is asked for; pull requests are among them."""
    for name, allowed in _CHOICES.items():
        if query.get(name, allowed[0]) not in allowed:
            return invalid("Issue", name, f"{name} must be one of {', '.join(allowed)}")
    found: list[dict[str, Any]] = [*repository.issues.values(), *_pulls(repository)]
    if since := query.get("since"):
        try:
            at = format_instant(datetime.fromisoformat(since))
        except ValueError:
            return invalid("Issue", "since", "since is no timestamp")
        found = [each for each in found if each["updated_at"] >= at]
    state = query.get("state", "open")
    found = [each for each in found if state in ("all", each["state"])]
    key = "created_at" if query.get("sort", "created") == "created" else "updated_at"
    found.sort(key=lambda each: (each[key], each["number"]), reverse=query.get("direction", "desc") == "desc")
    return list(found)


def one(repository: Repository, number: int) -> Reply:
    if number in repository.issues:
        return answer(200, repository.issues[number])
    if repository.gone.get(number) == "deleted":
        return refused(410, "This issue was deleted")
    return refused(404, "Not Found")  # also one that went where the token may not look


def _pulls(repository: Repository) -> list[dict[str, Any]]:
    """What GitHub lists of pull requests among the issues."""
    return [
        {
            "id": 10_000_000 + each.number,
            "number": each.number,
            "title": each.title,
            "state": each.state,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "pull_request": {"url": f"https://api.github.com/repos/{repository.full_name}/pulls/{each.number}"},
        }
        for each in repository.pulls.values()
    ]
