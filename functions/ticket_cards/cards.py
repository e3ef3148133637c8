"""One change of a ticket brought to every channel that follows it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from kaizen.events.ticket import TicketChanged
from kaizen.policy import Policy
from kaizen.slack.blocks import Message
from kaizen.slack.notices import Posted
from kaizen.subscriptions.expression import Subject
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Issue
from ticket_cards import lines, wording
from ticket_cards.attended import Acknowledged, Attended, Snoozed
from ticket_cards.news import News, news
from ticket_cards.pace import Outcome, Show, Shown, shown

PLAIN = "webhook:"  # before the name of posts that the policy sends to an Incoming Webhook


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a ticket's cards: the channels where they stand, and since when their buttons are good.

    `told` is the reminder that was told last, empty for none; `renewed_at` is None where no card stands.
    """

    channels: frozenset[str] = frozenset()
    told: str = ""
    renewed_at: datetime | None = None


class State(Protocol):
    """Who is on which ticket, and where its cards stand."""

    def attended(self, issue_id: int, now: datetime) -> Attended: ...

    def acknowledge(self, issue_id: int, by: Acknowledged, since: datetime | None) -> bool: ...

    def take_over(self, issue_id: int, by: Acknowledged, before: Acknowledged) -> bool: ...

    def give_back(self, issue_id: int, before: Acknowledged) -> bool: ...

    def snooze(self, issue_id: int, snooze: Snoozed) -> None: ...

    def record(self, issue_id: int) -> Record: ...

    def records(self) -> Mapping[int, Record]: ...

    def follow(self, issue_id: int, channels: Iterable[str], now: datetime) -> None: ...

    def told(self, issue_id: int, reminder: str, now: datetime) -> None: ...

    def renewed(self, issue_id: int, now: datetime) -> None: ...


class Board(Protocol):
    """Where cards stand. `show` posts or edits the message of a subject; `fresh` makes it anew under the claim."""

    def posted(self, subject: str) -> Posted | None: ...

    def show(
        self,
        channel: str,
        subject: str,
        message: Message,
        thread: str = "",
        cause: str = "",
        fresh: Callable[[], Message] | None = None,
    ) -> Posted: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, or the policy's posts of a name. `wanted`: a new card may begin there; `speaks`: its thread may."""

    name: str
    wanted: bool
    speaks: bool = True

    @property
    def plain(self) -> bool:
        return self.name.startswith(PLAIN)


@dataclass(frozen=True, slots=True)
class Cards:
    """`issue` reads one, `subscriptions` all of them, `clock` gives aware UTC, `secret` is what signs buttons.

    `wait` sleeps so many seconds; False where there is no time for that.
    """

    issue: Callable[[int], Issue | None]
    subscriptions: Callable[[], Iterable[Subscription]]
    state: State
    board: Board
    policy: Policy
    secret: Callable[[], str]
    clock: Callable[[], datetime]
    wait: Callable[[float], bool]

    def changed(self, event: TicketChanged) -> Outcome:
        """Raises CardsFailedError once every channel has been tried."""
        issue = self.issue(event.issue_id)
        return self.tell(news(event, issue)) if issue is not None else Outcome()

    def attended(self, issue: Issue) -> Attended:
        return self.state.attended(issue.ticket.id, self.clock()).holding(issue.ticket, self.policy)

    def tell(self, news: News) -> Outcome:
        """Raises CardsFailedError once every channel has been tried."""
        issue_id, record, attended = news.ticket.id, self.state.record(news.ticket.id), self.attended(news.issue)
        shows: dict[str, Show] = {
            place.name: partial(self._plain if place.plain else self._card, news, attended, place)
            for place in self._places(news, record)
        }
        outcome, standing = shown(shows, self.wait)
        new = {place for place in standing if not place.startswith(PLAIN)} - record.channels
        if new:
            self.state.follow(issue_id, new, self.clock())
        return outcome

    def _places(self, news: News, record: Record) -> Iterator[Place]:
        """Two subscriptions of a channel make one card. Where none is left, the card goes on, and no word more."""
        ticket = news.ticket
        subject = Subject.of(ticket.labels, ticket.component, ticket.severity, ticket.repository, news.kind)
        wanted: dict[str, bool] = {}
        for each in self.subscriptions():
            in_time = not news.once or news.since is None or each.created_at <= news.since
            wanted[each.channel] = wanted.get(each.channel, False) or (in_time and each.matches(subject))
        yield from (Place(channel, wanted[channel]) for channel in wanted)
        yield from (Place(channel, wanted=False, speaks=False) for channel in sorted(record.channels - wanted.keys()))
        for posts in self.policy.cards:
            yield Place(f"{PLAIN}{posts.name}", posts.tickets.matches(subject))

    def _card(self, news: News, attended: Attended, place: Place) -> Shown:
        """A card that is edited in place, with its changes in the thread."""
        name = f"{place.name}/{news.ticket.id}"
        known = self.board.posted(name)
        if (known is None and not news.begins(place.wanted)) or (news.once and self._told(name, news)):
            return "nothing"
        secret = self.secret()

        def card(issue: Issue, attended: Attended) -> Message:
            return wording.card(issue, self.policy, attended, self.clock(), secret, place.name)

        def fresh() -> Message:
            issue = self.issue(news.ticket.id) or news.issue
            return card(issue, self.attended(issue))

        posted = self.board.show(place.name, name, card(news.issue, attended), cause=news.change, fresh=fresh)
        if news.line is not None and place.speaks and self._tells(name, news, posted):
            self.board.show(place.name, f"{name}/{news.change}", news.line, thread=posted.stamp)
        return "updated" if known else "posted"

    def _plain(self, news: News, attended: Attended, place: Place) -> Shown:
        """Posts that nobody can edit: the ticket once, and each change of it once."""
        name = f"{place.name}/{news.ticket.id}"
        posted = known = self.board.posted(name)
        if posted is None:
            if not news.begins(place.wanted):
                return "nothing"
            message = wording.plain_card(news.issue, self.policy, attended, self.clock())
            posted = self.board.show(place.name, name, message, cause=news.change)
        tells = news.line is not None and self._tells(name, news, posted)
        if tells and news.line is not None:
            self.board.show(place.name, f"{name}/{news.change}", lines.alone(news.line, news.ticket))
        return "posted" if tells or known is None else "nothing"

    def _tells(self, name: str, news: News, posted: Posted) -> bool:
        """Whether the line is still to be told: what a card was posted for stands in it, however often it is tried."""
        if not news.once and (posted.cause == news.change or (news.since is not None and posted.at >= news.since)):
            return False
        return not self._told(name, news)

    def _told(self, name: str, news: News) -> bool:
        return self.board.posted(f"{name}/{news.change}") is not None
