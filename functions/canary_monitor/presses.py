"""The buttons of a canary's message, and what a press of one asks for. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from canary_monitor.alarms import Alarm
from canary_monitor.group import Canary, Group, Status, merged, standing
from canary_monitor.plan import Told, due_at
from kaizen.events.slack import SlackInteraction
from kaizen.slack.buttons import Button, Refused, TooLongError, signed, verified
from kaizen.times import format_instant, parse_instant

FEATURE = "canary"
EXTENSION = timedelta(hours=1)
Verb = Literal["extend", "done"]


@dataclass(frozen=True, slots=True)
class Press:
    """`due` is the end of the budget that the person saw; `by` a Slack id; `id` is different for each press."""

    alarm: Alarm
    verb: Verb
    due: datetime
    by: str
    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Buttons:
    """Signs the buttons of one channel's messages, and reads what comes back.

    `responders` are the Slack ids of who may press; empty means everybody who sees the message.
    """

    secret: str
    channel: str
    responders: tuple[str, ...] = ()

    def elements(self, alarm: Alarm, due: datetime, now: datetime, *, extendable: bool = True) -> list[dict[str, Any]]:
        """None for names so long that Slack would not take them back: then there is only the deployment itself."""
        try:
            extend = self._button(alarm, due, now, "extend", "Extend 1 h")  # none is loud: to finish it is better
            return [*[extend] * extendable, self._button(alarm, due, now, "done", "It is done")]
        except TooLongError:
            return []

    def _button(self, alarm: Alarm, due: datetime, now: datetime, verb: Verb, text: str) -> dict[str, Any]:
        bound = {
            "repository": str(alarm.repository_id), "environment": alarm.environment, "task": alarm.task,
            "due": format_instant(due), "channel": self.channel,
        }  # fmt: skip
        button = Button(FEATURE, verb, str(alarm.deployment), now, bound)
        shown = {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": button.action_id}
        return shown | {"value": signed(button, self.secret)}

    def read(self, event: SlackInteraction, now: datetime) -> Press | str:
        """What is asked for, or in a few words why nothing is. Whether the person may is for `lets` to say."""
        button = verified(event.value, event.action_id, self.secret, now)
        if isinstance(button, Refused):
            return button.reason
        bound = button.bound
        if bound["channel"] != event.channel_id:
            return "another channel"
        verb: Verb = "done" if button.verb == "done" else "extend"
        alarm = Alarm(int(bound["repository"]), bound["environment"], bound["task"], int(button.subject))
        # Whole seconds, as the table keeps them, and as an alarm can be set.
        at = event.received_at.replace(microsecond=0)
        return Press(alarm, verb, parse_instant(bound["due"]), event.user_id, at, event.trigger_id or event.action_ts)

    def lets(self, person: str) -> bool:
        return not self.responders or person in self.responders


def pressed(group: Group, canary: Canary, told: Told, press: Press, life: timedelta) -> tuple[Group, Told] | None:
    """The group and what stands beside the canary after it; None where the press comes too late.

    An extension is for the budget that the person saw: of two presses of one button, the second finds another.
    """
    if canary.started_at is None or standing(group, canary, press.at, life).state != "in_flight":
        return None
    if press.verb == "done":
        done = Status(canary.deployment, canary.created_at, "done", press.at)
        return merged(group, done), replace(told, done_by=press.by)
    due = due_at(canary.started_at, told)
    until = min(max(due, press.at) + EXTENSION, canary.started_at + life)
    if due != press.due or until <= due:
        return None
    return group, replace(told, extended_to=until, extended_by=press.by)
