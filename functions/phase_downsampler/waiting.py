"""The queue that the function is called from: messages that failed come back after a back-off of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaizen.runtime.failures import FAILURES, cause
from kaizen.runtime.log import logger
from phase_downsampler.backoff import Wait

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class Waiting:
    sqs: "SQSClient"
    queue_url: str

    def postpone(self, waits: Sequence[Wait]) -> None:
        """Best effort, of one batch: what cannot be changed comes back after the queue's own visibility time-out."""
        try:
            answer = self.sqs.change_message_visibility_batch(
                QueueUrl=self.queue_url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": each.receipt, "VisibilityTimeout": each.seconds}
                    for number, each in enumerate(waits)
                ],
            )
        except FAILURES as error:
            logger.error("not postponed", messages=len(waits), cause=cause(error), reason=str(error)[:500])
            return
        if refused := answer.get("Failed", []):
            logger.error("not postponed", messages=len(refused), cause="refused", reason=refused[0].get("Code"))
        logger.warning("frames postponed", messages=len(waits) - len(refused), seconds=[each.seconds for each in waits])
