"""Events onto the bus."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from kaizen.events.detail import correlated
from kaizen.runtime.log import correlation_id

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

MOST = 10  # entries that one call takes


class Event(Protocol):
    """What can be published: its type on the bus, when it came about, and its facts."""

    @property
    def DETAIL_TYPE(self) -> str: ...  # noqa: N802 - a constant of the class

    @property
    def received_at(self) -> datetime: ...

    def detail(self) -> dict[str, Any]: ...


class PublishError(Exception):
    """The bus did not take an event. A retry may cure it."""


def detail_text(event: Event, correlation: str = "") -> str:
    """JSON in as few bytes as there are: escaped, an emoji would take twelve."""
    return json.dumps(correlated(event.detail(), correlation), ensure_ascii=False, separators=(",", ":"))


class Publisher:
    """Publishes on one bus as one source, such as `kaizen.github`; the id on the log's lines goes along."""

    def __init__(self, client: "EventBridgeClient", bus: str, source: str) -> None:
        self._client = client
        self._bus = bus
        self._source = source

    def publish(self, *events: Event) -> None:
        """Up to ten at once; returns once the bus has them all. Raises PublishError when it refused one."""
        answer = self._client.put_events(
            Entries=[
                {
                    "EventBusName": self._bus,
                    "Source": self._source,
                    "DetailType": event.DETAIL_TYPE,
                    "Time": event.received_at,
                    "Detail": detail_text(event, correlation_id()),
                }
                for event in events
            ]
        )
        if answer["FailedEntryCount"]:  # put_events does not raise for a refused entry
            codes = sorted({each["ErrorCode"] for each in answer["Entries"] if each.get("ErrorCode")})
            raise PublishError(", ".join(codes) or "unknown")
