"""What people do in Slack, as events on the bus: typed, versioned, slim."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.detail import Detail

SOURCE = "kaizen.slack"


@dataclass(frozen=True, slots=True)
class SlackInteraction(Detail):
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
