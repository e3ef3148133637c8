"""Plays event source mappings: takes batches from queues, and deletes what the function did not report as failed.

What failed stays as it is: it comes again when the queue's visibility time-out is over, or when the function said so.
"""

import threading
from collections.abc import Callable
from typing import Any

from local.aws.arrivals import Arrivals
from local.aws.stand_ins import REGION
from local.errors import LocalError
from local.lambda_.emulator import Invocation
from local.template import QueueSource

# The queue's visibility time-out is so many times shorter here: a person waits for what comes again.
HURRY = 60
_IDLE_SECONDS = 1  # after which what comes again by its time-out is looked for


class Poller:
    """One thread per queue, one batch at a time. `stop` lets a running batch end."""

    def __init__(
        self,
        source: QueueSource,
        queue_arn: str,
        sqs: Any,
        invoke: Callable[[str, Any], Invocation],
        say: Callable[[str], None],
        arrivals: Arrivals,
        hurry: int = HURRY,
    ) -> None:
        self._source = source
        self._arn = queue_arn
        self._sqs = sqs
        self._invoke = invoke
        self._say = say
        self._arrivals = arrivals
        self._stop = threading.Event()
        self.url: str = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
        given = sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        self.visibility = max(1, int(given["VisibilityTimeout"]) // hurry)  # seconds
        self._thread = threading.Thread(target=self._run, name=f"poller-{source.function}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._arrivals.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def poll(self) -> bool:
        """One batch, if there is one now. Whether there was."""
        messages = self._take()
        if messages:
            self._handle(messages)
        return bool(messages)

    def _run(self) -> None:
        while not self._stop.is_set():
            seen = self._arrivals.count  # before it asks: what comes meanwhile is not slept through
            try:
                if self.poll():
                    continue
            except Exception as error:  # noqa: BLE001 - the poller outlives whatever a batch brings
                if not self._stop.is_set():
                    self._say(f"the poller of {self._source.function} failed: {error}")
            self._arrivals.wait(seen, _IDLE_SECONDS)

    def _take(self) -> list[dict[str, Any]]:
        taken: list[dict[str, Any]] = self._sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=min(self._source.batch_size, 10),
            WaitTimeSeconds=0,
            VisibilityTimeout=self.visibility,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        return taken

    def _handle(self, messages: list[dict[str, Any]]) -> None:
        try:
            result = self._invoke(self._source.function, {"Records": [self._record(each) for each in messages]})
        except LocalError as error:
            result = Invocation(None, str(error))
        if result.error and not self._stop.is_set():
            self._say(f"{self._source.function} failed on a batch of {len(messages)}: {result.error}")
        failed = failed_ids(result, [message["MessageId"] for message in messages], self._source.partial)
        for message in messages:
            if message["MessageId"] not in failed:
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": message.get("MD5OfBody", ""),
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": REGION,
        }


def failed_ids(result: Invocation, batch: list[str], partial: bool) -> set[str]:
    """The ids that stay in the queue. As on AWS, a report that cannot be read fails the whole batch.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if result.error:
        return set(batch)
    if not partial or not result.payload:
        return set()
    try:
        failed = {each["itemIdentifier"] for each in result.payload.get("batchItemFailures") or []}
    except (AttributeError, KeyError, TypeError):
        return set(batch)
    return failed if failed <= set(batch) else set(batch)
