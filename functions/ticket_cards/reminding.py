"""What every few minutes brings: reminders of tickets that are due or over, and new buttons for old cards."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from kaizen.slack.buttons import LIFE
from kaizen.tickets import Ticket
from ticket_cards import lines
from ticket_cards.cards import Cards, Record
from ticket_cards.news import News
from ticket_cards.pace import CardsFailedError, Outcome
from ticket_cards.reminders import reminder, reminders

RENEWED_AFTER = LIFE - timedelta(days=2)  # a button's life may have begun a day before its card
_TURN = 300  # seconds: each run begins with another ticket, so that none waits for ever behind one that fails


@dataclass(frozen=True, slots=True)
class Reminding:
    """`in_time`: whether there is time for one ticket more; the next run goes on with what is left."""

    cards: Cards
    in_time: Callable[[], bool]

    def remind(self, tickets: Sequence[Ticket]) -> Outcome:
        """`tickets` are the open ones. Raises CardsFailedError once all have been tried."""
        now = self.cards.clock()
        records = self.cards.state.records()
        total, faults = Outcome(), list[Exception]()
        for work in (*self._due(tickets, records, now), *self._old(tickets, records, now)):
            if not self.in_time():
                break
            try:
                total += work()
            except CardsFailedError as error:
                faults.append(error)
        if faults:
            raise CardsFailedError(faults) from ExceptionGroup("reminders", faults)
        return total

    def _due(
        self, tickets: Sequence[Ticket], records: Mapping[int, Record], now: datetime
    ) -> Iterable[Callable[[], Outcome]]:
        """What was told everywhere costs nothing more."""
        begin = int(now.timestamp()) // _TURN % len(tickets) if tickets else 0
        for due in reminders([*tickets[begin:], *tickets[:begin]], self.cards.policy, now):
            if records.get(due.ticket.id, Record()).told != due.id:
                yield partial(self._remind, due.ticket.id)

    def _remind(self, issue_id: int) -> Outcome:
        """By the ticket as it is now: the list may be minutes old."""
        cards = self.cards
        issue, now = cards.issue(issue_id), cards.clock()
        due = reminder(issue.ticket, cards.policy, now) if issue is not None and issue.is_ticket else None
        if issue is None or due is None or cards.attended(issue).snoozed is not None:
            return Outcome()
        kind = "breached" if due.stage == "breached" else "changed"
        outcome = cards.tell(News(issue, kind, lines.reminder(due), due.id, once=True, since=due.since))
        cards.state.told(issue_id, due.id, now)
        return outcome

    def _old(
        self, tickets: Sequence[Ticket], records: Mapping[int, Record], now: datetime
    ) -> Iterable[Callable[[], Outcome]]:
        for ticket in tickets:
            renewed_at = records.get(ticket.id, Record()).renewed_at
            if renewed_at is not None and now - renewed_at >= RENEWED_AFTER:
                yield partial(self._renew, ticket.id)

    def _renew(self, issue_id: int) -> Outcome:
        issue = self.cards.issue(issue_id)
        if issue is None:
            return Outcome()
        outcome = self.cards.tell(News(issue, "renewed", None, "renewed"))
        self.cards.state.renewed(issue_id, self.cards.clock())
        return outcome
