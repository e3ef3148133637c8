"""One change of a ticket, or one press of a button, brought to every channel that follows the ticket."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, Protocol

from kaizen.events.slack import SlackInteraction
from kaizen.events.ticket import TicketChanged
from kaizen.policy import Policy
from kaizen.slack.blocks import Message
from kaizen.slack.buttons import Refused, verified
from kaizen.slack.errors import RefusedError
from kaizen.subscriptions.expression import Subject
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Ticket
from ticket_cards import wording
from ticket_cards.reminders import reminders
from ticket_cards.wording import Acknowledged, Attended, Snoozed

SNOOZE = timedelta(hours=24)
PLAIN = "webhook:"  # before the name of posts that the policy sends to an Incoming Webhook
Shown = Literal["posted", "updated", "nothing"]


class CardsFailedError(Exception):
    """Some channels do not show the change yet; the others do. The queue tries again."""


class State(Protocol):
    """Who is on which ticket."""

    def attended(self, issue_id: int, now: datetime) -> Attended: ...

    def acknowledge(self, issue_id: int, by: Acknowledged) -> bool: ...

    def snooze(self, issue_id: int, snooze: Snoozed) -> None: ...


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

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.posted + other.posted, self.updated + other.updated, self.refused + other.refused)


@dataclass(frozen=True, slots=True)
class News:
    """What has happened to a ticket: `line` says it, None where the card says it well enough; `change` names it.

    `once`: where it has been told, the card stays as it is, too.
    """

    ticket: Ticket
    kind: str
    line: Message | None
    change: str
    once: bool = False

    def begins(self, wanted: bool) -> bool:
        """Whether it is told of where nothing of the ticket stands yet. What is over, and has only been compared or
        edited, is no news.
        """
        return wanted and not (self.kind == "changed" and self.ticket.state != "open")


@dataclass(frozen=True, slots=True)
class Cards:
    """`ticket` reads one, `subscriptions` all of them, `clock` gives aware UTC, `secret` is what signs buttons."""

    ticket: Callable[[int], Ticket | None]
    subscriptions: Callable[[], Iterable[Subscription]]
    state: State
    board: Board
    policy: Policy
    secret: Callable[[], str]
    clock: Callable[[], datetime]

    def changed(self, event: TicketChanged) -> Outcome:
        """Raises CardsFailedError once every channel has been tried."""
        ticket = self.ticket(event.issue_id)
        if ticket is None:
            return Outcome()
        line = wording.change(event, ticket)
        return self._everywhere(News(ticket, event.kind, line, f"{event.kind}/{event.delivery_id}"))

    def pressed(self, event: SlackInteraction) -> str:
        """A button of a card: `done`, `repeated`, or why it is refused. Raises as `changed` does."""
        if event.action_id == f"{wording.FEATURE}.open":
            return "opened"  # a link: Slack tells of it all the same
        now = self.clock()
        button = verified(event.value, event.action_id, self.secret(), now)
        if isinstance(button, Refused):
            return button.reason
        if button.bound.get("channel") != event.channel_id:
            return "another channel"
        ticket = self.ticket(int(button.subject))
        if ticket is None or ticket.state != "open":
            return "over"
        press = self._snooze if button.verb == "snooze" else self._acknowledge
        return press(ticket, event, now)

    def _acknowledge(self, ticket: Ticket, event: SlackInteraction, now: datetime) -> str:
        first = self.state.acknowledge(ticket.id, Acknowledged(event.user_id, now))
        standing = self.state.attended(ticket.id, now).on_it
        assert standing is not None
        self._everywhere(News(ticket, "changed", wording.on_it(standing), f"acknowledged/{standing.by}"))
        return "done" if first else "repeated"

    def _snooze(self, ticket: Ticket, event: SlackInteraction, now: datetime) -> str:
        """Until a day after the press, also when its event comes again or late."""
        pressed_at = event.received_at.replace(microsecond=0)
        before = self.state.attended(ticket.id, now).snoozed
        if before is None or before.until < pressed_at + SNOOZE:
            before = Snoozed(event.user_id, pressed_at + SNOOZE)
            self.state.snooze(ticket.id, before)
        line = wording.snoozed(before)
        self._everywhere(News(ticket, "changed", line, f"snoozed/{before.by}/{int(before.until.timestamp())}"))
        return "done"

    def remind(self, tickets: Iterable[Ticket]) -> Outcome:
        """Tell of tickets whose SLA is about to end, or has. Raises CardsFailedError once all have been tried."""
        now, total, faults = self.clock(), Outcome(), []
        for due in reminders(tickets, self.policy, now):
            if self.state.attended(due.ticket.id, now).snoozed is not None:
                continue
            kind = "breached" if due.stage == "breached" else "changed"
            try:
                total += self._everywhere(News(due.ticket, kind, wording.reminder(due), due.id, once=True))
            except CardsFailedError as error:
                faults.append(error)
        if faults:
            raise CardsFailedError("; ".join(str(each) for each in faults)) from ExceptionGroup("reminders", faults)
        return total

    def _everywhere(self, news: News) -> Outcome:
        ticket = news.ticket
        subject = Subject.of(ticket.labels, ticket.component, ticket.severity, ticket.repository, news.kind)
        attended = self.state.attended(ticket.id, self.clock())
        places: dict[str, Callable[[], Shown]] = {
            channel: partial(self._card, news, attended, channel, wanted)
            for channel, wanted in _by_channel(self.subscriptions(), subject).items()
        }
        places |= {
            f"{PLAIN}{each.name}": partial(
                self._plain, news, attended, f"{PLAIN}{each.name}", each.tickets.matches(subject)
            )
            for each in self.policy.cards
        }
        shown: Counter[Shown] = Counter()
        refused, faults = [], []
        for place, show in places.items():
            try:
                shown[show()] += 1
            except RefusedError as error:
                refused.append(f"{place}: {error}")
            except Exception as error:  # noqa: BLE001 - raised below, once every channel has been tried
                error.add_note(place)
                faults.append(error)
        if faults:
            raise CardsFailedError("; ".join(str(each) for each in faults)) from ExceptionGroup("cards", faults)
        return Outcome(shown["posted"], shown["updated"], tuple(refused))

    def _card(self, news: News, attended: Attended, channel: str, wanted: bool) -> Shown:
        """A card that is edited in place, with its changes in the thread."""
        ticket, name = news.ticket, f"{channel}/{news.ticket.id}"
        known = self.board.posted(name) is not None
        if (not known and not news.begins(wanted)) or (news.once and self._told(name, news)):
            return "nothing"
        message = wording.card(ticket, self.policy, attended, self.clock(), self.secret(), channel)
        stamp = self.board.show(channel, name, message)
        if news.line is not None and (known or news.once):
            self.board.show(channel, f"{name}/{news.change}", news.line, thread=stamp)
        return "updated" if known else "posted"

    def _plain(self, news: News, attended: Attended, place: str, wanted: bool) -> Shown:
        """Posts that nobody can edit: the ticket once, and each change of it once."""
        ticket, name = news.ticket, f"{place}/{news.ticket.id}"
        known = self.board.posted(name) is not None
        if not known and not news.begins(wanted):
            return "nothing"
        if not known:
            self.board.show(place, name, wording.plain_card(ticket, self.policy, attended, self.clock()))
        told = news.line is not None and (known or news.once) and not self._told(name, news)
        if told and news.line is not None:
            self.board.show(place, f"{name}/{news.change}", wording.alone(news.line, ticket))
        return "posted" if told or not known else "nothing"

    def _told(self, name: str, news: News) -> bool:
        return self.board.posted(f"{name}/{news.change}") is not None


def _by_channel(subscriptions: Iterable[Subscription], subject: Subject) -> dict[str, bool]:
    """Each channel with a subscription, and whether one of them wants the ticket: two that do make one card."""
    wanted: dict[str, bool] = {}
    for each in subscriptions:
        wanted[each.channel] = wanted.get(each.channel, False) or each.matches(subject)
    return wanted
