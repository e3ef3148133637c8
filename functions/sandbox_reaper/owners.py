"""Who stands behind a sandbox: an annotation, a label, its team, else the fallback channel. Pure."""

import re
from collections.abc import Mapping

from sandbox_reaper.backend import Sandbox
from sandbox_reaper.protection import OWNER
from sandbox_reaper.state import Owner

_SLACK = re.compile(r"[UWCG][A-Z0-9]{6,20}")  # persons, channels, private channels of old
# A git or pull-request tool may write the last two labels.
_CHAIN = (OWNER, "owner", "kaizen.dev/team", "team")


def owner_of(sandbox: Sandbox, names: Mapping[str, str], fallback: str) -> Owner:
    """`names` says which Slack id stands behind a name that is none itself. A name that leads nowhere is shown."""
    unread: Owner | None = None
    for place, given in (("annotation", sandbox.annotations), ("label", sandbox.labels)):
        for key in _CHAIN:
            value = given.get(key, "").strip()
            target = value if _SLACK.fullmatch(value) else names.get(value, "")
            if target:
                return Owner(target, value, f"{place} {key}")
            if value and unread is None:
                unread = Owner(fallback, value, f"{place} {key}", known=False)
    return unread or Owner(fallback, "", "nobody is named", known=False)


def instead(owner: Owner, fallback: str) -> Owner:
    """Who hears of it where Slack takes no message for its owner: as if nobody was named, but the name is shown."""
    return Owner(fallback, owner.name, owner.found, known=False)


def may(owner: Owner, user: str, channel: str) -> bool:
    """Whether a press comes from an owner: the person, or anybody in the channel that is told."""
    return user == owner.target if owner.person else bool(channel) and channel == owner.target
