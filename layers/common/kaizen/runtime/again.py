"""A message that failed comes back after seconds, the first two times; later its queue's own time-out decides.

Two workers that met at one item part within seconds, and a person who pressed a button waits no longer than that; what
is down is still given the minutes of the queue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaizen.runtime.clients import Limits
from kaizen.runtime.failures import FAILURES, cause
from kaizen.runtime.log import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SOON = (2, 15)  # seconds before the second and before the third try
LONGEST = 900  # seconds that anybody may ask for
ONE_TRY = Limits(connect=1, read=2, attempts=1)  # for the client: a function that is cut off here reports nothing


@dataclass(frozen=True, slots=True)
class Again:
    sqs: "SQSClient"
    queue_url: str

    def __call__(self, message: Mapping[str, Any], error: Exception) -> None:
        """An error may have a `pause`, the seconds that somebody wants: the message comes back no earlier, and then at
        once, however often it has failed.

        Best effort: a wait that cannot be changed is the queue's visibility time-out.
        """
        asked = int(getattr(error, "pause", 0))
        received = int(message["attributes"]["ApproximateReceiveCount"])
        if not 1 <= received <= len(SOON) and not asked:
            return
        seconds = min(max(asked, SOON[received - 1] if received <= len(SOON) else 0), LONGEST)
        try:
            self.sqs.change_message_visibility(
                QueueUrl=self.queue_url, ReceiptHandle=message["receiptHandle"], VisibilityTimeout=seconds
            )
        except FAILURES as fault:
            logger.warning("comes back late", cause=cause(fault), reason=str(fault)[:500])
            return
        logger.info("comes back soon", seconds=seconds)
