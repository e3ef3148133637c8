"""What each command does."""

from collections.abc import Callable, Sequence
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
from kaizen.subscriptions.expression import Expression, ExpressionError, before_digest, parse, terms
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


def unknown_names(expression: Expression, policy: Policy) -> list[str]:
    """Conditions that no ticket meets, as far as the policy tells: mostly slips of the pen."""
    known = {
        "severity": {each.lower() for each in policy.severity_names},
        "component": {each.lower() for each in policy.component_names},
    }
    found = [each for each in terms(expression) if each.field in known and each.value not in known[each.field]]
    names = [f"no {each.field} {each.value}; there are {', '.join(sorted(known[each.field]))}" for each in found]
    repositories = [each for each in terms(expression) if each.field == "repo" and not set(each.value) & set("/*?[")]
    return names + [f"no repository {each.value}: write owner/name, or {each.value}/*" for each in repositories]


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
                others = len(self.subscriptions.of(command.channel)) if found else 0
                return wording.unsubscribed(command.rest or "(none)", found, command.user, others), found
            case "list":
                return wording.listed(self.subscriptions.of(command.channel), self._digests(command.channel)), True
            case "summary":
                return self._summaries(command, now)[0], True
            case "ticket":
                return self._ticket(command.rest, now)
            case _:
                return wording.help_text(command.given), command.given.lower() in ("", "help")

    def answers(self, command: Command, now: datetime) -> tuple[Sequence[Answer], bool]:
        """All of it, where an answer may take several messages."""
        if command.verb == "summary":
            return self._summaries(command, now), True
        one, done = self.answer(command, now)
        return (one,), done

    def _subscribe(self, command: Command, now: datetime) -> tuple[Answer, bool]:
        if not command.rest:
            return wording.nothing_given(), False
        try:
            text, end = before_digest(command.rest)
            parse(text)
            daily = None if end is None else daily_digest(command.rest[end:], end)
        except ExpressionError as error:
            return wording.mistake(command.rest, error), False
        made = Subscription(command.channel, text.strip(), command.user, now, daily)
        before = {each.id: each for each in self.subscriptions.of(command.channel)}
        known = before.get(made.id)
        if known is None and len(before) >= MOST:
            return wording.full(MOST), False
        self.subscriptions.add(made)
        return wording.subscribed(made, known, unknown_names(made.expression, self.policy())), True

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

    def _summaries(self, command: Command, now: datetime) -> list[Answer]:
        everything = Route("summary", command.channel, None, "UTC", 0, (), (), (), True)
        shown = board(self.tickets(), self.windows(), self.policy(), everything, now, self.canaries(now))
        return [wording.summary(each) for each in render(shown)]
