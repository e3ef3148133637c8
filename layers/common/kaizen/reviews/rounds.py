"""A pull request reviewed until the review is of its newest head, by one run at a time."""

from collections.abc import Callable
from datetime import datetime

from kaizen.reviews.lease import Claim, Pull, Reviews

ACTIONS = ("opened", "synchronize", "reopened", "ready_for_review")
_MOST_ROUNDS = 5  # heads in a row that were out of date before the comment was written


class RestlessError(Exception):
    """The head moved again and again. Transient: a later try finds it at rest."""


def reviewed[Outcome](
    reviews: Reviews,
    pull: Pull,
    clock: Callable[[], datetime],
    review: Callable[[str], tuple[Outcome, str] | None],
) -> Outcome | None:
    """The outcome of the last review; None where another run is at it and has been told to look again.

    `review` takes the head of the review before, empty for none, and gives its outcome with the head that was reviewed;
    None where the head moved meanwhile. `clock` gives aware UTC. Raises RestlessError, ClientError, and what `review`
    raises.
    """
    claim: Claim | None = reviews.claim(pull, clock())
    if claim is None:
        return None
    try:
        for _ in range(_MOST_ROUNDS):
            found = review(claim.head_sha)
            if found is None:
                continue
            outcome, head = found
            claim = reviews.done(pull, claim, head, clock())
            if claim is None:
                return outcome
    except BaseException:
        reviews.release(pull)
        raise
    reviews.release(pull)
    raise RestlessError(f"the head of pull request {pull.number} moved {_MOST_ROUNDS} times")
