"""What is kept of a sandbox between runs: one row for each uid, changed by one conditional write at a time. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal[
    "ACTIVE", "IDLE", "NOTICE_CLAIMED", "NOTIFIED", "STOP_CLAIMED", "STOPPED", "RESUMED", "SNOOZED", "EXEMPT",
    "UNREAPABLE",
]  # fmt: skip
BEFORE_STOP: tuple[State, ...] = (
    "ACTIVE", "IDLE", "NOTICE_CLAIMED", "NOTIFIED", "SNOOZED", "EXEMPT", "UNREAPABLE",
)  # fmt: skip
Outcome = Literal[
    "", "notified", "kept", "in_use", "withdrawn", "stopped", "stuck", "refused", "resuming", "resumed",
    "resumed_partly", "resume_stuck", "restarted", "gone",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owner:
    """Who hears of a sandbox: a person's or a channel's Slack id, where in the chain it was found, and its name.

    `known` is False where nobody is named: then the fallback channel hears of it, and the grace is longer.
    """

    target: str
    name: str
    found: str
    known: bool = True

    @property
    def person(self) -> bool:
        return self.target[:1] in ("U", "W")

    def same(self, other: "Owner") -> bool:
        """Whether the same ones hear of it, with the same grace; where the name was found does not matter."""
        return (self.target, self.known) == (other.target, other.known)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Slack's word that the notice stands there."""

    channel: str
    stamp: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody pressed, or that a sandbox is `busy` until then, by its own word.

    `since` is that of the notice: it names one idle time of one sandbox.
    """

    id: str
    uid: str
    kind: Literal["keep", "stop", "resume", "busy"]
    since: str
    by: str
    at: datetime
    hours: int = 0
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """`since` is when the idle time began, `notice` names its message; `first_reading` began them.

    `untold` is the owner's Slack id where Slack took no message for it: the fallback channel is told instead.
    `config`, `rollout` and `pods` are what held when the notice went out. `frozen` is since when nothing is known.
    `outcome` is what the notice should say, `shown` what it is known to say. `issued` is when its buttons
    were signed. `attempts` counts the runs that were at one stop. `counted` is until when its savings are counted.
    `loses` names the volumes that a stop empties.
    `owed` is the id of a stop that something else undid in part: the rest is still to be given back.
    """

    uid: str
    name: str
    state: State = "ACTIVE"
    version: int = 0
    since: datetime | None = None
    first_reading: datetime | None = None
    frozen: datetime | None = None
    claimed: datetime | None = None
    owner: Owner | None = None
    untold: str = ""
    channel: str = ""
    receipt: Receipt | None = None
    stop_after: datetime | None = None
    config: str = ""
    rollout: str = ""
    pods: str = ""
    until: datetime | None = None
    by: str = ""
    asked: bool = False
    handled: str = ""
    stop_id: str = ""
    attempts: int = 0
    stopped_at: datetime | None = None
    resumed_at: datetime | None = None
    counted: datetime | None = None
    cores: float = 0.0
    memory: int = 0
    flaps: int = 0
    owed: str = ""
    notice: str = ""
    outcome: Outcome = ""
    shown: Outcome = ""
    ended: datetime | None = None
    issued: datetime | None = None
    why: str = ""
    reason: str = ""
    evidence: tuple[str, ...] = ()
    loses: str = ""
