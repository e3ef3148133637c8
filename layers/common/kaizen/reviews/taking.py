"""One message about a pull request: reviewed, put aside where no retry cures it, or left to be tried again."""

from collections.abc import Callable, Sequence
from typing import Any

from kaizen.events.detail import MalformedEventError
from kaizen.events.github.pull_request import GithubPullRequest
from kaizen.github.errors import GithubError
from kaizen.metrics.changes import Change
from kaizen.reviews.dead_letters import DeadLetters
from kaizen.reviews.incoming import read_message
from kaizen.runtime.log import correlate, logger
from kaizen.runtime.secrets import SecretMissingError


def taken(
    message: dict[str, Any],
    review: Callable[[GithubPullRequest], Sequence[Change]],
    dead_letters: Callable[[], DeadLetters],
    result: Callable[[str], Change],
) -> Sequence[Change]:
    """What to count: what `review` says, `result("off")` without access to GitHub, `result("failed")` for good.

    Raises whatever a retry may cure.
    """
    correlate(message["messageId"])
    try:
        return review(read_message(message))
    except SecretMissingError:
        logger.warning("no access to GitHub is set up: pull requests are not reviewed")
        return [result("off")]
    except (MalformedEventError, GithubError) as error:
        if isinstance(error, GithubError) and error.retryable:
            raise
        logger.error("not reviewed for good", message_id=message["messageId"], fault=str(error))
        dead_letters().bury(message, str(error))
        return [result("failed")]
