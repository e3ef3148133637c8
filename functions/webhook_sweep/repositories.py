"""A repository's issues at GitHub. https://docs.github.com/en/rest/issues/issues"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from kaizen.github import reading
from kaizen.github.client import PAGE, Github, repository_path
from kaizen.github.errors import NotFoundError, UnavailableError
from kaizen.times import format_instant
from webhook_sweep.comparing import Repository, is_issue

Gone = Literal["deleted", "transferred", "absent"]
_SECOND = timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def repository(github: Github, name: str) -> Repository:
    """Raises GithubError; NotFoundError where the credentials see no such repository."""
    content = github.get(repository_path(name))
    return Repository(reading.number(content, "id"), reading.text(content, "full_name"))


def changed(github: Github, where: Repository, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Its issues that have changed since, those that changed first coming first. Raises GithubError.

    Each page is asked for by the time at which the one before ended, not by its number: an issue that changes meanwhile
    leaves its place, and the first one of the next page would come to stand on the page that was read.
    """
    seen: set[Any] = set()
    begin = since
    while True:
        query = {"since": format_instant(begin)} if begin > EPOCH else {}
        listed = github.pages(
            f"{repository_path(where.name)}/issues", state="all", sort="updated", direction="asc", **query
        )
        for number, content in enumerate(listed, 1):
            if content.get("id") not in seen:
                seen.add(content.get("id"))
                if is_issue(content):
                    yield content
            ended = _updated(content)
            if number >= PAGE and ended is not None and ended - _SECOND > begin:
                begin = ended - _SECOND  # GitHub does not say whether its `since` includes the instant
                break
        else:
            return


def _updated(content: Mapping[str, Any]) -> datetime | None:
    """None where it cannot be read, which whoever compares the issue tells."""
    try:
        return reading.instant(content, "updated_at")
    except UnavailableError:
        return None


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
