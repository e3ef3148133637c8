"""Sandboxes' messages in Slack: to a person, to a team's channel, or to the fallback channel."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kaizen.slack.blocks import Message
from kaizen.slack.client import Bot
from kaizen.slack.notices import Notices
from sandbox_reaper.state import Owner, Receipt, Row
from sandbox_reaper.wording import message


@dataclass(frozen=True, slots=True)
class SlackBoard:
    """`bot` gives the way into a channel, `secret` signs buttons. Raises SlackError, SecretError, BusyError."""

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
            self.direct[owner.target] = self.bot("").open(owner.target)
        return self.direct[owner.target]

    def show(self, row: Row) -> Receipt:
        """Post or edit; Slack's word that it stands there. Its instant is rounded up: the grace is never shorter."""
        text = message(row, self.secret())
        posted = self.notices.show(row.notice, text, self.bot(row.channel), self.clock)
        return Receipt(row.channel, posted.stamp, posted.at.replace(microsecond=0) + timedelta(seconds=1))

    def report(self, subject: str, text: Message, channel: str) -> None:
        self.notices.show(subject, text, self.bot(channel), self.clock)
