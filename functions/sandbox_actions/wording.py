"""What *Why* answers. Pure."""

from typing import TYPE_CHECKING

from kaizen.slack.blocks import Message, section
from kaizen.slack.escape import date, escape
from kaizen.times import parse_instant

if TYPE_CHECKING:
    from sandbox_actions.actions import Standing


def why(standing: "Standing") -> Message:
    """Each figure beside its limit, since when, how its owner was found, and what is decided now."""
    since = f" since {date(parse_instant(standing.idle_since), 'UTC')}" if standing.idle_since else ""
    lines = [f"*{escape(standing.name)}* was seen idle{since}:"]
    lines += [f"• {escape(each)}" for each in standing.evidence]
    lines += [f"• its owner is named by {escape(standing.owner)}"] if standing.owner else []
    lines.append(f"Now: {escape(standing.state.lower().replace('_', ' '))}, {escape(standing.reason)}.")
    text = "\n".join(lines)
    return Message((section(text),), text)


def not_yours(user: str, owner: str) -> Message:
    """To who pressed a button that is somebody else's."""
    text = f"<@{escape(user)}>, that press does not count: only <@{escape(owner)}>, who was told, may answer here."
    return Message((section(text),), text)


def over(user: str) -> Message:
    """To who pressed a button of a message that is not the newest of its sandbox."""
    text = f"<@{escape(user)}>, that press does not count any more: this message is of an earlier time."
    return Message((section(text),), text)
