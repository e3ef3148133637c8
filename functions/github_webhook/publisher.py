"""Events onto the bus."""

import json
from typing import TYPE_CHECKING

from github_webhook.kinds import Event
from kaizen.events.detail import correlated
from kaizen.events.github import SOURCE
from kaizen.runtime.log import correlation_id

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class PublishError(Exception):
    """The bus did not take the event. A redelivery may cure it: answer 503 so that GitHub shows a failure."""


def detail_text(event: Event, correlation_id: str = "") -> str:
    """JSON in as few bytes as there are: escaped, an emoji would take twelve."""
    return json.dumps(correlated(event.detail(), correlation_id), ensure_ascii=False, separators=(",", ":"))


class Publisher:
    def __init__(self, client: "EventBridgeClient", bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish(self, event: Event) -> None:
        """Returns once the bus has it. Raises PublishError when the bus refused it."""
        answer = self._client.put_events(
            Entries=[
                {
                    "EventBusName": self._bus,
                    "Source": SOURCE,
                    "DetailType": event.DETAIL_TYPE,
                    "Time": event.received_at,
                    "Detail": detail_text(event, correlation_id()),
                }
            ]
        )
        if answer["FailedEntryCount"]:  # put_events does not raise for a refused entry
            raise PublishError(answer["Entries"][0].get("ErrorCode", "unknown"))
