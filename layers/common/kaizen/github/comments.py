"""One comment of ours per pull request and purpose, written anew in its place.

A marker says what the comment is for. Anybody may paste it: only a comment of our own author counts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from kaizen.github import reading
from kaizen.github.client import Github, repository_path
from kaizen.github.errors import NotFoundError, TooLongError

LONGEST = 65_536  # characters
_REMARKED = "<!-- kaizen:remark -->"
_REMARK = re.compile(rf"\A{_REMARKED}\n[^\n]*\n\n")


@dataclass(frozen=True, slots=True)
class Author:
    """Who we are at GitHub: the App's id, or the login of the token's owner where there is no App (0)."""

    app_id: int = 0
    login: str = ""

    def wrote(self, comment: Any) -> bool:
        if self.app_id:
            return bool(reading.value(comment, "performed_via_github_app.id") == self.app_id)
        login = reading.value(comment, "user.login")
        return bool(self.login) and isinstance(login, str) and login.lower() == self.login.lower()


@dataclass(frozen=True, slots=True)
class Kept:
    """The comment that stands now, and what was done for it."""

    comment_id: int
    address: str
    done: Literal["created", "updated", "unchanged"]


def length(body: str) -> int:
    """Characters as the strictest reader counts them: one outside the basic plane is two."""
    return len(body) + sum(1 for each in body if ord(each) > 0xFFFF)


def chosen(comments: Iterable[Any], marker: str, author: Author) -> Any | None:
    """Our comment with this marker, the oldest where a race made two; None when there is none."""
    ours = [
        each for each in comments if author.wrote(each) and isinstance(each.get("body"), str) and marker in each["body"]
    ]
    return min(ours, key=lambda each: reading.number(each, "id"), default=None)


def there(github: Github, repository: str, number: int, marker: str, author: Author) -> bool:
    """Whether we have a comment with this marker. Raises GithubError."""
    listed = github.pages(f"{repository_path(repository)}/issues/{number}/comments")
    return chosen(listed, marker, author) is not None


def upsert(github: Github, repository: str, number: int, marker: str, author: Author, body: str) -> Kept:
    """Write `body` with its marker (an HTML comment) into our comment, or into a new one. All pages are looked through.

    Raises TooLongError for a body that GitHub would refuse, GithubError.
    """
    whole = body if marker in body else f"{marker}\n{body}"
    if length(whole) > LONGEST:
        raise TooLongError(f"the comment has {length(whole)} characters, and GitHub takes {LONGEST}")
    root = repository_path(repository)
    old = chosen(github.pages(f"{root}/issues/{number}/comments"), marker, author)
    if old is not None:
        if old["body"].replace("\r\n", "\n") == whole:
            return _kept(old, "unchanged")
        try:
            answer = github.patch(f"{root}/issues/comments/{reading.number(old, 'id')}", {"body": whole})
            return _kept(answer, "updated")
        except NotFoundError:
            pass  # somebody has just deleted it
    return _kept(github.post(f"{root}/issues/{number}/comments", {"body": whole}), "created")


def remark(github: Github, repository: str, number: int, marker: str, author: Author, words: str) -> None:
    """Put a line (Markdown) above what our comment says, in place of an earlier one; `upsert` removes it. Nothing where
    there is no comment.

    Raises TooLongError, GithubError.
    """
    root = repository_path(repository)
    old = chosen(github.pages(f"{root}/issues/{number}/comments"), marker, author)
    if old is None:
        return
    rest = _REMARK.sub("", old["body"].replace("\r\n", "\n"))
    whole = f"{_REMARKED}\n{words}\n\n{rest}"
    if length(whole) > LONGEST:
        raise TooLongError(f"the comment would have {length(whole)} characters, and GitHub takes {LONGEST}")
    github.patch(f"{root}/issues/comments/{reading.number(old, 'id')}", {"body": whole})


def _kept(comment: Any, done: Literal["created", "updated", "unchanged"]) -> Kept:
    return Kept(reading.number(comment, "id"), reading.text(comment, "html_url"), done)
