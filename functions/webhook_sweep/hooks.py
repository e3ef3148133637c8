"""A hook's deliveries at GitHub.

https://docs.github.com/en/rest/repos/webhooks#list-deliveries-for-a-repository-webhook ; organizations and Apps alike.
"""

from collections.abc import Iterator
from datetime import datetime

from kaizen.github import reading
from kaizen.github.client import Github
from webhook_sweep.deliveries import Attempt


def path(hook: str) -> str:
    """The API's path of a hook as the policy names it."""
    return "/app/hook/deliveries" if hook == "app" else f"/{hook}/deliveries"


def attempts(github: Github, hook: str, since: datetime) -> Iterator[Attempt]:
    """Newest first, back to an instant. Raises GithubError."""
    for each in github.pages(path(hook)):
        found = Attempt(
            id=reading.number(each, "id"),
            guid=reading.text(each, "guid"),
            at=reading.instant(each, "delivered_at"),
            event=reading.text(each, "event"),
            status=reading.optional_number(each, "status_code"),
        )
        if found.at < since:
            return
        yield found


def repeat(github: Github, hook: str, attempt: Attempt) -> None:
    """Ask for it again; GitHub takes the order and sends it a little later. Raises GithubError."""
    github.post(f"{path(hook)}/{attempt.id}/attempts", {})
