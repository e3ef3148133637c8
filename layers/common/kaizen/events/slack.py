"""What people do in Slack, as events on the bus: typed, versioned, slim."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self

from kaizen.events.github import MalformedEventError
from kaizen.times import format_instant, parse_instant

SOURCE = "kaizen.slack"
VERSION = 1
_REQUIRED = ("feature", "action_id", "user_id")


@dataclass(frozen=True, slots=True)
class SlackInteraction:
    """A press of one of our buttons, or a choice in one of our menus. `feature` is the action id up to its dot.

    `message_ts` and `channel_id` name the message, `thread_ts` its thread; empty where there is none. `trigger_id` is
    different for each press: by it, a consumer tells a repeated event from a repeated press.
    """

    DETAIL_TYPE = "slack.interaction"

    received_at: datetime
    feature: str
    action_id: str
    user_id: str
    value: str = ""
    user_name: str = ""
    team_id: str = ""
    channel_id: str = ""
    message_ts: str = ""
    thread_ts: str = ""
    action_ts: str = ""
    trigger_id: str = ""

    def detail(self) -> dict[str, Any]:
        """JSON-ready; the instant as ISO text, the version beside the facts."""
        facts = {each.name: getattr(self, each.name) for each in fields(self)}
        return {"version": VERSION} | facts | {"received_at": format_instant(self.received_at)}

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> Self:
        """Read a detail of this version or a later one: unknown fields are ignored, missing ones have their default.

        Raises MalformedEventError naming the first fault.
        """
        version = detail.get("version")
        if type(version) is not int or version < 1:
            raise MalformedEventError(f"version {version!r} is none")
        try:
            received_at = parse_instant(detail["received_at"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise MalformedEventError(f"received_at: {type(error).__name__}") from error
        texts: dict[str, str] = {}
        for name in (each.name for each in fields(cls) if each.name != "received_at"):
            if name not in detail and name not in _REQUIRED:
                continue
            if not isinstance(detail.get(name), str) or (name in _REQUIRED and not detail[name]):
                raise MalformedEventError(f"{name}: no text")
            texts[name] = detail[name]
        return cls(received_at=received_at, **texts)
