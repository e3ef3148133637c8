"""Interactions onto the bus."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kaizen.events.slack import SOURCE, SlackInteraction

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class PublishError(Exception):
    """The bus did not take an event. Slack tells the person, who may press again."""


class Publisher:
    def __init__(self, client: "EventBridgeClient", bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish(self, events: Sequence[SlackInteraction]) -> None:
        """Up to ten at once; returns once the bus has them. Raises PublishError when it refused one."""
        answer = self._client.put_events(
            Entries=[
                {
                    "EventBusName": self._bus,
                    "Source": SOURCE,
                    "DetailType": event.DETAIL_TYPE,
                    "Time": event.received_at,
                    "Detail": json.dumps(event.detail(), ensure_ascii=False, separators=(",", ":")),
                }
                for event in events
            ]
        )
        if answer["FailedEntryCount"]:  # put_events does not raise for a refused entry
            codes = sorted({each["ErrorCode"] for each in answer["Entries"] if each.get("ErrorCode")})
            raise PublishError(", ".join(codes) or "unknown")
