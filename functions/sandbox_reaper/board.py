"""Sandboxes' messages in Slack: to a person, to a team's channel, or to the fallback channel."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kaizen.slack.blocks import Message
from kaizen.slack.client import Bot
from kaizen.slack.errors import RefusedError
from kaizen.slack.notices import Notices
from sandbox_reaper.ports import UntoldError
from sandbox_reaper.state import Owner, Receipt, Row
from sandbox_reaper.wording import message

# What Slack says of a person or a channel that it knows no more of, or that the app cannot write to.
_NOBODY = frozenset({
    "cannot_dm_bot", "channel_is_archived", "channel_not_found", "invalid_user_id", "is_archived", "not_in_channel",
    "restricted_action", "restricted_action_read_only_channel", "user_disabled", "user_not_found", "user_not_visible",
    "users_not_found",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class SlackBoard:
    """`bot` gives the way into a channel, `secret` signs buttons.

    Raises SlackError, SecretError, BusyError, and UntoldError where nobody can be told there.
    """

    notices: Notices
    bot: Callable[[str], Bot]
    secret: Callable[[], str]
    clock: Callable[[], datetime]
    direct: dict[str, str] = field(default_factory=dict)

    def channel(self, owner: Owner) -> str:
        """Messages to a person have a channel of their own, by which they can be edited."""
        if not owner.person:
            return owner.target
        if owner.target not in self.direct:
            with _untold(owner.target):
                self.direct[owner.target] = self.bot("").open(owner.target)
        return self.direct[owner.target]

    def show(self, row: Row) -> Receipt:
        """Post or edit; Slack's word that it stands there. Its instant is rounded up: the grace is never shorter."""
        text = message(row, self.secret())
        with _untold(row.channel):
            posted = self.notices.show(row.notice, text, self.bot(row.channel), self.clock)
        return Receipt(row.channel, posted.stamp, posted.at.replace(microsecond=0) + timedelta(seconds=1))

    def report(self, subject: str, text: Message, channel: str) -> None:
        self.notices.show(subject, text, self.bot(channel), self.clock)


@contextmanager
def _untold(target: str) -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        if error.code in _NOBODY:
            raise UntoldError(f"{target} cannot be told: {error}") from error
        raise
