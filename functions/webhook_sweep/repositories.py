"""A repository's issues at GitHub. https://docs.github.com/en/rest/issues/issues"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from kaizen.github import reading
from kaizen.github.client import Github, repository_path
from kaizen.github.errors import NotFoundError
from kaizen.times import format_instant
from webhook_sweep.comparing import Repository, is_issue

Gone = Literal["deleted", "transferred", "absent"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def repository(github: Github, name: str) -> Repository:
    """Raises GithubError; NotFoundError where the credentials see no such repository."""
    content = github.get(repository_path(name))
    return Repository(reading.number(content, "id"), reading.text(content, "full_name"))


def changed(github: Github, where: Repository, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Its issues that have changed since, those that changed first coming first. Raises GithubError."""
    query = {"state": "all", "sort": "updated", "direction": "asc"}
    if since > EPOCH:
        query["since"] = format_instant(since)
    return filter(is_issue, github.pages(f"{repository_path(where.name)}/issues", **query))


def open_numbers(github: Github, where: Repository) -> set[int]:
    """Raises GithubError."""
    listed = github.pages(f"{repository_path(where.name)}/issues", state="open", sort="created", direction="asc")
    return {reading.number(each, "number") for each in listed}


def one(github: Github, where: Repository, number: int) -> Mapping[str, Any] | Gone:
    """The issue; or `deleted`, `transferred`, `absent`.

    In a repository that can be read, GitHub answers 410 for a deleted issue, and for one that went to another
    repository a redirect there, or 404 where that one cannot be read: `absent`. Raises GithubError.
    """
    try:
        content = github.get(f"{repository_path(where.name)}/issues/{number}")
    except NotFoundError as error:
        return "deleted" if error.status == 410 else "absent"
    at_home = reading.text(content, "repository_url").rpartition("/repos/")[2].lower() == where.name.lower()
    return content if at_home and reading.number(content, "number") == number else "transferred"
