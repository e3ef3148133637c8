"""What a press of a card's button does, and what the person hears where it does nothing."""

from dataclasses import dataclass
from datetime import timedelta

from kaizen.events.slack import SlackInteraction
from kaizen.slack.blocks import Message
from kaizen.slack.buttons import Button, Refused, verified
from kaizen.tickets import Issue
from kaizen.times import parse_instant
from ticket_cards import lines
from ticket_cards.attended import Acknowledged, Snoozed, reopened_at
from ticket_cards.cards import Cards
from ticket_cards.news import News
from ticket_cards.pace import Shown, shown
from ticket_cards.wording import FEATURE

SNOOZE = timedelta(hours=24)
_OLD = "the card was too old, and has new buttons now; press again"
_ELSEWHERE = "these buttons work in the channel where the card was posted"


@dataclass(frozen=True, slots=True)
class Presses:
    cards: Cards

    def pressed(self, event: SlackInteraction) -> str:
        """`done`, `repeated`, or why it is refused. Raises CardsFailedError once every channel has been tried.

        Who pressed a genuine button hears in its thread why nothing happened; a forged one is not answered.
        """
        if event.action_id == f"{FEATURE}.open":
            return "opened"  # a link: Slack tells of it all the same
        found = verified(event.value, event.action_id, self.cards.secret(), self.cards.clock())
        button = found.button if isinstance(found, Refused) else found
        if button is None:
            assert isinstance(found, Refused)
            return found.reason
        issue = self.cards.issue(int(button.subject))
        if button.bound.get("channel") != event.channel_id:
            return self._nothing(event, button, "another channel", _ELSEWHERE)
        if issue is None or not issue.is_ticket or issue.ticket.state != "open":
            return self._nothing(event, button, "over", "this is no open ticket any more", issue)
        if isinstance(found, Refused):
            return self._nothing(event, button, found.reason, _OLD, issue)
        match button.verb:
            case "snooze":
                return self._snooze(issue, event)
            case "take_over":
                return self._take_over(issue, event, button)
            case "give_back":
                return self._give_back(issue, event, button)
        return self._acknowledge(issue, event, button)

    def _acknowledge(self, issue: Issue, event: SlackInteraction, button: Button) -> str:
        by = Acknowledged(event.user_id, self.cards.clock())
        first = self.cards.state.acknowledge(issue.ticket.id, by, reopened_at(issue.ticket))
        standing = self.cards.attended(issue).on_it
        if standing is None:
            return "over"  # opened again within this second
        change = f"acknowledged/{standing.by}/{int(standing.at.timestamp())}"
        self.cards.tell(News(issue, "pressed", lines.on_it(standing), change))
        if first or standing.by == event.user_id:
            return "done" if first else "repeated"
        return self._nothing(event, button, "repeated", f"<@{standing.by}> is on it already")

    def _take_over(self, issue: Issue, event: SlackInteraction, button: Button) -> str:
        """From the person whom the card named when it was pressed: of two who take it over, one does."""
        before, by = _held(button), Acknowledged(event.user_id, self.cards.clock())
        if before.by == event.user_id:
            return self._nothing(event, button, "repeated", "you are on it already", issue)
        first = self.cards.state.take_over(issue.ticket.id, by, before)
        standing = self.cards.attended(issue).on_it
        if standing is None or standing.by != event.user_id:
            return self._nothing(event, button, "over", _moved_on(standing), issue)
        change = f"taken_over/{standing.by}/{int(standing.at.timestamp())}"
        self.cards.tell(News(issue, "pressed", lines.taken_over(standing, before), change))
        return "done" if first else "repeated"

    def _give_back(self, issue: Issue, event: SlackInteraction, button: Button) -> str:
        before = _held(button)
        if before.by != event.user_id:
            why = f"<@{before.by}> is on it, and can give it back; you can take it over"
            return self._nothing(event, button, "somebody else", why, issue)
        first = self.cards.state.give_back(issue.ticket.id, before)
        standing = self.cards.attended(issue).on_it
        if standing is not None:
            return self._nothing(event, button, "over", _moved_on(standing), issue)
        # Told again with an event that comes again: the first one may have failed before its line stood.
        change = f"given_back/{before.by}/{int(before.at.timestamp())}"
        self.cards.tell(News(issue, "pressed", lines.given_back(before), change))
        return "done" if first else "repeated"

    def _snooze(self, issue: Issue, event: SlackInteraction) -> str:
        """Until a day after the press, also when its event comes again or late."""
        until = event.received_at.replace(microsecond=0) + SNOOZE
        before = self.cards.attended(issue).snoozed
        if before is None or before.until < until:
            before = Snoozed(event.user_id, until, issue.ticket.severity)
            self.cards.state.snooze(issue.ticket.id, before)
        line = lines.snoozed(before)
        self.cards.tell(News(issue, "pressed", line, f"snoozed/{before.by}/{int(before.until.timestamp())}"))
        return "done"

    def _nothing(
        self, event: SlackInteraction, button: Button, reason: str, why: str, issue: Issue | None = None
    ) -> str:
        """The card is shown anew where it may be out of date; then the person is answered, once for each press."""
        if issue is not None:
            self.cards.tell(News(issue, "renewed", None, "renewed"))
        thread = event.thread_ts or event.message_ts
        if thread:
            name = f"{event.channel_id}/{button.subject}/refused/{event.user_id}/{event.action_ts or reason}"
            line = lines.refused(event.user_id, why)
            shown({event.channel_id: lambda: self._answered(event.channel_id, name, line, thread)}, self.cards.wait)
        return reason

    def _answered(self, channel: str, name: str, line: Message, thread: str) -> Shown:
        self.cards.board.show(channel, name, line, thread=thread)
        return "posted"


def _held(button: Button) -> Acknowledged:
    """Who was on it when the button was made."""
    return Acknowledged(button.bound["by"], parse_instant(button.bound["at"]))


def _moved_on(standing: Acknowledged | None) -> str:
    return "nobody is on it any more" if standing is None else f"<@{standing.by}> is on it by now"
