"""A comment of an earlier head, where the newest one could not be reviewed: it says that it is old."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kaizen.events.github.pull_request import GithubPullRequest
from kaizen.github import comments
from kaizen.github.client import Github
from kaizen.github.comments import Author
from kaizen.github.errors import GithubError, TooLongError
from kaizen.github.markdown import code, prose
from kaizen.runtime.log import logger

_REASON = 200  # characters of it


@contextmanager
def said(
    github: Github, author: Callable[[Github], Author], event: GithubPullRequest, marker: str, reviewed: str
) -> Iterator[None]:
    """Where GitHub refuses for good what the review needs, our comment says so, if it may be written; the error goes on
    in any case. `reviewed` is the head that the comment is of, empty for none."""
    try:
        yield
    except GithubError as error:
        if not error.retryable and event.head_sha != reviewed:
            _say(github, author, event, marker, f"for {code(event.head_sha[:7])}: {prose(str(error), _REASON)}")
        raise


def _say(
    github: Github, author: Callable[[Github], Author], event: GithubPullRequest, marker: str, reason: str
) -> None:
    words = f"⚠️ **Not brought up to date** {reason}"
    try:
        comments.remark(github, event.repository, event.number, marker, author(github), words)
    except (GithubError, TooLongError) as error:
        logger.warning("the comment does not say that it is old", number=event.number, fault=str(error))
