"""Messages in Slack, one for each subject: edited in place by a bot, once for each stage through a webhook."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kaizen.slack.blocks import Message
from kaizen.slack.client import Poster
from kaizen.slack.notices import Notices

_STAGES = ("", "crosses", "over", "within")  # by which a subject is known to be told of


@dataclass(frozen=True, slots=True)
class Posting:
    """`way` leads into the channel and is asked anew each time; `edits` is whether messages can be edited there."""

    notices: Notices
    way: Callable[[], Poster]
    edits: bool
    clock: Callable[[], datetime]

    def tell(self, subject: str, message: Message, stage: str = "") -> None:
        """Raises SlackError, SecretError, BusyError.

        A message of which nobody can know whether it arrived is taken for told: rather none than two.
        """
        if self.edits:
            self.notices.show(subject, message, self.way(), self.clock, once=True)
        elif self.notices.posted(f"{subject}/{stage}") is None:
            self.notices.show(f"{subject}/{stage}", message, self.way(), self.clock, once=True)

    def told(self, subject: str) -> bool:
        subjects = [subject] if self.edits else [f"{subject}/{stage}" for stage in _STAGES]
        return any(self.notices.posted(each) is not None for each in subjects)
