"""Posting an occasion's messages one after the other, each written down before the next goes out.

No message is posted again while its outcome is unknown: the next attempt looks for it first. Where Slack lets nobody
look (webhooks, a bot without the history scope), it is posted again: a digest twice is better than none.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from kaizen.metrics.changes import Change, add
from kaizen.slack.client import TIMEOUT_SECONDS, Poster
from kaizen.slack.errors import BlindError, RateLimitedError, SlackError, UnclearError
from kaizen.slack.outbox import Claim, Outbox

LONGEST_PAUSE = 20  # seconds of Retry-After that are waited out here; longer ones wait for the next run
BETWEEN_MESSAGES = 1  # second: what Slack grants a channel
NEEDED = TIMEOUT_SECONDS + 5  # seconds for one call and the note of it
_CLOCK_SKEW = timedelta(minutes=1)  # Slack's clock against ours


class OutOfTimeError(SlackError):
    """The function's time is nearly up: nothing was posted, the next run goes on."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Time as the delivery sees it: `clock` gives aware UTC, `sleep` takes seconds, `remaining` gives them."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], object]
    remaining: Callable[[], float]

    def patiently[T](self, call: Callable[[], T]) -> T:
        """The call's result, pauses that Slack asks for waited out while there is time."""
        while True:
            if self.remaining() < NEEDED:
                raise OutOfTimeError("out_of_time", "no time is left to post")
            try:
                return call()
            except RateLimitedError as error:
                if error.retry_after > min(LONGEST_PAUSE, self.remaining() - NEEDED):
                    raise
                self.sleep(error.retry_after)


@dataclass(frozen=True, slots=True)
class Delivered:
    """Messages posted now; of these, `repeated` might have been there already; `found` were there and left alone."""

    posted: int = 0
    found: int = 0
    repeated: int = 0


def deliver(
    outbox: Outbox, claim: Claim, poster: Poster, pace: Pace, success: Callable[[datetime], list[Change]]
) -> Delivered:
    """Post what is left of the claim and close it with the metric changes of `success`.

    Raises SlackError after giving the claim back; LeaseLostError when another process has taken it.
    """
    result = Delivered()
    try:
        while not claim.done:
            key, thread = claim.next_key, claim.thread
            if claim.unclear:
                try:
                    since = claim.since - _CLOCK_SKEW
                    found = pace.patiently(partial(poster.find, key, since, thread))
                except BlindError:
                    found = None
                    result = replace(result, repeated=result.repeated + 1)
                if found is not None:
                    claim = outbox.posted(claim, found, _calls(poster), pace.clock())
                    result = replace(result, found=result.found + 1)
                    continue
                claim = replace(claim, unclear=False)
            if result.posted:
                pace.sleep(BETWEEN_MESSAGES)
            stamp = pace.patiently(partial(poster.post, claim.messages[len(claim.stamps)], key, thread))
            claim = outbox.posted(claim, stamp, _calls(poster), pace.clock())
            result = replace(result, posted=result.posted + 1)
    except SlackError as error:
        now = pace.clock()
        claim = replace(claim, unclear=claim.unclear or isinstance(error, UnclearError))
        pause = timedelta(seconds=error.retry_after if isinstance(error, RateLimitedError) else 0)
        outbox.release(claim, _calls(poster), now, not_before=now + pause)
        raise
    now = pace.clock()
    outbox.finish(claim, success(now), now)
    return result


def _calls(poster: Poster) -> list[Change]:
    """The calls made since the last time, as changes of their counter."""
    calls = list(poster.requests.items())
    poster.requests.clear()
    return [
        add("kaizen_slack_requests_total", {"method": method, "result": result}, count)
        for (method, result), count in calls
    ]
