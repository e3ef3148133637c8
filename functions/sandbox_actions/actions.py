"""One press of a button of a sandbox's message: who may press it, and what it asks for. Pure but for its ports."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kaizen.events.slack import SlackInteraction
from kaizen.slack.blocks import Message
from kaizen.slack.buttons import Button, Refused, verified
from sandbox_actions.wording import not_yours, over, why

FEATURE = "sandboxes"
_KEEP = {"keep_4h": 4, "keep_24h": 24}  # hours


@dataclass(frozen=True, slots=True)
class Standing:
    """What the reaper knows of a sandbox: its notice, and why it was told of. `since` names the notice."""

    name: str
    state: str
    since: str
    idle_since: str
    reason: str
    owner: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What the reaper reads. `id` is different for each press, and later ones are greater."""

    id: str
    uid: str
    kind: str
    since: str
    by: str
    at: datetime
    hours: int = 0


class Store(Protocol):
    def standing(self, uid: str) -> Standing | None: ...
    def ask(self, request: Request) -> bool:
        """Whether it is new: a repeated event is not."""
        ...


@dataclass(frozen=True, slots=True)
class Actions:
    """`wake` lets the reaper look at one sandbox at once; `tell` answers in the thread of a message."""

    store: Store
    wake: Callable[[str], object]
    tell: Callable[[str, Message, str, str], object]
    secret: Callable[[], str]
    clock: Callable[[], datetime]

    def pressed(self, event: SlackInteraction) -> str:
        """`done`, or why it is not followed. Raises what the ports raise: the queue tries again."""
        button = verified(event.value, event.action_id, self.secret(), self.clock())
        if isinstance(button, Refused):
            return button.reason
        if button.bound.get("channel") != event.channel_id:
            return "not an owner"  # a copy of the message, elsewhere
        if not _owns(button, event):
            self._refused(button, event, not_yours(event.user_id, button.bound.get("owner", "")))
            return "not an owner"
        standing = self.store.standing(button.subject)
        since = button.bound.get("since", "")
        if standing is None or standing.since != since:
            self._refused(button, event, over(event.user_id))
            return "over"  # the message is of an earlier idle time
        if button.verb == "why":
            thread = event.thread_ts or event.message_ts
            self.tell(f"why/{button.subject}/{since}", why(standing), event.channel_id, thread)
            return "done"
        if button.verb in _KEEP:
            return self._asked(button, event, "keep", _KEEP[button.verb])
        if button.verb in ("stop", "resume"):
            return self._asked(button, event, button.verb, 0)
        return "no such button"

    def _refused(self, button: Button, event: SlackInteraction, answer: Message) -> None:
        """Whoever pressed would else believe that it counted. Once for each person and button."""
        subject = f"refused/{button.subject}/{button.bound.get('since', '')}/{button.verb}/{event.user_id}"
        self.tell(subject, answer, event.channel_id, event.thread_ts or event.message_ts)

    def _asked(self, button: Button, event: SlackInteraction, kind: str, hours: int) -> str:
        """Put down first, then the reaper is woken: a repeated event wakes it again, which does no harm."""
        press = event.trigger_id or event.action_ts
        made = f"{event.received_at:%Y%m%dT%H%M%SZ}#{press}"
        since = button.bound["since"]
        request = Request(made, button.subject, kind, since, event.user_id, event.received_at, hours)
        new = self.store.ask(request)
        self.wake(button.subject)
        return "done" if new else "repeated"


def _owns(button: Button, event: SlackInteraction) -> bool:
    """The person who was told, or anybody in the channel that was."""
    owner = button.bound.get("owner", "")
    if not owner:
        return False
    return event.user_id == owner if owner[0] in "UW" else event.channel_id == owner
