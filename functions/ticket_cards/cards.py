"""One change of a ticket, or one press of a button, brought to every channel that follows the ticket."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kaizen.events.slack import SlackInteraction
from kaizen.events.ticket import TicketChanged
from kaizen.policy import Policy
from kaizen.slack.blocks import Message
from kaizen.slack.buttons import Button, Refused, verified
from kaizen.slack.errors import RefusedError
from kaizen.subscriptions.expression import Subject
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Ticket
from ticket_cards import wording
from ticket_cards.wording import Acknowledged


class CardsFailedError(Exception):
    """Some channels do not show the change yet; the others do. The queue tries again."""


class State(Protocol):
    """Who is on which ticket."""

    def acknowledged(self, issue_id: int) -> Acknowledged | None: ...

    def acknowledge(self, issue_id: int, by: Acknowledged) -> bool: ...


class Board(Protocol):
    """Where cards stand. `show` posts or edits the message of a subject and gives its timestamp."""

    def posted(self, subject: str) -> str | None: ...

    def show(self, channel: str, subject: str, message: Message, thread: str = "") -> str: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """Channels by what became of them; `refused` are those that Slack does not let us post to."""

    posted: int = 0
    updated: int = 0
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cards:
    """`ticket` reads one, `subscriptions` all of them, `clock` gives aware UTC, `secret` signs buttons."""

    ticket: Callable[[int], Ticket | None]
    subscriptions: Callable[[], Iterable[Subscription]]
    state: State
    board: Board
    policy: Policy
    secret: str
    clock: Callable[[], datetime]

    def changed(self, event: TicketChanged) -> Outcome:
        """Raises CardsFailedError once every channel has been tried."""
        ticket = self.ticket(event.issue_id)
        if ticket is None:
            return Outcome()
        line = wording.change(event, ticket)
        return self._everywhere(ticket, event.kind, line, f"{event.kind}/{event.delivery_id}")

    def pressed(self, event: SlackInteraction) -> str:
        """A button of a card: `done`, `repeated`, or why it is refused. Raises as `changed` does."""
        if event.action_id == f"{wording.FEATURE}.open":
            return "opened"  # a link: Slack tells of it all the same
        now = self.clock()
        button = verified(event.value, event.action_id, self.secret, now)
        if isinstance(button, Refused):
            return button.reason
        if button.bound.get("channel") != event.channel_id:
            return "another channel"
        return self._acknowledge(button, event, now)

    def _acknowledge(self, button: Button, event: SlackInteraction, now: datetime) -> str:
        ticket = self.ticket(int(button.subject))
        if ticket is None or ticket.state != "open":
            return "over"
        first = self.state.acknowledge(ticket.id, Acknowledged(event.user_id, now))
        standing = self.state.acknowledged(ticket.id)
        assert standing is not None
        self._everywhere(ticket, "changed", wording.on_it(standing), f"acknowledged/{standing.by}")
        return "done" if first else "repeated"

    def _everywhere(self, ticket: Ticket, kind: str, line: Message | None, change: str) -> Outcome:
        subject = Subject.of(ticket.labels, ticket.component, ticket.severity, ticket.repository, kind)
        acknowledged = self.state.acknowledged(ticket.id)
        posted = updated = 0
        refused, faults = [], []
        for channel, wanted in _by_channel(self.subscriptions(), subject).items():
            name = f"{channel}/{ticket.id}"
            known = self.board.posted(name)
            if known is None and (not wanted or (kind == "changed" and ticket.state != "open")):
                continue  # what is over, and has only been compared or edited, is no news
            message = wording.card(ticket, self.policy, acknowledged, self.clock(), self.secret, channel)
            try:
                stamp = self.board.show(channel, name, message)
                if known is not None and line is not None:
                    self.board.show(channel, f"{name}/{change}", line, thread=stamp)
            except RefusedError as error:
                refused.append(f"{channel}: {error}")
            except Exception as error:  # noqa: BLE001 - raised below, once every channel has been tried
                error.add_note(channel)
                faults.append(error)
            else:
                posted, updated = posted + (known is None), updated + (known is not None)
        if faults:
            raise CardsFailedError("; ".join(str(each) for each in faults)) from ExceptionGroup("cards", faults)
        return Outcome(posted, updated, tuple(refused))


def _by_channel(subscriptions: Iterable[Subscription], subject: Subject) -> dict[str, bool]:
    """Each channel with a subscription, and whether one of them wants the ticket: two that do make one card."""
    wanted: dict[str, bool] = {}
    for each in subscriptions:
        wanted[each.channel] = wanted.get(each.channel, False) or each.matches(subject)
    return wanted
