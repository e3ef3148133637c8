"""One-shot schedules that wake the monitor when a budget ends: the path to a page that needs no scraper."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_scheduler.type_defs import TargetTypeDef

DETAIL_TYPE = "canary.check"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Whose budget it is; what the message in the queue says when the time has come."""

    repository_id: int
    environment: str
    task: str
    deployment: int

    @property
    def name(self) -> str:
        """The same in every attempt, so that no canary has two; one deployment may go to several environments."""
        return f"canary-{self.repository_id}-{self.deployment}-{crc32(self.environment.encode()):08x}"

    def body(self) -> str:
        detail = {
            "repository_id": self.repository_id, "environment": self.environment, "task": self.task,
            "deployment": self.deployment,
        }  # fmt: skip
        return json.dumps({"detail-type": DETAIL_TYPE, "detail": detail}, separators=(",", ":"))


class Alarms:
    """ARNs say where an alarm goes (`queue`), as whom (`role`), and where it goes if it cannot (`dead_letters`)."""

    def __init__(
        self, client: "EventBridgeSchedulerClient", group: str, queue: str, role: str, dead_letters: str
    ) -> None:
        self._client = client
        self._group = group
        self._queue = queue
        self._role = role
        self._dead_letters = dead_letters

    def set(self, alarm: Alarm, at: datetime) -> None:
        """Wake the monitor at that instant, which EventBridge keeps to the minute. Raises ClientError."""
        target: TargetTypeDef = {
            "Arn": self._queue,
            "RoleArn": self._role,
            "Input": alarm.body(),
            "DeadLetterConfig": {"Arn": self._dead_letters},
            "RetryPolicy": {"MaximumRetryAttempts": 60, "MaximumEventAgeInSeconds": 3600},
        }
        expression = f"at({at:%Y-%m-%dT%H:%M:%S})"
        try:
            self._client.create_schedule(
                Name=alarm.name,
                GroupName=self._group,
                ScheduleExpression=expression,
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target=target,
            )
        except self._client.exceptions.ConflictException:
            self._client.update_schedule(
                Name=alarm.name,
                GroupName=self._group,
                ScheduleExpression=expression,
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target=target,
            )

    def unset(self, alarm: Alarm) -> None:
        """Nobody needs to be woken any more; one that has fired is gone already. Raises ClientError."""
        try:
            self._client.delete_schedule(Name=alarm.name, GroupName=self._group)
        except self._client.exceptions.ResourceNotFoundException:
            return
