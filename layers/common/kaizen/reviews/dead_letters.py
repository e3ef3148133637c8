"""The dead-letter queue, for what no retry cures: it goes there at once, with the reason beside it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class DeadLetters:
    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def bury(self, message: Mapping[str, Any], fault: str) -> None:
        """Raises ClientError: then the message must go back to its queue."""
        self._client.send_message(
            QueueUrl=self._queue_url,
            MessageBody=message["body"],
            MessageAttributes={"fault": {"DataType": "String", "StringValue": fault[:1000]}},
        )
