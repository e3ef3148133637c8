"""How full the queues are."""

from collections.abc import Iterable, Mapping
from typing import Any

_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class Queues:
    """The queues by their logical ids; `consumed` are the addresses of those that a function empties."""

    def __init__(self, sqs: Any, physical: Mapping[str, str], consumed: Iterable[str]) -> None:
        """`physical` maps logical ids to names or addresses, of queues and of whatever else there is."""
        self._sqs = sqs
        self._consumed = set(consumed)
        names = {each.rpartition("/")[2]: logical for logical, each in physical.items()}
        urls = sqs.list_queues().get("QueueUrls", [])
        self._urls = {names[url.rpartition("/")[2]]: url for url in urls}

    def waiting(self) -> dict[str, int]:
        """Messages waiting or in flight, for the queues that functions empty."""
        return {name: self._count(url) for name, url in self._urls.items() if url in self._consumed}

    def dead(self) -> dict[str, int]:
        """Messages in the queues that nobody empties: what failed for good."""
        return {name: self._count(url) for name, url in self._urls.items() if url not in self._consumed}

    def send(self, arn: str, text: str) -> None:
        name = arn.rpartition(":")[2]
        self._sqs.send_message(QueueUrl=self._sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=text)

    def _count(self, url: str) -> int:
        given = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))["Attributes"]
        return sum(int(given[name]) for name in _COUNTS)
