"""What each command does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kaizen import sla
from kaizen.digest.board import Entry, board
from kaizen.digest.canaries import LateCanary
from kaizen.digest.render import render
from kaizen.mttr_store import Windows
from kaizen.policy import Policy, Route
from kaizen.subscriptions.daily import read as daily_digest
from kaizen.subscriptions.expression import ExpressionError, before_digest, parse
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Ticket
from slack_commands import wording
from slack_commands.request import Command
from slack_commands.wording import Answer

MOST = 100  # subscriptions of a channel


def means(given: str, ticket: Ticket) -> bool:
    """`12`, `#12`, `acme/shop#12`, or the address of the issue, which Slack may put into angle brackets."""
    wanted = given.strip("<>`").partition("|")[0].partition("?")[0].rstrip("/").lower()
    return wanted.removeprefix("#") == str(ticket.number) or wanted in (ticket.name.lower(), ticket.url.lower())


class Subscriptions(Protocol):
    def of(self, channel: str) -> list[Subscription]: ...

    def add(self, subscription: Subscription) -> bool: ...

    def remove(self, channel: str, identity: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """`tickets`, `windows` and `canaries` read the stores, for a summary alone; `policy` is the one in force."""

    subscriptions: Subscriptions
    tickets: Callable[[], list[Ticket]]
    windows: Callable[[], Windows]
    policy: Callable[[], Policy]
    canaries: Callable[[datetime], tuple[LateCanary, ...]]

    def answer(self, command: Command, now: datetime) -> tuple[Answer, bool]:
        """What to say, and whether it was done. Raises what the stores raise."""
        match command.verb:
            case "subscribe":
                return self._subscribe(command, now)
            case "unsubscribe":
                found = self.subscriptions.remove(command.channel, command.rest.strip("`").lower())
                return wording.unsubscribed(command.rest or "(none)", found, command.user), found
            case "list":
                return wording.listed(self.subscriptions.of(command.channel), self._digests(command.channel)), True
            case "summary":
                return self._summary(command, now), True
            case "ticket":
                return self._ticket(command.rest, now)
            case _:
                return wording.help_text(command.given), command.given.lower() in ("", "help")

    def _subscribe(self, command: Command, now: datetime) -> tuple[Answer, bool]:
        if not command.rest:
            return wording.nothing_given(), False
        try:
            text, end = before_digest(command.rest)
            parse(text)
            daily = None if end is None else daily_digest(command.rest[end:], end)
        except ExpressionError as error:
            return wording.mistake(command.rest, error), False
        if len(self.subscriptions.of(command.channel)) >= MOST:
            return wording.full(MOST), False
        made = Subscription(command.channel, text.strip(), command.user, now, daily)
        return wording.subscribed(made, known=not self.subscriptions.add(made)), True

    def _ticket(self, given: str, now: datetime) -> tuple[Answer, bool]:
        """One open ticket, by its number, its name or its address."""
        if not given:
            return wording.which_ticket(), False
        found = [each for each in self.tickets() if means(given, each)]
        if len(found) == 1:
            (ticket,), policy = found, self.policy()
            paused = not policy.pause_labels.isdisjoint(label.lower() for label in ticket.labels)
            return wording.one_ticket(Entry(ticket, sla.status(ticket, policy, now), paused), now), True
        return wording.several_tickets(found) if found else wording.no_ticket(given), False

    def _digests(self, channel: str) -> list[Route]:
        """Those that the policy sends to this channel, and those to a webhook, which does not say where it leads."""
        return [each for each in self.policy().routes if each.channel in (None, channel)]

    def _summary(self, command: Command, now: datetime) -> Answer:
        everything = Route("summary", command.channel, None, "UTC", 0, (), (), (), True)
        shown = board(self.tickets(), self.windows(), self.policy(), everything, now, self.canaries(now))
        return wording.summary(render(shown))
