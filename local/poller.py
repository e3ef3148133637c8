"""Plays event source mappings: takes batches from queues, and deletes what the function did not report as failed."""

import threading
from collections.abc import Callable
from typing import Any

from local.emulator import Invocation
from local.errors import LocalError
from local.template import ACCOUNT, REGION, QueueSource

Say = Callable[[str], None]


class Poller:
    """One thread per queue. `stop` lets a running batch end."""

    def __init__(
        self, source: QueueSource, queue_arn: str, sqs: Any, invoke: Callable[[str, Any], Invocation], say: Say
    ) -> None:
        self._source = source
        self._arn = queue_arn
        self._sqs = sqs
        self._invoke = invoke
        self._say = say
        self._stop = threading.Event()
        self._url: str = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
        self._thread = threading.Thread(target=self._run, name=f"poller-{source.function}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def waiting(self) -> int:
        """Messages in the queue or in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def _run(self) -> None:
        while not self._stop.is_set():
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(self._source.batch_size, 10),
                WaitTimeSeconds=0,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            messages = answer.get("Messages", [])
            if not messages:
                self._stop.wait(0.2)  # moto's long poll would hold up the end
                continue
            self._handle(messages)

    def _handle(self, messages: list[dict[str, Any]]) -> None:
        try:
            result = self._invoke(self._source.function, {"Records": [self._record(each) for each in messages]})
        except LocalError as error:
            result = Invocation(None, str(error))
        if result.error:
            self._say(f"{self._source.function} failed on a batch of {len(messages)}: {result.error}")
            return  # all of them become visible again
        failed: set[str] = set()
        if self._source.partial and isinstance(result.payload, dict):
            failed = {each["itemIdentifier"] for each in result.payload.get("batchItemFailures", [])}
        for message in messages:
            if message["MessageId"] not in failed:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            else:
                # AWS waits out the visibility time-out; here a person waits, and a poison message is no news.
                self._sqs.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1
                )

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": message.get("MD5OfBody", ""),
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn or f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue",
            "awsRegion": REGION,
        }
