"""The canary monitor between a table, a clock, Slack and a pager in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from canary_monitor.alarms import Alarm
from canary_monitor.group import Canary, Group, Status
from canary_monitor.monitor import Monitor, Outside, UnreadError
from canary_monitor.presses import Buttons, Press
from canary_monitor.store import Record
from kaizen.events.canary import CanaryAlert
from kaizen.events.github.deployment import GithubDeployment
from kaizen.events.slack import SlackInteraction
from kaizen.metrics.changes import Change
from kaizen.policy.sections.canary import CanaryPolicy
from kaizen.slack.blocks import Message
from local.outside.slack.rules import refusal
from tests import block_kit

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET, CHANNEL = "of the buttons", "C0CANARIES"
KEY = "kaizen/canary/acme/shop/production/1"


@dataclass
class Table:
    """CanaryStore in memory, with the gauges that the changes come to."""

    record: Record | None = None
    gauges: dict[tuple[str, str], float] = field(default_factory=dict)
    durations: list[Change] = field(default_factory=list)
    presses: list[Press] = field(default_factory=list)
    ended: dict[int, datetime] = field(default_factory=dict)

    def load(self, repository_id: int, environment: str, task: str) -> Record | None:
        return self.record

    def find(self, deployment: int, environment: str) -> Record | None:
        return self.record if self.record and self.record.group.canary(deployment) else None

    def alert_ended(self, alert: CanaryAlert) -> bool:
        return alert.began_at is not None and alert.began_at <= self.ended.get(alert.deployment, T0 - timedelta(days=1))

    def end_alert(self, alert: CanaryAlert, now: datetime) -> None:
        assert alert.began_at is not None
        self.ended[alert.deployment] = max(alert.began_at, self.ended.get(alert.deployment, alert.began_at))

    def save(self, record: Record, changes: list[Change], now: datetime, press: Press | None = None) -> Record:
        assert record.version == (self.record.version if self.record else 0)
        for change in changes:
            if change.action == "set":
                self.gauges[change.metric, change.series] = change.amounts[0][1]
            elif change.action == "remove":
                del self.gauges[change.metric, change.series]  # a series that is not there must not be removed
            else:
                self.durations.append(change)
        self.presses += [press] if press else []
        self.record = replace(record, version=record.version + 1)
        return self.record


@dataclass
class World:
    """`now` in minutes after T0. What fails next stands in `broken`."""

    minutes: float = 0
    table: Table = field(default_factory=Table)
    alarms: dict[Alarm, datetime] = field(default_factory=dict)
    pages: list[tuple[str, str]] = field(default_factory=list)
    incidents: list[Mapping[str, Any]] = field(default_factory=list)
    shown: list[tuple[str, Message]] = field(default_factory=list)
    statuses: list[Status] | str = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    policy: CanaryPolicy = field(default_factory=CanaryPolicy)
    pager: bool = True
    threads: list[str] = field(default_factory=list)

    def set(self, alarm: Alarm, at: datetime) -> None:
        self._may_break("alarm")
        self.alarms[alarm] = at

    def unset(self, alarm: Alarm) -> None:
        del self.alarms[alarm]

    def page(self, event: Mapping[str, Any]) -> None:
        self._may_break("pager")
        assert event["routing_key"] == "key"
        self.pages.append((event["event_action"], event["dedup_key"]))
        self.incidents += [event] * (event["event_action"] == "trigger")

    def show(self, subject: str, message: Message, thread: str = "") -> None:
        self._may_break("slack")
        assert refusal({"channel": CHANNEL, "text": message.text, "blocks": list(message.blocks)}) is None
        assert block_kit.faults(message.blocks) == []
        if thread:
            self.threads.append(message.text)
            return
        self.shown.append((subject, message))

    def reread(self, group: Group, canary: Canary) -> list[Status]:
        if isinstance(self.statuses, str):
            raise UnreadError(self.statuses)
        return self.statuses

    @property
    def monitor(self) -> Monitor:
        buttons = Buttons(SECRET, CHANNEL, self.policy.responders)
        outside = Outside(self, self.page if self.pager else None, "key", self.reread, self.show, buttons)
        return Monitor(self.table, outside, self.policy, lambda: at(self.minutes))  # type: ignore[arg-type]

    def tell(self, state: str, minutes: float, deployment: int = 1, **other: Any) -> str:
        self.minutes = max(self.minutes, minutes)
        return self.monitor.take(event(state, minutes, deployment, **other))

    def ring(self, minutes: float) -> None:
        """The alarm fires: its schedule is gone, and the monitor looks again."""
        self.minutes = minutes
        ((alarm, due),) = self.alarms.items()
        assert due <= at(minutes)
        del self.alarms[alarm]
        self.monitor.check(alarm)

    def check(self, minutes: float, deployment: int = 1) -> str:
        """Something wakes the monitor."""
        self.minutes = max(self.minutes, minutes)
        return self.monitor.check(Alarm(7, "production", "deploy", deployment))

    def alert(self, minutes: float, deployment: int = 1, *, firing: bool = True, began: float = 0) -> str:
        """Prometheus says something of a canary, by way of Alertmanager and the door."""
        self.minutes = max(self.minutes, minutes)
        alert = CanaryAlert(at(minutes), "acme/shop", "production", deployment, firing, at(began))
        return self.monitor.alerted(alert)

    def buttons(self) -> dict[str, str]:
        """Action id -> value, of the message as it stands."""
        blocks = [each for each in self.shown[-1][1].blocks if each["type"] == "actions"]
        return {each["action_id"]: each["value"] for block in blocks for each in block["elements"]}

    def press(self, verb: str, minutes: float, value: str = "", **other: Any) -> str:
        """Somebody presses a button of the message as it stands, or one with an older value."""
        self.minutes = max(self.minutes, minutes)
        action = f"canary.{verb}"
        given: dict[str, Any] = {
            "received_at": at(minutes), "feature": "canary", "action_id": action, "user_id": "U0ANA",
            "value": value or self.buttons()[action], "channel_id": CHANNEL, "message_ts": "1.0",
            "trigger_id": f"press-{minutes}",
        }  # fmt: skip
        return self.monitor.pressed(SlackInteraction(**(given | other)))

    def _may_break(self, part: str) -> None:
        if part in self.broken:
            raise ConnectionError(part)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def event(state: str, minutes: float, deployment: int = 1, **other: Any) -> GithubDeployment:
    given: dict[str, Any] = {
        "delivery_id": "d", "hook_id": "h", "received_at": at(minutes), "repository_id": 7, "repository": "acme/shop",
        "action": "created", "state": state, "status_id": 1, "status_at": at(minutes), "deployment_id": deployment,
        "environment": "production", "original_environment": "production", "task": "deploy", "ref": "main",
        "sha": f"{deployment:040x}", "payload": {}, "description": "", "log_url": "", "creator": "ana",
        "production": True, "transient": False, "created_at": at(deployment / 100), "updated_at": at(minutes),
    }  # fmt: skip
    return GithubDeployment(**(given | other))
