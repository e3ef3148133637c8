"""The subscriptions of channels, as commands see them."""

from typing import TYPE_CHECKING

from kaizen.subscriptions import store
from kaizen.subscriptions.model import Subscription

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ChannelSubscriptions:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of(self, channel: str) -> list[Subscription]:
        return store.read_subscriptions(self._client, self._table, channel)

    def add(self, subscription: Subscription) -> bool:
        return store.add(self._client, self._table, subscription)

    def remove(self, channel: str, identity: str) -> bool:
        return store.remove(self._client, self._table, channel, identity)
